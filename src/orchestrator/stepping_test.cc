// A node without threads does nothing by itself, and nothing in it waits: whoever steps it has all its work done.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pawl/requests/orchestrator.h"
#include "pawl/requests/persistence.h"

#include "monitor/observer.h"
#include "orchestrator/node.h"
#include "persistence/faulty_rows_test.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/row_store.h"
#include "runners/builtin.h"
#include "tests/support/graphs.h"
#include "tests/support/node_harness.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return now_; }
  [[nodiscard]] Timestamp wall() const override { return now_; }
  void advance_to(Timestamp time) { now_ = std::max(now_, time); }

 private:
  Timestamp now_{24h};
};

// Holds what it is given until the test reports it.
struct HoldingRunner final : Runner {
  std::vector<AttemptAddress> held;
  void start(std::span<Assignment> assignments) override {
    for (const Assignment& each : assignments) held.push_back(each.address);
  }
  void stop(const AttemptAddress&, Duration) override {}
};

class SteppedNode : public ::testing::Test, private Observer, private AttemptSink {
 protected:
  SteppedNode() { make(4096); }
  ~SteppedNode() override { node_.reset(); }

  void make(std::size_t inbox) {
    NodeOptions options{.shards = 2, .definitions = {}, .shard = {}, .has_threads = false, .seed = 1};
    options.shard.inbox = inbox;
    node_ = std::make_unique<Node>(
        options, operations::table(), [this](const PersistenceOptions&) { return open(); }, handlers_,
        static_cast<Observer&>(*this), static_cast<AttemptSink&>(*this), clock_);
    if (handlers_.find("test", "noop") != nullptr) return;
    add_builtin_handlers(handlers_, {.exec = runner_, .sleeps = runner_});
    ASSERT_TRUE(handlers_.add(
        Handler{.module = "held", .function = "work", .kind = HandlerKind::on_runner, .call = {}, .runner = &runner_}));
  }
  Result<std::shared_ptr<Store>> open() {
    auto rows = std::make_unique<FaultyRows>(std::make_unique<MemoryRows>());
    rows_ = rows.get();
    Result<std::unique_ptr<RowStore>> store =
        RowStore::open(std::move(rows), {.sync_delay = Duration(0), .own_threads = false});
    if (!store) return std::unexpected(store.error());
    if (next_fails_) rows_->fail_after(1);  // to acquire it is the first write
    return std::shared_ptr<Store>(*std::move(store));
  }

  void run() {
    do {
      node_->store()->help();
    } while (node_->step(random_));
  }
  template <Operation R>
  std::shared_ptr<std::optional<Result<typename R::Answer>>> ask(R request) {
    auto place = std::make_shared<std::optional<Result<typename R::Answer>>>();
    call(*node_, {.kind = "user", .name = "ada"}, std::move(request),
         [place](Result<typename R::Answer> answer) { place->emplace(std::move(answer)); });
    return place;
  }
  template <Operation R>
  Result<typename R::Answer> answer_of(R request) {
    const auto place = ask(std::move(request));
    run();
    return place->value();
  }
  static request::StartWorkflow start_of(const std::string& id, TaskSpec spec = task("a")) {
    request::StartWorkflow start{.definition = workflow({std::move(spec)}), .options = {}};
    start.options.id = id;
    return start;
  }
  WorkflowState state_of(const std::string& id) {
    return answer_of(request::GetWorkflowStatus{.id = id}).value().state;
  }

  StoppedClock clock_;
  HoldingRunner runner_;
  HandlerRegistry handlers_{runner_};
  Random random_{1};
  FaultyRows* rows_ = nullptr;  // of the store that was opened last
  bool next_fails_ = false;     // after it was acquired
  std::unique_ptr<Node> node_;

 private:
  [[nodiscard]] EventKinds wanted() const override { return 0; }
  void happened(const WorkflowFacts&, const Event&, std::string_view) override {}
  void finished(const AttemptAddress& address, AttemptOutcome outcome) override {
    node_->finished(address, std::move(outcome));
  }
  void wrote(const Assignment&, bool, std::string_view) override {}
  void progressed(const Assignment&, double, std::string_view) override {}
};

TEST_F(SteppedNode, works_only_when_it_is_stepped) {
  ASSERT_TRUE(node_->start(std::nullopt));
  const auto started = ask(start_of("w"));
  EXPECT_FALSE(*started);
  run();
  EXPECT_EQ(started->value().value(), "w");
  EXPECT_EQ(state_of("w"), WorkflowState::completed);
  EXPECT_FALSE(node_->next_due());
}

TEST_F(SteppedNode, says_when_time_must_pass) {
  ASSERT_TRUE(node_->start(std::nullopt));
  TaskSpec sleep = task("a");
  sleep.module = "timer";
  sleep.function = "sleep";
  sleep.args = boost::json::array{"5s"};
  ASSERT_TRUE(answer_of(start_of("w", sleep)));
  EXPECT_EQ(state_of("w"), WorkflowState::running);
  ASSERT_EQ(node_->next_due(), clock_.now() + 5s);
  clock_.advance_to(*node_->next_due());
  run();
  EXPECT_EQ(state_of("w"), WorkflowState::completed);
}

