// Drives the state machine by hand: commands in, events and effects out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "core/decide.h"
#include "core/invariants.h"
#include "tests/support/graphs.h"

namespace pawl::core {

class Harness {
 public:
  explicit Harness(DefinitionPtr definition, const Json& input = boost::json::object()) {
    const auto facts = std::make_shared<const WorkflowFacts>(WorkflowFacts{.id = WorkflowId("w-1"),
                                                                           .definition = std::move(definition),
                                                                           .input = JsonText::from(input),
                                                                           .cancel_grace = std::chrono::seconds(10)});
    PAWL_ASSERT(send(command::CreateWorkflow{facts}).has_value(), "the workflow is not created");
  }

  template <class C>
  Result<void> send(const C& command) {
    Decision decision = next_decision();
    Result<void> decided = decide(decision, command);
    if (workflow.facts != nullptr && is_check_due(workflow))
      if (const auto broken = broken_invariant(workflow)) PAWL_ASSERT(!broken, "{}", *broken);
    return decided;
  }

  // Starts every task that is ready, as the scheduler would.
  void start_ready() {
    while (workflow.may_start_tasks() && (!workflow.ready.empty() || !workflow.waiting.empty())) {
      const ActionId next = workflow.ready.empty() ? workflow.waiting.front() : workflow.ready.front();
      PAWL_ASSERT(send(command::StartTask{next}).has_value(), "a ready task does not start");
    }
  }
  void start() {
    PAWL_ASSERT(send(command::StartWorkflow{}).has_value(), "the workflow does not start");
    start_ready();
  }
  Result<void> complete(std::string_view id, const Json& result = nullptr) {
    const Result<void> done = send(command::CompleteTask{index(id), task(id).attempt, JsonText::from(result)});
    start_ready();
    return done;
  }
  Result<void> fail(std::string_view id, TaskError error = {"boom", "it broke"}) {
    const Result<void> done = send(command::FailTask{index(id), task(id).attempt, std::move(error)});
    start_ready();
    return done;
  }

  [[nodiscard]] TaskIndex index(std::string_view id) const { return *workflow.definition().find_task(id); }
  [[nodiscard]] const TaskRecord& task(std::string_view id) const { return workflow.tasks[index(id)]; }
  [[nodiscard]] TaskState state(std::string_view id) const { return task(id).state; }
  [[nodiscard]] std::string error_code() const { return std::string(workflow.error.parse().at("code").as_string()); }

  template <class E>
  [[nodiscard]] std::vector<E> effects() const {
    std::vector<E> found;
    for (const Effect& effect : turn.effects)
      if (const auto* wanted = std::get_if<E>(&effect)) found.push_back(*wanted);
    return found;
  }

  Workflow workflow;
  Turn turn;
  DecisionInputs inputs{.now = Timestamp(std::chrono::hours(24 * 365 * 50)), .random = 0.5};
  expression::Evaluator evaluator;

 private:
  Decision next_decision() {
    inputs.now += std::chrono::milliseconds(1);
    return {workflow, inputs, evaluator, turn};
  }
};

}  // namespace pawl::core
