// Batches become durable in order and are released in that order; what rides is released before; what is not durable
// when the shard goes down is gone, and who waits for it is told.
#include "orchestrator/shard/commit_pipeline.h"

#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

class OnePipeline {
 public:
  explicit OnePipeline(ShardLimits limits = {}) : parts(std::move(limits)) {}

  LiveWorkflow& add(const std::string& id = "w", std::size_t tasks = 3) {
    LiveWorkflow& workflow = add_running(parts.workflows, id, loose(tasks));
    workflow.checkpoint = workflow.state.event_count;
    return workflow;
  }
  // A decision, of which the pipeline alone is told.
  template <class C>
  void decide(LiveWorkflow& workflow, const C& command) {
    const CommitPipeline::Before before = commits.before(workflow);
    expression::Evaluator evaluator;
    core::Decision decision(workflow.state, {.now = kBegin}, evaluator, commits.turn());
    ASSERT_TRUE(core::decide(decision, command));
    EXPECT_TRUE(commits.add(workflow, before));
  }
  // One that must be durable before it has effects.
  void complete(LiveWorkflow& workflow, TaskIndex task) {
    decide(workflow, command::CompleteTask{.action = task, .attempt = 1, .result = {}});
  }
  void start(LiveWorkflow& workflow, TaskIndex task) { decide(workflow, command::StartTask{task}); }
  // Commits the turn; which of its effects are released early.
  std::size_t commit() {
    std::size_t early = 0;
    commits.commit([&](const Batch& batch) {
      batch.for_each_segment([&](const Batch::Segment& segment, std::span<const Event>, std::span<const Effect> all) {
        if (segment.rides) early += all.size();
      });
    });
    return early;
  }
  // Of what is durable all is released; how many batches that were.
  int release() {
    int count = 0;
    while (Batch* const batch = commits.next_durable()) {
      batch->reply(nullptr);
      commits.done();
      ++count;
    }
    return count;
  }
  void reply_to(std::vector<std::string>& replies, const std::string& name) {
    commits.reply_when_durable([&replies, name](const Error* failure) {
      replies.push_back(name + (failure == nullptr ? "" : ": " + failure->message));
    });
  }

  Parts parts;
  CommitPipeline& commits = parts.commits;
  HeldStore& store = parts.store;
};

const Error kStoreFailed{.code = ErrorCode::unavailable, .message = "no store", .field = {}};

TEST(CommitPipeline, hands_the_events_of_a_turn_over_by_workflow) {
  OnePipeline it;
  LiveWorkflow& first = it.add("a");
  LiveWorkflow& second = it.add("b");
  const std::uint64_t before = first.state.event_count;
  EXPECT_FALSE(it.commits.has_open());
  it.start(first, 0);
  it.start(second, 0);
  it.start(first, 1);
  EXPECT_TRUE(it.commits.has_open());
  EXPECT_EQ(first.pins, 3U) << "two segments and a group";
  it.commit();
  EXPECT_FALSE(it.commits.has_open());
  ASSERT_EQ(it.store.batches.size(), 1U);
  const auto& kept = it.store.batches[0];
  EXPECT_EQ(kept.epoch, Epoch(1));
  ASSERT_EQ(kept.workflows.size(), 2U);
  EXPECT_EQ(kept.workflows[0].id, "a");
  EXPECT_EQ(kept.workflows[0].first_event, before);
  EXPECT_EQ(kept.workflows[0].events, 2U);
  EXPECT_EQ(kept.workflows[1].events, 1U);
}

TEST(CommitPipeline, says_who_asked_for_which_events) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  const Actor ada{.kind = "user", .name = "ada"};
  it.start(workflow, 0);
  {
    const CommitPipeline::Asking asking(it.commits, ada);
    it.start(workflow, 1);
  }
  it.start(workflow, 2);
  it.commit();
  const auto& kept = it.store.batches.at(0).workflows.at(0);
  EXPECT_EQ(kept.events, 3U);
  EXPECT_EQ(kept.by, (std::vector<std::string>{"", "user:ada", ""}));
  it.start(it.add("other"), 0);
  it.commit();
  EXPECT_TRUE(it.store.batches.at(1).workflows.at(0).by.empty()) << "nobody asked for anything in this turn";
}

