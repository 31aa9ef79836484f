// A commit is whole and in order: its listener is told once, when it and all before it are durable, and everything that
// it says can be read from then on.
#include <thread>

#include "tests/conformance/store/fixture.h"

namespace pawl::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Commits : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(Stores, Commits, all_stores(), store_name);

TEST_P(Commits, can_be_read_when_they_are_acknowledged) {
  ASSERT_TRUE(shard.commit(Turn().create("w").create("v")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 2)));
  EXPECT_EQ(shard.live(), (Live{{"v", {{0, 1}}}, {"w", {{0, 1}, {1, 2}}}}));
}

TEST_P(Commits, keep_events_as_they_were) {
  ASSERT_TRUE(shard.commit(Turn().create("w", at(3))));
  const Result<StoredWorkflow> workflow = store().read_workflow("w");
  ASSERT_TRUE(workflow);
  const auto events =
      EventDecoder([](const std::string&) { return two_tasks(); }).decode_run(workflow->runs.at(0).events);
  ASSERT_TRUE(events);
  const auto& created = std::get<event::WorkflowCreated>(events->at(0));
  EXPECT_EQ(created.facts->id.text(), "w");
  EXPECT_EQ(created.at, at(3));
}

// The turn is gone when the queue is run.
TEST_P(Commits, need_nothing_of_their_batch_after_the_call) {
  auto turn = std::make_unique<Turn>();
  turn->go_on("w", 1, 3, "state");
  const std::uint64_t sequence = shard.start(Turn().create("v").create("w"));
  const std::uint64_t second = shard.start(*turn);
  turn.reset();
  store().help();
  EXPECT_TRUE(shard.acknowledgements.of(sequence));
  EXPECT_TRUE(shard.acknowledgements.of(second));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, state_of("w", 4, "state"));
}

TEST_P(Commits, are_acknowledged_once_and_in_their_order) {
  std::vector<std::uint64_t> sequences;
  for (int i = 0; i < 10; ++i) sequences.push_back(shard.start(Turn().create("w" + std::to_string(i))));
  store().help();
  EXPECT_TRUE(shard.acknowledgements.of(sequences.back()));
  EXPECT_EQ(shard.acknowledgements.order(), sequences);
  EXPECT_EQ(shard.live().size(), 10U);
}

// From a shard that has other things to do: nobody helps.
TEST_P(Commits, are_made_by_the_store_itself_when_expedited) {
  const std::uint64_t sequence = shard.start(Turn().create("w"));
  store().expedite();
  EXPECT_TRUE(shard.acknowledgements.of(sequence));
  EXPECT_EQ(shard.live().size(), 1U);
}

TEST_P(Commits, of_nothing_are_acknowledged_too) {
  EXPECT_TRUE(shard.commit(Turn()));
  store().help();  // nothing waits
  store().expedite();
  EXPECT_THAT(shard.acknowledgements.order(), ElementsAre(1U));
  EXPECT_THAT(shard.live(), IsEmpty());
}

TEST_P(Commits, may_have_events_in_pieces) {
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  ASSERT_TRUE(shard.commit(Turn().go_on_in_pieces("w", 1, {2, 1, 4})));
  const Result<std::vector<StoredRun>> runs = store().read_history("w", 0, 100);
  ASSERT_TRUE(runs);
  std::size_t events = 0;
  for (const auto& [first, count] : StoreShard::counts(*runs)) {
    EXPECT_EQ(first, events);
    events += count;
  }
  EXPECT_EQ(events, 8U);
}

// In whichever order the turn came to them.
TEST_P(Commits, may_hold_many_workflows) {
  constexpr std::size_t kWorkflows = 300;
  const auto id = [](std::size_t i) { return "w" + std::to_string(i * 7 % kWorkflows); };
  Turn create;
  for (std::size_t i = 0; i < kWorkflows; ++i) create.create(id(i));
  ASSERT_TRUE(shard.commit(create));
  Turn go_on;
  for (std::size_t i = kWorkflows; i-- > 0;) go_on.go_on(id(i), 1, i + 1);
  ASSERT_TRUE(shard.commit(go_on));
  const Live live = shard.live();
  ASSERT_EQ(live.size(), kWorkflows);
  for (std::size_t i = 0; i < kWorkflows; ++i) EXPECT_EQ(live.at(id(i)), (Runs{{0, 1}, {1, i + 1}}));
}

