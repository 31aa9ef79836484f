// The table State x Command: which commands a workflow takes in which state. Every pair has an entry.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <variant>

#include "pawl/result.h"

#include "core/workflow.h"
#include "model/command.h"

namespace pawl::core {

// The position of C among the alternatives of Command.
template <class C, std::size_t I = 0>
[[nodiscard]] constexpr std::size_t command_index() {
  if constexpr (std::is_same_v<C, std::variant_alternative_t<I, Command>>) {
    return I;
  } else {
    return command_index<C, I + 1>();
  }
}

struct CommandRow {
  std::string_view verb;  // what is refused: "cannot <verb>"
  // In the order of WorkflowState: pending, running, paused, completed, failed, cancelled.
  std::array<bool, 6> allowed;
  // What a refusal means: the caller asked too early or too late, or an outcome lost against another one.
  ErrorCode refusal = ErrorCode::invalid_state;
};

// In the order of Command.
inline constexpr std::array<CommandRow, std::variant_size_v<Command>> kCommands = {{
    //                        pending running paused completed failed cancelled
    {"queue the workflow", {true, false, false, false, false, false}},
    {"start the workflow", {true, false, false, false, false, false}},
    {"pause the workflow", {false, true, false, false, false, false}},
    {"resume the workflow", {false, false, true, false, false, false}},
    {"cancel the workflow", {true, true, true, false, false, false}},
    {"fail the workflow", {false, true, false, false, false, false}},
    {"time out the workflow", {false, true, true, false, false, false}},
    {"end the grace period", {false, true, true, false, false, false}},
    {"start the task", {false, true, false, false, false, false}},
    {"complete the task", {false, true, true, false, false, false}, ErrorCode::conflict},
    {"fail the task", {false, true, true, false, false, false}, ErrorCode::conflict},
    {"time out the task", {false, true, true, false, false, false}, ErrorCode::conflict},
    {"retry the task", {false, true, true, false, false, false}, ErrorCode::conflict},
    {"skip the task", {true, true, true, false, false, false}},
    {"recover the workflow", {true, true, true, false, false, false}},
    {"restore the workflow", {true, true, true, true, true, true}},
    {"hold the task", {false, true, false, false, false, false}},
    {"release the task", {false, true, true, false, false, false}},
    {"expire the task", {false, true, true, false, false, false}, ErrorCode::conflict},
    {"run the workflow again", {false, true, true, true, true, true}},
    {"compensate the workflow", {false, false, false, true, true, true}},
    {"redrive the compensation", {false, true, true, true, true, true}},
    {"register the compensation", {true, true, true, true, true, true}},
    {"discard the dead letter", {false, true, true, true, true, true}},
}};

template <class C>
[[nodiscard]] constexpr bool permitted(WorkflowState state) {
  return kCommands[command_index<C>()].allowed[static_cast<std::size_t>(state)];
}

std::unexpected<Error> refuse(const CommandRow& row, const Workflow& workflow);

template <class C>
std::unexpected<Error> refuse(const Workflow& workflow) {
  return refuse(kCommands[command_index<C>()], workflow);
}

}  // namespace pawl::core