TEST(CommitPipeline, says_whether_a_decision_has_changed_anything) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  EXPECT_FALSE(it.commits.add(workflow, it.commits.before(workflow)));
  EXPECT_FALSE(it.commits.has_open());
  EXPECT_EQ(workflow.pins, 0U);
}

TEST(CommitPipeline, releases_the_effects_of_a_start_before_it_is_durable_and_of_nothing_else) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  it.start(workflow, 0);
  EXPECT_EQ(it.commit(), 1U);
  it.store.settle();
  EXPECT_EQ(it.release(), 1);
  it.complete(workflow, 0);
  EXPECT_EQ(it.commit(), 0U);
}

// Its effects may rest on what was decided before it.
TEST(CommitPipeline, a_start_waits_for_what_was_decided_before_it_on_its_workflow) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  LiveWorkflow& other = it.add("other");
  it.start(workflow, 0);
  it.commit();
  it.complete(workflow, 0);
  it.commit();
  it.start(workflow, 1);
  it.start(other, 0);
  EXPECT_EQ(it.commit(), 1U) << "of the other one";
  EXPECT_FALSE(it.commits.is_durable(workflow));
  it.store.settle();
  EXPECT_EQ(it.release(), 3);
  EXPECT_TRUE(it.commits.is_durable(workflow));
  it.start(workflow, 2);
  EXPECT_EQ(it.commit(), 1U);
}

// An attempt may have ended the process: that it is made must be known before.
TEST(CommitPipeline, no_start_rides_once_starts_bind_or_without_a_store) {
  OnePipeline it;
  it.commits.bind_starts();
  it.start(it.add(), 0);
  EXPECT_EQ(it.commit(), 0U);

  OnePipeline in_memory;
  in_memory.store.durable = false;
  in_memory.start(in_memory.add(), 0);
  EXPECT_EQ(in_memory.commit(), 0U);
  EXPECT_TRUE(in_memory.store.batches.empty());
  EXPECT_EQ(in_memory.release(), 1) << "there is nothing to wait for";
}

// A read adds no fact: it is answered as soon as what came before it is durable, and goes nowhere.
TEST(CommitPipeline, a_bare_batch_waits_for_those_before_it_only) {
  OnePipeline it;
  std::vector<std::string> replies;
  it.reply_to(replies, "idle");
  it.commit();
  EXPECT_EQ(it.release(), 1);
  EXPECT_EQ(replies, std::vector<std::string>{"idle"});

  it.start(it.add(), 0);
  it.commit();
  it.reply_to(replies, "behind");
  it.commit();
  EXPECT_EQ(it.store.batches.size(), 1U);
  EXPECT_EQ(it.release(), 0);
  it.store.settle();
  EXPECT_EQ(it.release(), 2);
  EXPECT_EQ(replies.back(), "behind");
}

TEST(CommitPipeline, releases_in_order_what_is_durable_and_no_more) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  std::vector<std::string> replies;
  for (TaskIndex task = 0; task < 3; ++task) {
    it.start(workflow, task);
    it.reply_to(replies, std::to_string(task));
    it.commit();
  }
  EXPECT_FALSE(it.commits.is_settled());
  EXPECT_EQ(it.release(), 0);
  it.commits.committed(it.store.batches[1].sequence, {});
  EXPECT_EQ(it.parts.settled, 1);
  EXPECT_TRUE(it.commits.is_settled());
  EXPECT_EQ(it.release(), 2);
  EXPECT_EQ(replies, (std::vector<std::string>{"0", "1"}));
  EXPECT_FALSE(it.commits.is_settled());
  EXPECT_FALSE(it.commits.is_idle());
  it.store.settle();
  EXPECT_EQ(it.release(), 1);
  EXPECT_TRUE(it.commits.is_idle());
  EXPECT_EQ(workflow.pins, 0U);
}

TEST(CommitPipeline, is_behind_when_as_many_are_on_their_way_as_may_be) {
  ShardLimits limits;
  limits.commits = 2;
  OnePipeline it(limits);
  LiveWorkflow& workflow = it.add();
  it.start(workflow, 0);
  it.commit();
  EXPECT_FALSE(it.commits.is_behind());
  it.start(workflow, 1);
  it.commit();
  EXPECT_TRUE(it.commits.is_behind());
  it.store.settle();
  it.release();
  EXPECT_FALSE(it.commits.is_behind());
}