TEST_P(Commits, of_many_threads_are_all_kept_each_threads_in_order) {
  constexpr std::size_t kThreads = 4;
  constexpr std::uint64_t kEach = 100;
  std::vector<Acknowledgements> told(kThreads);
  const auto work = [&](std::size_t number) {
    const std::string id = "w" + std::to_string(number);
    for (std::uint64_t i = 0; i < kEach; ++i) {
      Turn turn;
      i == 0 ? turn.create(id) : turn.go_on(id, i);
      store().commit({.epoch = shard.epoch, .sequence = i + 1, .workflows = turn.commits()}, told[number]);
      i % 3 == 0 ? store().expedite() : store().help();
    }
    EXPECT_TRUE(told[number].of(kEach));
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < kThreads; ++i) {
    const std::vector<std::uint64_t> order = told[i].order();
    EXPECT_EQ(order.size(), kEach);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(shard.history("w" + std::to_string(i)).size(), kEach);
  }
}

// Commits one more each time that it is told of one, until there are kLength.
class Chain final : public CommitListener {
 public:
  static constexpr std::uint64_t kLength = 5;

  Chain(Store& store, Epoch epoch) : store_(store), epoch_(epoch) {}
  void start(std::uint64_t sequence) {
    Turn turn;
    turn.create("w" + std::to_string(sequence));
    store_.commit({.epoch = epoch_, .sequence = sequence, .workflows = turn.commits()}, *this);
    store_.expedite();
  }
  void committed(std::uint64_t sequence, Result<void> outcome) override {
    if (sequence < kLength) start(sequence + 1);
    told_.committed(sequence, std::move(outcome));
  }
  Result<void> end() { return told_.of(kLength); }

 private:
  Store& store_;
  const Epoch epoch_;
  Acknowledgements told_;
};

TEST_P(Commits, may_follow_from_the_acknowledgement_of_another) {
  Chain chain(store(), shard.epoch);
  chain.start(1);
  EXPECT_TRUE(chain.end());
  EXPECT_EQ(shard.live().size(), Chain::kLength);
}

TEST_P(Commits, take_ids_and_names_of_any_text) {
  const std::vector<std::string> odd = {"a",
                                        "a ",
                                        "a/b",
                                        "a\"b",
                                        "a'b",
                                        "a%b_",
                                        "a\\b",
                                        "ab",
                                        "b",
                                        "B",
                                        "\x01",
                                        "\xc3\xa9\xf0\x9f\x98\x80",
                                        std::string(256, 'z'),
                                        std::string(255, 'z'),
                                        "\xf4\x8f\xbf\xbf"};
  Turn create;
  for (const std::string& id : odd) create.create(id);
  ASSERT_TRUE(shard.commit(create));
  Turn go_on;
  for (std::size_t i = 0; i < odd.size(); ++i) go_on.go_on(odd[i], 1, i + 1);
  ASSERT_TRUE(shard.commit(go_on));
  for (std::size_t i = 0; i < odd.size(); ++i) EXPECT_EQ(shard.live()[odd[i]], (Runs{{0, 1}, {1, i + 1}})) << odd[i];
  for (std::size_t i = 0; i < odd.size(); ++i) ASSERT_TRUE(shard.commit(Turn().named(odd[i]).end(odd[i], i + 2)));
  for (const std::string& id : odd) EXPECT_THAT(shard.list({.name = id}), ElementsAre(id));
  EXPECT_EQ(shard.list().size(), odd.size());
  for (std::size_t i = 0; i < odd.size(); ++i) {
    ASSERT_TRUE(shard.remove(odd[i]));
    EXPECT_EQ(shard.list().size(), odd.size() - i - 1);
  }
}

// Nothing of it has to be text.
TEST_P(Commits, keep_large_states_byte_for_byte) {
  std::string label(3 << 20U, '\0');
  for (std::size_t i = 0; i < label.size(); ++i) label[i] = static_cast<char>('a' + i * i % 23);
  ASSERT_TRUE(shard.commit(Turn().create("w")));
  ASSERT_TRUE(shard.commit(Turn().go_on("w", 1, 1, label)));
  EXPECT_EQ(store().read_workflow("w").value().checkpoint, state_of("w", 2, label));
}

}  // namespace
}  // namespace pawl::conformance
