// StoreFixture is one store under test, with what may happen to it from outside: its process ends, its medium fails,
// another process takes over. A store joins the suite with a fixture of its own and a line in store_factories().
//
// The tests of this folder are what every store promises: persistence/store.h sentence by sentence, a file a topic.
// They see a Store and this, and nothing of what a store keeps things in.
//
// Threads: a test's own. Commits may be written on threads of the store.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "persistence/store.h"
#include "tests/support/store_shard.h"

namespace pawl::conformance {

// What is kept of a write that fails; whoever made it is not told.
enum class Kept : bool { nothing, all };

class StoreFixture {
 public:
  virtual ~StoreFixture() = default;

  // Opened, and owned by nobody. Another one after reopen() and crash().
  [[nodiscard]] virtual Store& store() = 0;
  // The store as a second process has it, which acquires it while the first one goes on. The same one where only one
  // process at a time can open it.
  [[nodiscard]] virtual Store& second() { return store(); }

  // Closes the store and opens what it has kept.
  virtual void reopen() = 0;
  // The process dies here: what is not durable may be gone, or a part of it. Opens what is left.
  virtual void crash() = 0;

  // `successes` more writes succeed, whatever the store writes separately; the next one fails as `unavailable`, and so
  // does each after it until the store has been acquired anew. Removals that make room still succeed.
  virtual void fail_write_after(int successes, Kept kept) = 0;
  // Whether a write has failed since, and the store has not been acquired.
  [[nodiscard]] virtual bool has_failed() = 0;
  // Whether the store can be acquired after that; no: its medium is as it was.
  virtual void allow_recovery(bool allowed) = 0;

  // What does not fit together in all that is stored, a line each.
  [[nodiscard]] virtual std::vector<std::string> problems() = 0;
  // Opens what Store::backup() has made in `folder`. Null: such stores are copied by other means, and refuse to.
  [[nodiscard]] virtual std::unique_ptr<Store> open_backup(const std::string& folder) = 0;
};

struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreFixture>()> make;

  friend void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }
};

// All stores that the suite is for.
std::vector<StoreFactory> store_factories();

// A topic is a class of its own that is a StoreTest, and runs on all of them:
//   INSTANTIATE_TEST_SUITE_P(Stores, Topic, all_stores(), store_name);
inline auto all_stores() { return ::testing::ValuesIn(store_factories()); }
inline std::string store_name(const ::testing::TestParamInfo<StoreFactory>& each) { return each.param.name; }

class StoreTest : public ::testing::TestWithParam<StoreFactory> {
 protected:
  using Runs = StoreShard::Runs;
  using Live = StoreShard::Live;

  // Nothing that a test does may leave anything that does not fit together.
  void TearDown() override {
    const RecordChange definition = definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()));
    if (fixture().has_failed() || !shard.put(definition)) {
      shard.acquire();
      ASSERT_TRUE(shard.put(definition));
    }
    for (const std::string& problem : fixture().problems()) ADD_FAILURE() << problem;
  }

  [[nodiscard]] StoreFixture& fixture() { return *fixture_; }
  [[nodiscard]] Store& store() { return fixture_->store(); }
  void reopen() {
    fixture_->reopen();
    shard.move_to(store());
  }
  void crash() {
    fixture_->crash();
    shard.move_to(store());
  }

  static StoredSnapshot snapshot(const std::string& id, const std::string& workflow) {
    return {.id = id,
            .workflow = workflow,
            .created_at = at(1),
            .label = "label of " + id,
            .state = state_of(workflow, 1, id)};
  }

 private:
  const std::unique_ptr<StoreFixture> fixture_ = GetParam().make();

 protected:
  StoreShard shard{store()};
};

}  // namespace pawl::conformance