TEST(CommitPipeline, says_why_a_batch_will_not_become_durable) {
  OnePipeline it;
  it.start(it.add(), 0);
  it.commit();
  EXPECT_TRUE(it.commits.check());
  it.store.settle(std::unexpected(kStoreFailed));
  EXPECT_TRUE(it.commits.is_settled());
  EXPECT_EQ(it.release(), 0);
  ASSERT_FALSE(it.commits.check());
  EXPECT_EQ(it.commits.check().error().message, "no store");
  it.commits.break_off({.code = ErrorCode::internal, .message = "later", .field = {}});
  EXPECT_EQ(it.commits.check().error().message, "no store") << "the first reason counts";
}

TEST(CommitPipeline, answers_that_what_is_durable_is_so_and_why_the_rest_is_not) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  std::vector<std::string> replies;
  it.start(workflow, 0);
  it.reply_to(replies, "durable");
  it.commit();
  it.store.settle();
  it.start(workflow, 1);
  it.reply_to(replies, "flying");
  it.commit();
  it.start(workflow, 2);
  it.reply_to(replies, "open");
  it.commits.answer_in_flight(kStoreFailed);
  it.commits.answer_open(kStoreFailed);
  it.commits.answer_in_flight(kStoreFailed);  // once
  EXPECT_EQ(replies, (std::vector<std::string>{"durable", "flying: no store", "open: no store"}));
}

// The store may still be at batches of before; neither their success nor their failure is that of a later one.
TEST(CommitPipeline, after_a_reset_late_outcomes_do_no_harm) {
  for (const bool succeeds : {false, true}) {
    OnePipeline it;
    LiveWorkflow& workflow = it.add();
    it.start(workflow, 0);
    it.commit();
    const std::uint64_t late = it.store.batches.back().sequence;
    it.start(workflow, 1);
    it.commits.break_off(kStoreFailed);
    it.commits.reset();
    EXPECT_EQ(workflow.pins, 0U);
    EXPECT_TRUE(it.commits.check());
    EXPECT_TRUE(it.commits.is_idle());
    EXPECT_FALSE(it.commits.has_open());

    it.start(workflow, 2);
    it.commit();
    EXPECT_EQ(it.store.batches.back().workflows.size(), 1U);
    it.commits.committed(late, succeeds ? Result<void>() : std::unexpected(kStoreFailed));
    EXPECT_TRUE(it.commits.check());
    EXPECT_FALSE(it.commits.is_settled());
    EXPECT_EQ(it.release(), 0);
    it.store.settle();
    EXPECT_EQ(it.release(), 1);
  }
}

TEST(CommitPipeline, that_is_abandoned_does_not_touch_its_workflows) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  it.start(workflow, 0);
  it.commit();
  it.start(workflow, 1);
  const std::uint32_t pins = workflow.pins;
  it.commits.abandon();
  EXPECT_EQ(workflow.pins, pins);
  EXPECT_TRUE(it.commits.is_idle());
  workflow.pins = 0;
}

// A decision broke in its middle: what it had raised is gone, what was decided before stays.
TEST(CommitPipeline, takes_back_what_was_decided_since_the_last_complete_decision) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  const auto raise_half = [&] {
    it.commits.turn().events.emplace_back(event::TaskStarted{.action = 2, .attempt = 1, .at = kBegin});
    it.commits.turn().effects.emplace_back(effect::DispatchTask{.action = 2, .attempt = 1});
    it.commits.take_back();
  };
  raise_half();
  EXPECT_TRUE(it.commits.turn().events.empty());
  EXPECT_TRUE(it.commits.turn().effects.empty());
  it.start(workflow, 0);
  raise_half();
  EXPECT_EQ(it.commits.turn().events.size(), 1U);
  EXPECT_EQ(it.commits.turn().effects.size(), 1U);
}

