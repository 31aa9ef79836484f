// Whatever a handler returns, its outcome goes through a workflow: expressions read it, other tasks are given it, the
// workflow fails with it and is undone. Nothing breaks, all JSON that is written can be read, and the history replays.
//
// The input says, byte for byte, what handlers return; where it ends, they return null.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "pawl/orchestrator.h"

#include "base/assert.h"
#include "base/json_parse.h"
#include "base/value_check.h"
#include "core/explain.h"
#include "core/harness_test.h"
#include "core/stored_state.h"
#include "core/workflow_scope.h"
#include "monitor/workflow_event.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"
#include "runners/handler.h"
#include "tests/fuzz/bytes.h"

namespace {

using pawl::Json;

constexpr std::size_t kMostResultBytes = 4096;
constexpr std::size_t kMostArgsBytes = 1U << 20U;

class OutcomeBytes : public pawl::fuzz::Bytes {
 public:
  using Bytes::Bytes;

  std::uint64_t bits() {
    std::uint64_t all = 0;
    for (int i = 0; i < 8; ++i) all = all << 8U | next();
    return all;
  }
  double number() { return std::bit_cast<double>(bits()); }
  Json value(int depth = 0) {
    constexpr int kMostBuiltByRecursion = 8;
    const std::uint8_t kind = next();
    const std::size_t count = depth < kMostBuiltByRecursion ? next() % 5 : 0;
    switch (kind % 8) {
      case 0:
        return nullptr;
      case 1:
        return (kind & 8U) != 0;
      case 2:
        return number();
      case 3:
        return boost::json::string(text());
      case 4: {
        boost::json::array array;
        for (std::size_t i = 0; i < count; ++i) array.push_back(value(depth + 1));
        return array;
      }
      case 5: {
        boost::json::object object;
        for (std::size_t i = 0; i < count; ++i) object.emplace(text(), value(depth + 1));
        return object;
      }
      case 6:
        return static_cast<std::uint64_t>(next()) << 56U;
      default:
        return deep(next() * std::size_t{8});
    }
  }
  pawl::TaskResult result() {
    if (next() % 3 != 0) return value();
    pawl::TaskError error(text(), text(), value());
    if (next() % 2 == 0) error.retry_after = pawl::Duration(std::bit_cast<std::int64_t>(bits()));
    error.retryable = next() % 4 != 0;
    return std::unexpected(std::move(error));
  }

 private:
  static Json deep(std::size_t levels) {
    Json value = 1;
    for (std::size_t i = 0; i < levels; ++i) {
      boost::json::array around;
      around.push_back(std::move(value));
      value = std::move(around);
    }
    return value;
  }
};

pawl::DefinitionPtr make() {
  using pawl::testing::task;
  pawl::TaskSpec first = task("first");
  first.allow_failure = true;
  first.retry_policy = pawl::RetryPolicy{.max_attempts = 2};
  first.compensation =
      pawl::Compensation{.module = "test", .function = "echo", .args = {"${{ {task, failure, tasks.second.result} }}"}};
  pawl::TaskSpec second = task("second", {"first"}, "echo");
  second.args = {"${{ tasks.first.result or tasks.first.error }}", "in a text: ${{ tasks.first.result }}",
                 "${{ {again = {tasks.first.result, input}} }}"};
  second.when = "tasks.first.result ~= 1 and #tostring(input) >= 0";
  second.allow_failure = true;
  pawl::TaskSpec last = task("last", {"second"});
  pawl::WorkflowSpec spec = pawl::testing::workflow({first, second, last});
  spec.output = boost::json::object{{"all", "${{ {tasks.first.result, tasks.second.result} }}"}};
  return pawl::testing::define(spec);
}

void must_read(const std::string& json) {
  PAWL_ASSERT(pawl::is_stored_json(json), "not JSON: {}", json.substr(0, 1000));
}

// As a shard would, but for the handlers, which return what the bytes say.
void run(pawl::core::Harness& h, OutcomeBytes& bytes) {
  constexpr int kMostAttempts = 20;
  h.start();
  for (int i = 0; i < kMostAttempts && !is_terminal(h.workflow.state); ++i) {
    for (const pawl::ActionId action : h.workflow.definition().actions()) {
      const pawl::core::TaskRecord& record = h.workflow.record(action);
      if (record.retry_waits) (void)h.send(pawl::command::ExpireWait{action, record.attempt});
      h.start_ready();
      if (record.state != pawl::TaskState::running) continue;
      auto args = pawl::core::expand_args(h.workflow, action, h.evaluator, kMostArgsBytes);
      if (args) must_read(std::string(args->view()));
      if (args && action.undo)
        if (auto undone = pawl::core::undone_by(h.workflow, action.task, h.evaluator, kMostArgsBytes); !undone)
          args = std::unexpected(undone.error());
      pawl::TaskResult result = args ? bytes.result() : std::unexpected(pawl::core::evaluation_failure(args.error()));
      if (result && action == pawl::ActionId(1) && args) result = args->parse();  // it echoes
      pawl::AttemptOutcome outcome = outcome_of(std::move(result), kMostResultBytes);
      const std::uint32_t attempt = record.attempt;
      if (outcome.error) {
        (void)h.send(pawl::command::FailTask{action, attempt, std::move(*outcome.error)});
      } else {
        (void)h.send(pawl::command::CompleteTask{action, attempt, std::move(outcome.result)});
      }
      h.start_ready();
    }
  }
  (void)h.send(pawl::command::CancelWorkflow{.reason = pawl::storable_message(bytes.text()), .grace = {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pawl::DefinitionPtr definition = make();
  OutcomeBytes bytes({data, size});
  Json input = boost::json::object{{"value", bytes.value()}};
  if (!pawl::check_value(input, "input")) pawl::dismantle(std::exchange(input, boost::json::object()));
  pawl::core::Harness h(definition, input);
  run(h, bytes);

  for (const auto& explanation : pawl::core::explain(h.workflow, {}, 100))
    PAWL_ASSERT(!explanation.code.empty(), "an explanation without a code");
  must_read(to_json_text(pawl::report_of(h.workflow)));
  for (std::uint64_t number = 0; number < h.turn.events.size(); ++number)
    must_read(to_json_text(pawl::HistoryEvent{
        .number = number, .event = to_workflow_event(*h.workflow.facts, h.turn.events[number], h.inputs.now)}));

  const std::span<const pawl::Event> piece(h.turn.events);
  pawl::StoredWorkflow stored{.id = h.workflow.id(), .checkpoint = {}, .runs = {{.first_event = 0, .events = {}}}};
  const auto encoded = pawl::EventEncoder().encode(std::span(&piece, 1), stored.runs[0].events);
  PAWL_ASSERT(encoded.has_value(), "{}", encoded.error().message);
  const pawl::DefinitionSource source = [](const std::string&) -> pawl::Result<pawl::DefinitionPtr> {
    return definition;
  };
  const auto replayed = pawl::replay(stored, source);
  PAWL_ASSERT(replayed.has_value(), "it does not replay: {}", replayed.error().message);
  PAWL_ASSERT(fingerprint(*replayed) == fingerprint(h.workflow), "it replays as something else");
  const auto decoded = pawl::core::decode_state(pawl::core::encode_state(h.workflow), source);
  PAWL_ASSERT(decoded.has_value(), "its state does not decode: {}", decoded.error().message);
  return 0;
}
