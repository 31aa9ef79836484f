// Random lives of workflows, with crashes and failed writes in between, against a model that keeps them in a map: after
// each of them the store has what the model has, as far as batches were kept.
//
// How far that is, a workflow tells that gets an event in every batch.
#include "base/random.h"

#include <map>
#include <set>

#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

class RandomLives : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, RandomLives, all_stores(), store_name);

constexpr const char* kClock = "clock";

struct ModelWorkflow {
  std::uint64_t events = 0;
  std::optional<WorkflowState> ended;
  Timestamp created_at;
  std::string checkpoint;  // as it is stored
  std::set<std::string> letters;
  std::set<std::string> snapshots;

  friend bool operator==(const ModelWorkflow&, const ModelWorkflow&) = default;
};
using Model = std::map<std::string, ModelWorkflow>;

// What there is of it when a store is asked everything.
Model read_all(Store& store, StoreShard& shard) {
  Model all;
  const auto read = [&](const std::string& id, const WorkflowSummary& summary) {
    ModelWorkflow& workflow = all[id];
    workflow.created_at = summary.status.created_at;
    if (is_terminal(summary.status.state)) workflow.ended = summary.status.state;
    for (const auto& [first, count] : shard.history(id)) {
      EXPECT_EQ(first, workflow.events) << id << " has a hole";
      workflow.events += count;
    }
    workflow.checkpoint = store.read_workflow(id).value().checkpoint;
    for (const std::string& letter : shard.letters(id)) workflow.letters.insert(letter.substr(id.size() + 1));
    for (const StoredSnapshot& each : *stored_snapshots(store, id)) workflow.snapshots.insert(each.id);
  };
  for (const auto& [id, runs] : shard.live()) {
    const StoredSummary summary = *store.read_summary(id);
    EXPECT_FALSE(summary.ended) << id;
    read(id, summary.summary);
  }
  Timestamp last = Timestamp::max();
  for (const WorkflowState state : {WorkflowState::completed, WorkflowState::failed, WorkflowState::cancelled})
    EXPECT_LE(shard.list({.state = state}).size(), shard.list().size());
  for (const WorkflowSummary& summary : *store.list({})) {
    EXPECT_LE(summary.status.created_at, last);
    last = summary.status.created_at;
    EXPECT_FALSE(all.contains(summary.status.id)) << "twice: " << summary.status.id;
    EXPECT_EQ(std::ranges::count(shard.list({.state = summary.status.state}), summary.status.id), 1);
    read(summary.status.id, summary);
  }
  return all;
}

void PrintTo(const ModelWorkflow& workflow, std::ostream* out) {
  *out << workflow.events << " events, " << (workflow.ended ? to_string(*workflow.ended) : "live") << ", created "
       << workflow.created_at.time_since_epoch().count() << ", checkpoint of " << workflow.checkpoint.size() << ", "
       << workflow.letters.size() << " letters, " << workflow.snapshots.size() << " snapshots";
}

// Decides what happens next.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] bool chance(std::uint64_t of) { return random_.next() % of == 0; }
  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }
  [[nodiscard]] std::string any_id() { return "w" + std::to_string(below(6)); }

  // Adds something that may happen to `id`, to the turn and to the model.
  void live_on(const std::string& id, Model& model, Turn& turn) {
    const auto known = model.find(id);
    if (known == model.end()) return create(id, model[id], turn);
    known->second.ended ? revive(id, known->second, turn) : go_on(id, known->second, turn);
  }

 private:
  void create(const std::string& id, ModelWorkflow& workflow, Turn& turn) {
    workflow.created_at = at(++clock_);
    if (chance(4)) {
      workflow.events = 2;
      workflow.ended = any_end();
      turn.create_and_end(id, {.state = *workflow.ended, .created_at = workflow.created_at});
    } else {
      workflow.events = 1;
      turn.create(id, workflow.created_at);
    }
  }
  void go_on(const std::string& id, ModelWorkflow& workflow, Turn& turn) {
    const std::uint64_t first = workflow.events;
    if (chance(4)) {
      workflow.ended = any_end();
      turn.end(id, first, {.state = *workflow.ended, .created_at = workflow.created_at});
      workflow.events += 1;
    } else if (chance(3)) {
      Turn::Letters letters{.added = {}, .removed = {}, .anew = chance(3)};
      if (letters.anew) workflow.letters.clear();
      for (const std::string task : {"a", "b"}) {
        if (chance(2)) continue;
        const bool removes = chance(2);
        (removes ? letters.removed : letters.added).push_back(task);
        if (removes) workflow.letters.erase(task);
        if (!removes) workflow.letters.insert(task);
      }
      turn.letters(id, first, letters);
      workflow.events += 1;
    } else {
      const std::uint64_t count = 1 + below(3);
      workflow.events += count;
      const std::string label = chance(3) ? std::to_string(workflow.events) : std::string();
      turn.go_on(id, first, count, label);
      if (!label.empty()) workflow.checkpoint = state_of(id, workflow.events, label);
    }
  }
  void revive(const std::string& id, ModelWorkflow& workflow, Turn& turn) {
    if (chance(2)) {
      turn.revive(id, workflow.events, workflow.created_at);
      workflow.events += 1;
      workflow.ended.reset();
    } else {
      const Turn::Ending former{.state = *workflow.ended, .created_at = workflow.created_at};
      workflow = {
          .events = 1, .ended = {}, .created_at = at(++clock_), .checkpoint = {}, .letters = {}, .snapshots = {}};
      turn.replace(id, former, workflow.created_at);
    }
  }
  WorkflowState any_end() {
    constexpr std::array kEnds = {WorkflowState::completed, WorkflowState::failed, WorkflowState::cancelled};
    return kEnds[below(kEnds.size())];
  }

  Random random_;
  std::int64_t clock_ = 0;
};

