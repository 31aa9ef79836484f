// Completions that have not been undone: of each task its present one, and earlier ones, which were made before the
// task was done over, or after the snapshot that the workflow was restored to.
//
// Each is undone once, the latest of a task first. What undoes it sees the workflow as it was when it was made.
#pragma once

#include <optional>
#include <ranges>
#include <string_view>

#include "pawl/result.h"

#include "core/workflow.h"

namespace pawl::core {

// So many completions that have been made over may wait to be undone, of one workflow.
inline constexpr std::size_t kMostEarlierCompletions = 1'000'000;

struct CompletionView {
  bool is_present = true;  // that of the task's record
  std::uint32_t generation = 1;
  std::uint32_t attempt = 0;
  std::uint32_t place = 0;  // in the order of completion
  const JsonText* result = nullptr;
};

// How often the action is wished for: a task's own generation, or that of the completion that a compensation undoes.
[[nodiscard]] std::uint32_t generation_of(const Workflow& workflow, ActionId action);

// Of the completions of `task` that have not been undone, the latest; none: there is none.
[[nodiscard]] std::optional<CompletionView> latest_completion(const Workflow& workflow, TaskIndex task);

// The completion of `task` that was the latest when the workflow had made fewer completions than `place`; none: nothing
// is known of one.
[[nodiscard]] std::optional<CompletionView> completion_before(const Workflow& workflow, TaskIndex task,
                                                              std::uint32_t place);

// The earlier completions of `task` that have not been undone, in the order of their generations.
[[nodiscard]] std::ranges::subrange<Completions::const_iterator> earlier_of(const Workflow& workflow, TaskIndex task);

// How many those are.
[[nodiscard]] std::uint32_t count_earlier(const Workflow& workflow, TaskIndex task);

// Whether a workflow may have so many earlier completions. Error: `limit_exceeded`, for "cannot <verb> workflow ...".
[[nodiscard]] Result<void> check_kept(const Workflow& workflow, std::string_view verb, std::size_t kept);

// evolve: the present completion of `task` becomes an earlier one.
void keep_completion(Workflow& workflow, TaskIndex task);

// evolve: the latest completion of `task` has been undone.
void forget_undone(Workflow& workflow, TaskIndex task);

// evolve: forgets what no compensation can refer to any more.
void forget_needless_completions(Workflow& workflow);

// evolve: the places in the order of completion begin with 1 again, if they would soon be more than a record counts to.
void renumber_completions(Workflow& workflow);

}  // namespace pawl::core