// Nobody else would make room.
TEST_F(SteppedNode, gives_a_shard_whose_inbox_is_full_a_turn) {
  make(2);
  ASSERT_TRUE(node_->start(std::nullopt));
  TaskSpec held = task("a");
  held.module = "held";
  held.function = "work";
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(answer_of(start_of("w" + std::to_string(i), held)));
  ASSERT_EQ(runner_.held.size(), 8U);
  for (const AttemptAddress& address : std::exchange(runner_.held, {})) node_->finished(address, {});
  run();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(state_of("w" + std::to_string(i)), WorkflowState::completed);
  Shard& shard = *node_->shards()[0];
  int calls = 0;
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(node_->post_in_time(shard, [&calls](Shard&) { ++calls; }));
  run();
  EXPECT_EQ(calls, 8);
}

TEST_F(SteppedNode, exchanges_its_store) {
  ASSERT_TRUE(node_->start(std::nullopt));
  TaskSpec held = task("a");
  held.module = "held";
  held.function = "work";
  ASSERT_TRUE(answer_of(start_of("w", held)));
  ASSERT_TRUE(answer_of(start_of("ended")));
  ASSERT_TRUE(answer_of(request::Enable{.options = {.data_dir = "in memory"}}));
  EXPECT_TRUE(node_->is_persistent());
  EXPECT_TRUE(node_->store()->contains("w").value());
  EXPECT_EQ(node_->metrics().workflows, 1U) << "what is stored, and over, need not be remembered";
  ASSERT_TRUE(answer_of(request::Disable{}));
  EXPECT_FALSE(node_->is_persistent());
  node_->finished(runner_.held.at(0), {});
  run();
  EXPECT_EQ(state_of("w"), WorkflowState::completed);
}

TEST_F(SteppedNode, goes_on_with_its_store_if_the_next_one_fails) {
  ASSERT_TRUE(node_->start(std::nullopt));
  request::CreateWorkflow create{.definition = workflow({task("a")}), .options = {}};
  create.options.id = "w";
  ASSERT_TRUE(answer_of(create));
  next_fails_ = true;
  EXPECT_EQ(answer_of(request::Enable{.options = {.data_dir = "in memory"}}).error().code, ErrorCode::unavailable);
  EXPECT_FALSE(node_->is_persistent());
  EXPECT_TRUE(answer_of(request::ExecuteWorkflow{.id = "w"}));
  EXPECT_EQ(state_of("w"), WorkflowState::completed);
}

// A fork has the past that is stored. While persistence was off none was.
TEST_F(SteppedNode, refuses_a_fork_whose_past_was_not_stored) {
  const PersistenceOptions options{.data_dir = "in memory"};
  ASSERT_TRUE(node_->start(std::nullopt));
  TaskSpec held = task("a");
  held.module = "held";
  held.function = "work";
  ASSERT_TRUE(answer_of(start_of("w", held)));
  ASSERT_TRUE(answer_of(request::Enable{.options = options}));
  const Result<std::string> forked = answer_of(request::ForkWorkflow{.id = "w", .options = {.event = 1}});
  ASSERT_FALSE(forked);
  EXPECT_EQ(forked.error().code, ErrorCode::invalid_state);
}

// The disk fails in the middle of the removal: what can be read is that the workflow is gone, and a crash would bring
// it back. It was acknowledged.
TEST_F(SteppedNode, does_not_acknowledge_a_removal_that_may_be_lost) {
  ASSERT_TRUE(node_->start(PersistenceOptions{.data_dir = "in memory"}));
  run();
  ASSERT_TRUE(answer_of(start_of("w")));
  rows_->allow_mending(false);
  rows_->fail_after(0, FaultyRows::Kept::all);
  const Result<void> removed = answer_of(request::DeleteWorkflow{.id = "w"});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::unavailable) << describe(removed.error());
  rows_->allow_mending(true);
  while (!node_->metrics().healthy) {
    clock_.advance_to(*node_->next_due());
    run();
  }
  EXPECT_EQ(answer_of(request::DeleteWorkflow{.id = "w"}).error().code, ErrorCode::not_found);
}

TEST_F(SteppedNode, answers_all_who_wait_when_it_stops) {
  ASSERT_TRUE(node_->start(std::nullopt));
  const auto started = ask(start_of("w"));
  const auto enabled = ask(request::Enable{.options = {.data_dir = "in memory"}});
  node_->stop();
  EXPECT_EQ(started->value().error().code, ErrorCode::unavailable);
  EXPECT_EQ(enabled->value().error().code, ErrorCode::unavailable);
  EXPECT_FALSE(node_->step(random_));
}

}  // namespace
}  // namespace pawl::testing
