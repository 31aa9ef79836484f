// What a request does to a workflow, and when it is refused.
#include "orchestrator/shard/lifecycle.h"

#include "orchestrator/shard/parts_test.h"

namespace pawl::testing {
namespace {

Result<LiveWorkflow*> try_create(Parts& parts, const std::string& id, const WorkflowSpec& spec = chain(1)) {
  const DefinitionPtr definition = define(spec);
  return parts.lifecycle.create(bound(definition, &parts.handler), facts_of(id, definition), false);
}
void end_now(Parts& parts, LiveWorkflow& workflow) {
  ASSERT_TRUE(parts.lifecycle.command(workflow, command::CancelWorkflow{.reason = {}, .grace = Duration::zero()}));
  parts.release();
}
ErrorCode code_of(const auto& result) { return result ? ErrorCode::internal : result.error().code; }

TEST(Lifecycle, creates_one_workflow_of_an_id) {
  Parts parts;
  const auto created = try_create(parts, "w");
  ASSERT_TRUE(created);
  EXPECT_EQ((*created)->state.state, WorkflowState::pending);
  EXPECT_EQ(parts.workflows.find("w"), *created);
  EXPECT_EQ(code_of(try_create(parts, "w")), ErrorCode::already_exists);
  parts.quarantine.add("q", {.code = ErrorCode::corruption, .message = "it broke", .field = {}});
  EXPECT_EQ(code_of(try_create(parts, "q")), ErrorCode::already_exists);
}

TEST(Lifecycle, creates_no_more_than_there_may_be_and_nothing_under_a_policy_that_is_not_known) {
  ShardLimits limits;
  limits.workflows = 1;
  Parts parts(limits);
  EXPECT_EQ(code_of(try_create(parts, "w", guarded(1, "b"))), ErrorCode::not_found);
  EXPECT_TRUE(try_create(parts, "w"));
  EXPECT_EQ(code_of(try_create(parts, "v")), ErrorCode::limit_exceeded);
  EXPECT_EQ(parts.workflow_count, 1U);
}

TEST(Lifecycle, changes_nothing_in_what_is_open_to_be_read_only) {
  ShardLimits limits;
  limits.read_only = true;
  Parts parts(limits);
  EXPECT_EQ(code_of(try_create(parts, "w")), ErrorCode::invalid_state);
  EXPECT_EQ(code_of(parts.lifecycle.execute(add_running(parts.workflows, "v"))), ErrorCode::invalid_state);
}

TEST(Lifecycle, starts_a_workflow_on_a_place_or_queues_it) {
  Parts parts({}, 8, 1);
  LiveWorkflow& first = parts.start("a");
  LiveWorkflow& second = parts.start("b");
  EXPECT_EQ(first.state.state, WorkflowState::running);
  EXPECT_TRUE(second.state.queued);
  EXPECT_TRUE(parts.lifecycle.execute(second)) << "it is queued already";
  EXPECT_EQ(code_of(parts.lifecycle.execute(first)), ErrorCode::invalid_state);
  end_now(parts, first);
  parts.places.deliver([&](const Placement& placement) {
    parts.lifecycle.start_placed(placement);
    return true;
  });
  EXPECT_EQ(second.state.state, WorkflowState::running);
  EXPECT_TRUE(second.placed);
}

// It was cancelled while its place was on its way, or is gone altogether.
TEST(Lifecycle, gives_a_place_back_that_its_workflow_no_longer_wants) {
  Parts parts({}, 8, 1);
  LiveWorkflow& first = parts.start("a");
  LiveWorkflow& second = parts.start("b");
  end_now(parts, first);
  end_now(parts, second);
  EXPECT_EQ(parts.executors.list().front().running, 1U);
  parts.places.deliver([&](const Placement& placement) {
    parts.lifecycle.start_placed(placement);
    return true;
  });
  EXPECT_EQ(second.state.state, WorkflowState::cancelled);
  EXPECT_EQ(parts.executors.list().front().running, 0U);
}

TEST(Lifecycle, removes_what_has_ended_and_nothing_that_is_still_at_work) {
  Parts parts;
  parts.store.durable = false;
  LiveWorkflow& workflow = parts.start("w");
  parts.turn();
  EXPECT_EQ(code_of(parts.lifecycle.begin_removal("w")), ErrorCode::invalid_state);
  const AttemptAddress attempt = parts.attempt_of(workflow, 0);
  end_now(parts, workflow);
  EXPECT_EQ(code_of(parts.lifecycle.begin_removal("w")), ErrorCode::invalid_state) << "its handler still runs";
  (void)parts.attempts.end(attempt);
  EXPECT_FALSE(parts.lifecycle.begin_removal("w").value()) << "nothing of it is stored";
  EXPECT_EQ(parts.workflows.find("w"), nullptr);
}

TEST(Lifecycle, removes_a_broken_one_that_had_ended) {
  Parts parts;
  parts.store.durable = false;
  LiveWorkflow& workflow = parts.create("w");
  end_now(parts, workflow);
  parts.decider.quarantine(workflow, workflow.state.state, "it broke");
  EXPECT_EQ(parts.workflows.find("w"), nullptr);
  EXPECT_FALSE(parts.lifecycle.begin_removal("w").value()) << "nothing of it is stored";
  EXPECT_EQ(parts.quarantine.reason_of("w"), nullptr);
  EXPECT_EQ(parts.workflow_count, 0U);
}

// Its id belongs to nobody, and is not free, until the removal is durable.
TEST(Lifecycle, keeps_an_id_that_is_being_removed_from_everybody) {
  Parts parts;
  end_now(parts, parts.create("w"));
  const std::optional<std::uint64_t> number = parts.lifecycle.begin_removal("w").value();
  ASSERT_TRUE(number);
  EXPECT_EQ(parts.workflows.find("w"), nullptr);
  const auto create = [&] {
    const DefinitionPtr definition = define(chain(1));
    return parts.lifecycle.create(bound(definition), facts_of("w", definition), false);
  };
  const auto expect_kept = [&] {
    EXPECT_EQ(create().error().code, ErrorCode::unavailable);
    EXPECT_EQ(parts.recovery.find("w").error().code, ErrorCode::unavailable);
    EXPECT_EQ(code_of(parts.lifecycle.begin_removal("w")), ErrorCode::unavailable);
  };
  expect_kept();
  struct Planned final : Removal {
    Planned() : Removal("w") {}
  };
  EXPECT_EQ(parts.lifecycle.commit_removal(*number + 1, std::make_unique<Planned>()).error().code,
            ErrorCode::unavailable)
      << "another removal";
  ASSERT_TRUE(parts.lifecycle.commit_removal(*number, std::make_unique<Planned>()));
  parts.commit();
  ASSERT_EQ(parts.store.batches.back().workflows.size(), 1U);
  EXPECT_TRUE(parts.store.batches.back().workflows[0].goes);
  expect_kept();
  parts.store.settle();
  parts.release_durable();
  parts.lifecycle.end_removal(*number, "w", true);
  EXPECT_TRUE(create());
}

// There is the former workflow or the new one: both in one commit.
TEST(Lifecycle, replaces_an_ended_workflow_with_one_of_its_id) {
  Parts parts;
  LiveWorkflow& former = parts.create("w");
  const DefinitionPtr definition = define(chain(2));
  const auto replace = [&] {
    return parts.lifecycle.replace(former, bound(definition, &parts.handler), facts_of("w", definition));
  };
  EXPECT_EQ(code_of(replace()), ErrorCode::invalid_state);
  end_now(parts, former);
  const auto made = replace();
  ASSERT_TRUE(made);
  EXPECT_EQ(parts.workflows.find("w"), *made);
  parts.release();
  EXPECT_TRUE(parts.store.batches.back().workflows[0].replaces);
  EXPECT_EQ(parts.store.batches.back().workflows[0].first_event, 0U);
}

TEST(Lifecycle, exchanges_the_definition_of_what_has_not_started_and_keeps_its_name) {
  Parts parts;
  LiveWorkflow& workflow = parts.create("w");
  const DefinitionPtr definition = define(chain(3));
  ASSERT_TRUE(parts.lifecycle.redefine(workflow, bound(definition, &parts.handler), facts_of("w", definition)));
  EXPECT_EQ(workflow.state.tasks.size(), 3U);
  EXPECT_EQ(workflow.bound->definition, definition);
  EXPECT_EQ(parts.workflows.find("w"), &workflow);
  ASSERT_TRUE(parts.lifecycle.execute(workflow));
  EXPECT_EQ(code_of(parts.lifecycle.redefine(workflow, bound(define(chain(1)), &parts.handler),
                                             facts_of("w", define(chain(1))))),
            ErrorCode::invalid_state);
  EXPECT_EQ(workflow.bound->definition, definition);
}

TEST(Lifecycle, an_ended_workflow_that_lives_again_has_its_place_and_its_waiters_of_now) {
  Parts parts;
  LiveWorkflow& workflow = parts.start("w");
  end_now(parts, workflow);
  const auto early = std::make_shared<NotedWaiter>();
  parts.lifecycle.when_ended(workflow, early);
  EXPECT_EQ(early->ends, 1) << "it has ended: told now";
  ASSERT_TRUE(parts.lifecycle.revive(workflow, command::ReviveWorkflow{}));
  EXPECT_FALSE(workflow.ended);
  EXPECT_TRUE(workflow.placed);
  const auto late = std::make_shared<NotedWaiter>();
  parts.lifecycle.when_ended(workflow, late);
  parts.release();
  EXPECT_EQ(late->ends, 0);
  end_now(parts, workflow);
  EXPECT_EQ(late->ends, 1);
}

}  // namespace
}  // namespace pawl::testing