// One run of many steps: a step commits some batches, during which a write may fail or the process die, and then
// changes something beside commits.
class RandomRun {
 public:
  RandomRun(StoreFixture& fixture, std::uint64_t seed) : fixture_(fixture), shard_(fixture.store()), life_(seed) {}

  void begin() {
    ASSERT_TRUE(shard_.commit(Turn().create(kClock)));
    model_ = read();
  }
  void step() {
    commit();
    if (!::testing::Test::HasFatalFailure()) change();
  }

 private:
  [[nodiscard]] Model read() { return read_all(fixture_.store(), shard_); }

  void commit() {
    std::vector<Model> after = {model_};  // what there is when so many of the batches are kept
    if (life_.chance(5)) fixture_.fail_write_after(static_cast<int>(life_.below(4)), Kept(life_.chance(2)));
    std::uint64_t last = 0;
    for (std::uint64_t batches = 1 + life_.below(3); batches > 0; --batches) {
      after.push_back(after.back());
      last = shard_.start(next_turn(after.back()));
    }
    bool acknowledged = false;
    if (life_.chance(6)) {
      fixture_.crash();
      shard_.move_to(fixture_.store());
    } else {
      fixture_.store().help();
      acknowledged = shard_.acknowledgements.of(last).has_value();
      if (fixture_.has_failed()) shard_.acquire();
    }
    const Model found = read();
    const std::uint64_t kept = found.at(kClock).events - after.front().at(kClock).events;
    ASSERT_LT(kept, after.size());
    EXPECT_TRUE(!acknowledged || kept == after.size() - 1);
    model_ = std::move(after[kept]);
    ASSERT_EQ(found, model_);
  }
  Turn next_turn(Model& model) {
    Turn turn;
    turn.go_on(kClock, model[kClock].events++);
    std::set<std::string> touched;
    for (std::uint64_t count = 1 + life_.below(3); count > 0; --count)
      if (const std::string id = life_.any_id(); touched.insert(id).second) life_.live_on(id, model, turn);
    return turn;
  }

  void change() {
    const std::string id = life_.any_id();
    const auto known = model_.find(id);
    if (known == model_.end()) return;
    const std::string name = "s" + std::to_string(life_.below(2));
    if (known->second.ended && life_.chance(3)) {
      if (shard_.remove(id)) model_.erase(known);
    } else if (life_.chance(2)) {
      if (shard_.put(snapshot_record(
              {.id = name, .workflow = id, .created_at = at(1), .label = "", .state = state_of(id, 1, name)})))
        known->second.snapshots.insert(name);
    } else if (shard_.put(snapshot_removal(id, name))) {
      known->second.snapshots.erase(name);
    }
    if (fixture_.has_failed()) {
      shard_.acquire();
      // What failed may have been kept all the same.
      const auto found = read();
      if (const auto it = found.find(id); it != found.end()) model_[id].snapshots = it->second.snapshots;
    }
    ASSERT_EQ(read(), model_);
    make_durable();
  }
  void make_durable() {
    while (!shard_.commit(Turn().go_on(kClock, model_[kClock].events))) {
      shard_.acquire();
      model_[kClock].events = read().at(kClock).events;
    }
    ++model_[kClock].events;
  }

  StoreFixture& fixture_;
  StoreShard shard_;
  Life life_;
  Model model_;
};

TEST_P(RandomLives, are_kept_as_a_map_would_keep_them) {
  constexpr std::uint64_t kSeeds = 4;
  constexpr int kSteps = 50;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::unique_ptr<StoreFixture> one = GetParam().make();
    RandomRun run(*one, seed);
    run.begin();
    for (int step = 0; step < kSteps && !HasFatalFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      run.step();
    }
    if (HasFatalFailure()) return;
    (void)one->store().acquire();  // the write that was to fail may not have been made yet
    ASSERT_TRUE(one->store().acquire());
    StoreShard last(one->store());
    ASSERT_TRUE(last.put(definition_record(two_tasks()->hash(), to_canonical_json(*two_tasks()))));
    EXPECT_THAT(one->problems(), ::testing::IsEmpty());
  }
}

}  // namespace
}  // namespace pawl::conformance
