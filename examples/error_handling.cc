// A service goes down and comes back, and a task fails for good and is put right.
//
// To learn here: policies that are stored by name, for many workflows to share; a circuit breaker that opens, holds
// tasks, lets one through and closes; why a workflow waits; dead letters, and how they are redriven.
// examples/error_handling.yaml shows the same from the command line. Prints
//
//   the circuit breaker is open and holds 1 task
//   payment waits: circuit_open
//   payment completed in attempt 4; the circuit breaker is closed
//   receipt is a dead letter after 1 attempt: no_address
//   receipt completed in attempt 2
#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <utility>

#include "pawl/engine.h"

namespace {

// What the outside world is like.
struct World {
  std::atomic<bool> service_is_up = false;
  std::atomic<bool> address_is_known = false;
};

// An Error that a call of the engine returned, to be told by main().
struct Failure {
  pawl::Error error;
};

template <class T>
T need(pawl::Result<T> result) {
  if (!result) throw Failure{std::move(result.error())};
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void add_handlers(pawl::Engine& engine, const World& world) {
  const auto pay = [&world](pawl::TaskContext&) {
    if (world.service_is_up) return pawl::ok("paid");
    return pawl::error("network_error", "the service does not answer");
  };
  const auto send = [&world](pawl::TaskContext&) {
    if (world.address_is_known) return pawl::ok("sent");
    return pawl::error("no_address", "nobody knows where to send it");
  };
  need(engine.handlers().add("orders", "pay", pay));
  need(engine.handlers().add("orders", "send", send));
}

// Every workflow that names them shares them. They can be updated while workflows run.
void define_policies(pawl::Policy& policies) {
  need(policies.define_policy(
      "retry",
      {{"name", "patient"}, {"max_attempts", 5}, {"base_delay", "10ms"}, {"non_retryable_errors", {"no_address"}}}));
  need(policies.define_policy(
      "circuit_breaker", {{"name", "service"}, {"failure_threshold", 3}, {"success_threshold", 1}, {"timeout", "1s"}}));
}

pawl::TaskSpec task(std::string id, std::string function) {
  pawl::TaskSpec task;
  task.id = std::move(id);
  task.module = "orders";
  task.function = std::move(function);
  task.retry_policy_name = "patient";
  return task;
}

std::string start(pawl::Engine& engine, pawl::TaskSpec task) {
  return need(engine.orchestrator().start_workflow("order", {std::move(task)}));
}

// The number of the attempt that its only task has completed in.
std::uint32_t completed_in(pawl::Engine& engine, const std::string& id) {
  return need(engine.orchestrator().wait_workflow(id)).tasks.front().attempt;
}

void survive_a_failing_service(pawl::Engine& engine, World& world, const std::atomic<bool>& held) {
  pawl::TaskSpec payment = task("payment", "pay");
  payment.circuit_breaker = "service";
  const std::string id = start(engine, std::move(payment));
  held.wait(false);
  const pawl::BreakerReport breaker = need(engine.policy().check_circuit_breaker("service"));
  std::cout << "the circuit breaker is " << to_string(breaker.state) << " and holds " << breaker.held << " task\n";
  for (const pawl::Explanation& why : need(engine.orchestrator().explain_workflow(id)))
    if (!why.task.empty()) std::cout << why.task << " waits: " << why.code << '\n';
  world.service_is_up = true;
  const std::uint32_t attempt = completed_in(engine, id);
  std::cout << "payment completed in attempt " << attempt << "; the circuit breaker is "
            << to_string(need(engine.policy().check_circuit_breaker("service")).state) << '\n';
}

void put_right_what_failed_for_good(pawl::Engine& engine, World& world) {
  const std::string id = start(engine, task("receipt", "send"));
  need(engine.orchestrator().wait_workflow(id));
  for (const pawl::DeadLetter& letter : need(engine.policy().list_dead_letters()))
    std::cout << letter.id.task << " is a dead letter after " << letter.attempts
              << " attempt: " << letter.error.parse().at("code").as_string().c_str() << '\n';
  world.address_is_known = true;
  need(engine.policy().redrive_dead_letters({.code = "no_address"}));
  std::cout << "receipt completed in attempt " << completed_in(engine, id) << '\n';
}

}  // namespace

int main() {
  World world;
  std::atomic<bool> held = false;
  pawl::Engine engine;
  try {
    add_handlers(engine, world);
    define_policies(engine.policy());
    const auto note = [&held](const pawl::WorkflowEvent&) {
      held = true;
      held.notify_one();
    };
    need(engine.monitor().subscribe(note, {"task_held"}));
    survive_a_failing_service(engine, world, held);
    put_right_what_failed_for_good(engine, world);
  } catch (const Failure& failure) {
    std::cerr << "error_handling: " << pawl::describe(failure.error) << '\n';
    return 1;
  }
}
