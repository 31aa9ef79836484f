// What actions wait for, as a view of the state: whoever has to do with waits (recovery, restore, stop, explanations,
// the check of what a shard holds) asks here, and not which module a task calls. A wait holds no task slot and is no
// attempt that anybody makes: nothing but its timer, and whoever satisfies it, ends it.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "pawl/task_error.h"

#include "core/decide.h"
#include "core/workflow.h"
#include "expression/expression.h"
#include "model/wait.h"

namespace pawl::core {

// nullopt: the action waits for nothing of its own.
[[nodiscard]] std::optional<Wait> wait_of(const Workflow& workflow, ActionId action);

// What the wait is for. Error: what the action fails with, for its args tell nothing of the kind.
[[nodiscard]] std::expected<WaitTerms, TaskError> terms_of(const Workflow& workflow, ActionId action, const Wait& wait,
                                                           expression::Evaluator& evaluator,
                                                           std::size_t max_args_bytes);

// decide: the timer of the action's wait is armed, if it has a due time; or, if its terms cannot be told, the attempt
// fails.
void arm_wait(Decision& decision, ActionId action, const Wait& wait);

// effects: the action no longer waits, if it does.
void disarm_wait(const Workflow& workflow, ActionId action, std::vector<Effect>& effects);

// effects: the running attempt is to end: whoever makes it is told to stop, or it no longer waits.
void stop_attempt(const Workflow& workflow, ActionId action, Duration grace, std::vector<Effect>& effects);

// decide: what waits in a workflow that was told to stop is cancelled; nobody else would report its end.
void cancel_waits(Decision& decision);

}  // namespace pawl::core
