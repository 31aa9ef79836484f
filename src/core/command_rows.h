// The rows of the commands: for each the states of a workflow in which it is permitted, what a refusal says, and the
// function that decides on it, which stands in the file of its transition. They are the table State x Command.
//
// A new command is a struct and an alternative of Command (model/command.h), a row here, and its `apply`.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "pawl/result.h"

#include "core/workflow.h"
#include "model/command.h"

namespace pawl::core {

class Decision;

// States that a workflow is in, as a set: bit i stands for the i-th WorkflowState.
using States = std::uint8_t;

[[nodiscard]] constexpr States only(WorkflowState state) {
  return static_cast<States>(1U << std::to_underlying(state));
}

inline constexpr States kPending = only(WorkflowState::pending);
inline constexpr States kRunning = only(WorkflowState::running);
inline constexpr States kPaused = only(WorkflowState::paused);
inline constexpr States kEnded =
    only(WorkflowState::completed) | only(WorkflowState::failed) | only(WorkflowState::cancelled);
inline constexpr States kUnborn = 1U << 6U;  // it has had no event yet

[[nodiscard]] inline States states_of(const Workflow& workflow) {
  return workflow.event_count == 0 ? kUnborn : only(workflow.state);
}

struct CommandRow {
  std::string_view verb;  // what is refused: "cannot <verb>"
  States permitted;
  // What a refusal means: the caller asked too early or too late, or an outcome lost against another one.
  ErrorCode refusal = ErrorCode::invalid_state;
};

// Not to be called: the command that the compiler names here has no row below.
template <class C>
consteval CommandRow missing_row() = delete;

template <class C>
inline constexpr CommandRow kCommandRow = missing_row<C>();

// --- it comes to be

Result<void> apply(Decision& decision, const command::CreateWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::CreateWorkflow> = {"create the workflow", kUnborn,
                                                                    ErrorCode::already_exists};

Result<void> apply(Decision& decision, const command::RedefineWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::RedefineWorkflow> = {"change the tasks", kPending};

Result<void> apply(Decision& decision, const command::QueueWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::QueueWorkflow> = {"queue the workflow", kPending};

Result<void> apply(Decision& decision, const command::StartWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::StartWorkflow> = {"start the workflow", kPending};

// --- it is paused, and comes to its end

Result<void> apply(Decision& decision, const command::PauseWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::PauseWorkflow> = {"pause the workflow", kRunning};

Result<void> apply(Decision& decision, const command::ResumeWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::ResumeWorkflow> = {"resume the workflow", kPaused};

Result<void> apply(Decision& decision, const command::CancelWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::CancelWorkflow> = {"cancel the workflow",
                                                                    kPending | kRunning | kPaused};

Result<void> apply(Decision& decision, const command::FailWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::FailWorkflow> = {"fail the workflow", kRunning};

Result<void> apply(Decision& decision, const command::TimeOutWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::TimeOutWorkflow> = {"time out the workflow", kRunning | kPaused};

Result<void> apply(Decision& decision, const command::EndGrace& command);
template <>
inline constexpr CommandRow kCommandRow<command::EndGrace> = {"end the grace period", kRunning | kPaused};

// --- its tasks, and what undoes them

Result<void> apply(Decision& decision, const command::StartTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::StartTask> = {"start the task", kRunning};

Result<void> apply(Decision& decision, const command::CompleteTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::CompleteTask> = {"complete the task", kRunning | kPaused,
                                                                  ErrorCode::conflict};

Result<void> apply(Decision& decision, const command::FailTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::FailTask> = {"fail the task", kRunning | kPaused, ErrorCode::conflict};

Result<void> apply(Decision& decision, const command::TimeOutTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::TimeOutTask> = {"time out the task", kRunning | kPaused,
                                                                 ErrorCode::conflict};

Result<void> apply(Decision& decision, const command::SatisfyWait& command);
template <>
inline constexpr CommandRow kCommandRow<command::SatisfyWait> = {"satisfy the wait", kRunning | kPaused,
                                                                 ErrorCode::conflict};

Result<void> apply(Decision& decision, const command::ExpireWait& command);
template <>
inline constexpr CommandRow kCommandRow<command::ExpireWait> = {"expire the wait", kRunning | kPaused,
                                                                ErrorCode::conflict};

Result<void> apply(Decision& decision, const command::SkipTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::SkipTask> = {"skip the task", kPending | kRunning | kPaused};

Result<void> apply(Decision& decision, const command::HoldTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::HoldTask> = {"hold the task", kRunning};

Result<void> apply(Decision& decision, const command::ReleaseTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::ReleaseTask> = {"release the task", kRunning | kPaused};

Result<void> apply(Decision& decision, const command::ExpireTask& command);
template <>
inline constexpr CommandRow kCommandRow<command::ExpireTask> = {"expire the task", kRunning | kPaused,
                                                                ErrorCode::conflict};

// --- it goes back, or on, or is undone

Result<void> apply(Decision& decision, const command::RecoverWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::RecoverWorkflow> = {"recover the workflow",
                                                                     kPending | kRunning | kPaused};

Result<void> apply(Decision& decision, const command::RestoreWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::RestoreWorkflow> = {"restore the workflow",
                                                                     kPending | kRunning | kPaused | kEnded};

Result<void> apply(Decision& decision, const command::ReviveWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::ReviveWorkflow> = {"run the workflow again",
                                                                    kRunning | kPaused | kEnded};

Result<void> apply(Decision& decision, const command::CompensateWorkflow& command);
template <>
inline constexpr CommandRow kCommandRow<command::CompensateWorkflow> = {"compensate the workflow", kEnded};

Result<void> apply(Decision& decision, const command::RedriveCompensation& command);
template <>
inline constexpr CommandRow kCommandRow<command::RedriveCompensation> = {"redrive the compensation",
                                                                         kRunning | kPaused | kEnded};

Result<void> apply(Decision& decision, const command::RegisterCompensation& command);
template <>
inline constexpr CommandRow kCommandRow<command::RegisterCompensation> = {"register the compensation",
                                                                          kPending | kRunning | kPaused | kEnded};

Result<void> apply(Decision& decision, const command::DiscardDeadLetter& command);
template <>
inline constexpr CommandRow kCommandRow<command::DiscardDeadLetter> = {"discard the dead letter",
                                                                       kRunning | kPaused | kEnded};

// --- what follows from the rows

// In the order of Command's alternatives.
inline constexpr auto kCommandRows = []<class... C>(std::type_identity<std::variant<C...>>) {
  return std::array<CommandRow, sizeof...(C)>{kCommandRow<C>...};
}(std::type_identity<Command>());

template <class C>
[[nodiscard]] bool permitted(const Workflow& workflow) {
  return (kCommandRow<C>.permitted & states_of(workflow)) != 0;
}

std::unexpected<Error> refuse(const CommandRow& row, const Workflow& workflow);

template <class C>
std::unexpected<Error> refuse(const Workflow& workflow) {
  return refuse(kCommandRow<C>, workflow);
}

}  // namespace pawl::core