TEST(CommitPipeline, keeps_a_summary_with_the_end_of_a_workflow_and_its_new_life) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  it.start(workflow, 0);
  it.commit();
  EXPECT_FALSE(it.store.batches.back().workflows[0].has_summary);
  it.decide(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()});
  it.commit();
  EXPECT_TRUE(it.store.batches.back().workflows[0].has_summary);
  EXPECT_EQ(workflow.end_event, workflow.state.event_count);
  it.decide(workflow, command::ReviveWorkflow{});
  it.commit();
  EXPECT_TRUE(it.store.batches.back().workflows[0].has_summary);
  EXPECT_TRUE(it.store.batches.back().workflows[0].letters_anew);
}

TEST(CommitPipeline, keeps_and_counts_a_task_that_became_a_dead_letter) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  it.start(workflow, 0);
  it.decide(workflow, command::FailTask{.action = 0, .attempt = 1, .error = {"boom", "it broke"}});
  it.commit();
  EXPECT_EQ(it.store.batches.back().workflows[0].letters, 1U);
  EXPECT_EQ(it.parts.letter_count, 1U);
}

TEST(CommitPipeline, keeps_a_checkpoint_when_one_is_due_and_drops_history_that_is_too_long) {
  ShardLimits limits;
  limits.checkpoint_events = 4;
  limits.history_events = 6;
  OnePipeline it(limits);
  LiveWorkflow& workflow = it.add("w", 2);
  const auto pause_and_resume = [&] {
    it.decide(workflow, command::PauseWorkflow{});
    it.decide(workflow, command::ResumeWorkflow{});
    it.commit();
    return it.store.batches.back().workflows[0];
  };
  EXPECT_FALSE(pause_and_resume().has_checkpoint);
  const HeldStore::KeptWorkflow kept = pause_and_resume();
  EXPECT_TRUE(kept.has_checkpoint);
  EXPECT_EQ(kept.history_from, workflow.state.event_count > 6 ? workflow.state.event_count - 6 : 0);
  EXPECT_EQ(workflow.checkpoint, workflow.state.event_count);
  EXPECT_FALSE(pause_and_resume().has_checkpoint);
  EXPECT_GT(pause_and_resume().history_from, 0U);
}

TEST(CommitPipeline, keeps_the_whole_state_when_it_is_asked_to) {
  OnePipeline it;
  LiveWorkflow& workflow = it.add();
  it.commits.save(workflow);
  it.commit();
  ASSERT_EQ(it.store.batches.size(), 1U);
  EXPECT_TRUE(it.store.batches[0].workflows[0].has_checkpoint);
  EXPECT_EQ(it.store.batches[0].workflows[0].events, 0U);

  const WorkflowChange all = it.commits.commit_of_all(workflow);
  EXPECT_FALSE(all.checkpoint.empty());
  EXPECT_NE(all.summary, nullptr);
  EXPECT_TRUE(all.letters->anew);
  it.store.settle();
  it.release();
  EXPECT_EQ(workflow.pins, 0U);
}

TEST(CommitPipeline, numbers_grow_also_for_what_goes_elsewhere) {
  OnePipeline it;
  it.start(it.add(), 0);
  it.commit();
  const std::uint64_t first = it.store.batches.back().sequence;
  const std::uint64_t elsewhere = it.commits.next_sequence();
  EXPECT_GT(elsewhere, first);
  it.start(it.add("b"), 0);
  it.commit();
  EXPECT_GT(it.store.batches.back().sequence, elsewhere);
}

TEST(Batch, gives_out_each_segment_with_what_was_decided_in_it) {
  OnePipeline it;
  LiveWorkflow& first = it.add("a");
  LiveWorkflow& second = it.add("b");
  it.start(first, 0);
  it.start(second, 0);
  it.decide(second, command::PauseWorkflow{});
  std::vector<std::string> found;
  it.commits.for_each_batch([&](const Batch& batch) {
    batch.for_each_segment(
        [&](const Batch::Segment& segment, std::span<const Event> events, std::span<const Effect> effects) {
          found.push_back(fmt::format("{} {} {} {}", segment.workflow->state.id(), events.size(), effects.size(),
                                      segment.rides ? "rides" : "waits"));
        });
  });
  EXPECT_EQ(found, (std::vector<std::string>{"a 1 1 rides", "b 2 1 waits"}));
}

}  // namespace
}  // namespace pawl::testing
