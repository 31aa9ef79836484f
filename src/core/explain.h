// Why a workflow makes no progress now: the reason of the workflow itself, then of its tasks that could be running but
// are not, or are running still.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pawl/report.h"

#include "core/decide.h"
#include "core/workflow.h"
#include "model/hold.h"

namespace pawl::core {

// What an explanation reads besides the state.
struct ExplainInputs {
  bool nobody_runs_it = false;  // the engine has not taken it up
  std::size_t max_args_bytes = kMostArgsBytes;
  std::size_t slots_in_use = 0;
  std::size_t slots = 0;
  // Of the slots in use, those whose tasks are blocked in wait_workflow; and, for people, which tasks these are.
  std::size_t slots_of_waiting = 0;
  std::string waiting;
  // The workflow that the handler of a running attempt waits for; may be empty.
  std::function<std::optional<std::string>(const AttemptId& attempt)> awaited;
  // An earlier attempt of a ready action whose process has not ended, and when it will be killed; may be empty.
  struct Previous {
    std::uint32_t attempt = 0;
    std::optional<Timestamp> ends_by{};
  };
  std::function<std::optional<Previous>(ActionId action)> previous;
  // What holds a held action; may be empty, or answer nothing.
  std::function<std::optional<Hold>(ActionId action)> hold;
};

std::vector<Explanation> explain(const Workflow& workflow, const ExplainInputs& inputs, std::size_t max_tasks);

}  // namespace pawl::core
