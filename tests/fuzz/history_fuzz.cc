// Whatever bytes are stored as a workflow, replaying them either refuses them with a message or gives a state that can
// be reported, and that is the same when it is stored and read again.
//
// The input: two bytes, how many belong to the checkpoint; the checkpoint; the events after it, one run.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pawl/report.h"

#include "base/assert.h"
#include "core/stored_state.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"
#include "tests/support/graphs.h"

namespace {

pawl::StoredWorkflow stored_of(std::string_view bytes) {
  pawl::StoredWorkflow stored{.id = "w-1", .checkpoint = {}, .runs = {}};
  if (bytes.size() < 2) return stored;
  const std::size_t length = static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1]);
  stored.checkpoint = bytes.substr(2, length);
  const std::string_view run = bytes.substr(2 + stored.checkpoint.size());
  if (!run.empty()) stored.runs.push_back({.first_event = 0, .events = std::string(run)});
  return stored;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using pawl::testing::task;
  static const pawl::DefinitionPtr graph = pawl::testing::define(
      {task("a"), task("b", {"a"}), task("c", {"a"}), task("d", {"a"}), task("e", {"b", "c", "d"})});
  static const pawl::DefinitionPtr saga = [] {
    std::vector<pawl::TaskSpec> tasks = {task("first"), task("second", {"first"}), task("last", {"second"})};
    for (std::size_t i = 0; i < 2; ++i)
      tasks[i].compensation = pawl::Compensation{.module = "test", .function = "noop"};
    tasks[2].circuit_breaker = "payments";
    return pawl::testing::define(tasks);
  }();
  // Any hash chooses one of the two; their own choose themselves.
  const pawl::DefinitionSource source = [](const std::string& hash) {
    return hash == saga->hash() || (hash.ends_with('0') && hash != graph->hash()) ? saga : graph;
  };
  const auto state = pawl::replay(stored_of({reinterpret_cast<const char*>(data), size}), source);
  if (!state) {
    PAWL_ASSERT(!state.error().message.empty(), "an error without a message");
    return 0;
  }
  PAWL_ASSERT(!to_json_text(pawl::report_of(*state)).empty(), "no report");
  const std::string bytes = pawl::core::encode_state(*state);
  const auto again = pawl::core::decode_state(bytes, source);
  PAWL_ASSERT(again.has_value(), "a stored state is refused: {}", pawl::describe(again.error()));
  PAWL_ASSERT(pawl::core::encode_state(*again) == bytes, "a stored state reads back differently:\n{}\n{}",
              pawl::core::fingerprint(*state), pawl::core::fingerprint(*again));
  return 0;
}
