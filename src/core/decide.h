// The door to the state machine: a command is checked against its row in the table State x Command (command_rows.h),
// then decided on by the one function that knows this transition (start_workflow.cc, complete_task.cc, ...). A decision
// raises events; raising applies them to the state at once, so that what follows from them is decided on the state they
// made. A refused command has raised nothing.
//
//   core::Decision decision(workflow, {.now = now, .random = 0.5}, evaluator, turn);
//   Result<void> accepted = core::decide(decision, command::CompleteTask{...});
//
// Pure: no clock, no randomness, no I/O, no thread. Errors: `invalid_state` (the table), `conflict` (an outcome that
// came too late), `not_found` (no such task).
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "pawl/result.h"

#include "core/command_rows.h"
#include "core/effects.h"
#include "core/evolve.h"
#include "core/workflow.h"
#include "expression/expression.h"
#include "model/command.h"
#include "model/effect.h"
#include "model/event.h"
#include "policy/catalog.h"

namespace pawl::core {

inline const policy::Catalog kNoPolicies;

// Of a task's args with their places filled in, if nobody says otherwise.
inline constexpr std::size_t kMostArgsBytes = 1'048'576;

// What a decision reads besides the state and the command.
struct DecisionInputs {
  Timestamp now;
  double random = 0.5;  // in [0, 1)
  const policy::Catalog* policies = &kNoPolicies;
  std::size_t max_args_bytes = kMostArgsBytes;
};

// What decisions add to: the events, in order, and the effects to release once those are durable.
struct Turn {
  std::vector<Event> events;
  std::vector<Effect> effects;
};

class Decision {
 public:
  Decision(Workflow& workflow, const DecisionInputs& inputs, expression::Evaluator& evaluator, Turn& turn)
      : workflow_(workflow), inputs_(inputs), evaluator_(evaluator), turn_(turn) {}

  // The event happened: it is applied to the state, kept, and its effects requested.
  template <class E>
  void raise(E happened) {
    happen(workflow_, happened);
    add_effects(workflow_, happened, turn_.effects);
    turn_.events.emplace_back(std::move(happened));
  }
  void request(const Effect& effect) { turn_.effects.push_back(effect); }
  [[nodiscard]] std::vector<Effect>& effects() { return turn_.effects; }

  [[nodiscard]] const Workflow& workflow() const { return workflow_; }
  [[nodiscard]] Timestamp now() const { return inputs_.now; }
  [[nodiscard]] double random() const { return inputs_.random; }
  [[nodiscard]] const policy::Catalog& policies() const { return *inputs_.policies; }
  [[nodiscard]] std::size_t max_args_bytes() const { return inputs_.max_args_bytes; }
  [[nodiscard]] expression::Evaluator& evaluator() const { return evaluator_; }

 private:
  Workflow& workflow_;
  DecisionInputs inputs_;
  expression::Evaluator& evaluator_;
  Turn& turn_;
};

template <class C>
Result<void> decide(Decision& decision, const C& command) {
  if (!permitted<C>(decision.workflow())) [[unlikely]]
    return refuse<C>(decision.workflow());
  return apply(decision, command);
}

inline Result<void> decide(Decision& decision, const Command& command) {
  return std::visit([&](const auto& alternative) { return decide(decision, alternative); }, command);
}

}  // namespace pawl::core
