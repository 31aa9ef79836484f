// Histories that versions before storage format 3 wrote, in a data directory of today: what undoes a task is named
// there by a position, which only the definition of that moment explains. Pages, forks and recovery tell the right one.
#include "tests/support/old_events.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "persistence/keys.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "tests/support/engine.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

class OldHistory : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> open() {
    auto engine = Engine::open({.shards = 1, .data_dir = folder.path() / "data"});
    EXPECT_TRUE(engine) << describe(engine.error());
    return *std::move(engine);
  }
  // Its end undoes b; a compensation of a is registered in front of that, and a undone.
  void make(Engine& engine) {
    TaskSpec b = task("b", {"a"});
    b.compensation = Compensation{.module = "test", .function = "noop"};
    const DefinitionPtr definition = define({task("a"), b, task("c", {"b"}, "fail")});
    ASSERT_EQ(run(engine, definition, {.id = "w"}).status.state, WorkflowState::failed);
    const Compensation undo{.module = "test", .function = "noop"};
    ASSERT_TRUE(engine.compensation().register_compensation("w", "a", undo));
    ASSERT_TRUE(engine.compensation().execute_compensation("w", "a"));
    ASSERT_TRUE(engine.orchestrator().wait_workflow("w"));
  }
  // Its runs, as they would have been written then.
  void write_as_before() {
    const auto rows = RocksDbRows::open(folder.path() / "data");
    ASSERT_TRUE(rows);
    std::vector<std::pair<std::string, std::string>> runs;
    ASSERT_TRUE((*rows)->scan(Space::history, {keys::prefix("w"), keys::after(keys::prefix("w"))}, Order::ascending,
                              [&](std::string_view key, std::string_view value) {
                                runs.emplace_back(key, value);
                                return true;
                              }));
    const DefinitionSource source = [&](const std::string& hash) -> Result<DefinitionPtr> {
      return read_definition((*rows)->get(Space::definitions, to_stored_hash(hash)).value().value());
    };
    EventDecoder decoder(source);
    WorkflowFactsPtr facts;
    const auto batch = (*rows)->new_batch();
    std::size_t changed = 0;
    for (const auto& [key, run] : runs) {
      const auto events = decoder.decode_run(run);
      ASSERT_TRUE(events);
      const std::string old = in_old_form(*events, facts);
      changed += old != run ? 1 : 0;
      batch->put(Space::history, key, old);
    }
    ASSERT_GT(changed, 1U);
    ASSERT_TRUE((*rows)->write(*batch, Sync::yes));
  }
  static std::vector<std::string> words(const std::vector<HistoryEvent>& events) {
    std::vector<std::string> told;
    for (HistoryEvent each : events) {
      each.event.by.clear();  // which the old form does not have
      told.push_back(to_json_text(each));
    }
    return told;
  }

  TemporaryFolder folder;
};

TEST_F(OldHistory, is_told_page_by_page_as_it_was_wherever_a_page_begins) {
  std::vector<std::string> before;
  {
    const auto engine = open();
    make(*engine);
    before = words(engine->orchestrator().get_history("w", {}).value());
  }
  ASSERT_NE(
      std::ranges::find_if(before, [](const std::string& each) { return each.contains("compensation_completed"); }),
      before.end());
  write_as_before();
  for (std::size_t from = 0; from < before.size(); ++from) {
    const auto engine = open();  // without a bookmark
    const auto rest = engine->orchestrator().get_history("w", {.from = from});
    ASSERT_TRUE(rest) << describe(rest.error());
    EXPECT_EQ(words(*rest), std::vector(before.begin() + static_cast<std::ptrdiff_t>(from), before.end()));
  }
  const auto engine = open();
  std::vector<std::string> by_bookmarks;
  for (std::size_t from = 3; from < before.size(); ++from) {
    const auto one = engine->orchestrator().get_history("w", {.from = from, .limit = 1});
    ASSERT_TRUE(one) << describe(one.error());
    std::ranges::move(words(*one), std::back_inserter(by_bookmarks));
  }
  EXPECT_EQ(by_bookmarks, std::vector(before.begin() + 3, before.end()));
}

TEST_F(OldHistory, is_replayed_to_what_it_was) {
  std::string before;
  {
    const auto engine = open();
    make(*engine);
    before = to_json_text(engine->orchestrator().get_workflow("w").value());
  }
  write_as_before();
  const auto engine = open();
  EXPECT_EQ(to_json_text(engine->orchestrator().get_workflow("w").value()), before);
  ASSERT_TRUE(engine->compensation().execute_compensation("w", "a").error().code == ErrorCode::invalid_state);
  ASSERT_TRUE(engine->orchestrator().rerun_workflow("w", "a"));
  EXPECT_EQ(engine->orchestrator().wait_workflow("w").value().status.state, WorkflowState::failed);
}

}  // namespace
}  // namespace pawl::testing
