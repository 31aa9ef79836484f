// A task has one attempt at a time, whoever made it; an attempt is known by its address and by what it is made at.
#include "orchestrator/shard/attempts_out.h"

#include <atomic>

#include <gtest/gtest.h>

#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

AttemptAddress attempt_at(TaskIndex task, std::uint32_t generation = 1) {
  return {.route = {.shard = 0, .place = 0, .generation = generation}, .action = task, .attempt = 1};
}
AttemptsOut::Action action_at(std::string_view task, bool undoes = false) {
  return {.workflow = "w", .task = task, .undoes = undoes};
}
std::vector<AttemptAddress> addresses_in(const AttemptsOut& out) {
  std::vector<AttemptAddress> found;
  out.for_each([&](const AttemptsOut::Attempt& each) { found.push_back(each.address); });
  return found;
}

TEST(AttemptsOut, are_found_by_what_they_are_made_at) {
  AttemptsOut out;
  EXPECT_TRUE(out.empty());
  out.add(action_at("a"), {.address = attempt_at(0)});
  ASSERT_NE(out.find(action_at("a")), nullptr);
  EXPECT_EQ(out.find(action_at("a"))->address, attempt_at(0));
  EXPECT_EQ(out.find(action_at("b")), nullptr);
  EXPECT_EQ(out.find(action_at("a", true)), nullptr) << "what undoes a task is made beside it";
  EXPECT_EQ(out.find({.workflow = "v", .task = "a"}), nullptr);
  out.remove(attempt_at(0));
  out.remove(attempt_at(0));
  EXPECT_EQ(out.find(action_at("a")), nullptr);
  EXPECT_TRUE(out.empty());
}

// An outcome of a workflow that was deleted does not end the attempt of its namesake.
TEST(AttemptsOut, of_another_life_under_the_same_id_are_not_mistaken) {
  AttemptsOut out;
  out.add(action_at("a"), {.address = attempt_at(0, 2)});
  out.remove(attempt_at(0, 1));
  out.stop(attempt_at(0, 1), kBegin);
  EXPECT_EQ(addresses_in(out), std::vector{attempt_at(0, 2)});
  EXPECT_FALSE(out.find(action_at("a"))->ends_by);
}

TEST(AttemptsOut, an_action_has_no_two) {
  const Supervised supervised;
  AttemptsOut out;
  out.add(action_at("a"), {.address = attempt_at(0)});
  EXPECT_THROW(out.add(action_at("a"), {.address = attempt_at(1)}), InvariantBroken);
  EXPECT_THROW(out.add(action_at("b"), {.address = attempt_at(0)}), InvariantBroken);
}

TEST(AttemptsOut, are_given_no_more_time_than_they_were_given_first) {
  AttemptsOut out;
  out.add(action_at("a"), {.address = attempt_at(0)});
  out.stop(attempt_at(0), kBegin + std::chrono::seconds(10));
  out.stop(attempt_at(0), kBegin + std::chrono::seconds(20));
  EXPECT_EQ(out.find(action_at("a"))->ends_by, kBegin + std::chrono::seconds(10));
  out.stop(attempt_at(0), kBegin + std::chrono::seconds(5));
  EXPECT_EQ(out.find(action_at("a"))->ends_by, kBegin + std::chrono::seconds(5));
}

TEST(AttemptsOut, that_are_disowned_are_known_until_they_have_ended) {
  AttemptsOut out;
  EXPECT_FALSE(out.has_disowned());
  out.add(action_at("a"), {.address = attempt_at(0)});
  out.add(action_at("b"), {.address = attempt_at(1)});
  out.disown();
  EXPECT_TRUE(out.has_disowned());
  out.disown();
  out.add(action_at("c"), {.address = attempt_at(2, 2)});
  out.remove(attempt_at(0));
  out.remove(attempt_at(2, 2));
  EXPECT_TRUE(out.has_disowned());
  out.remove(attempt_at(1));
  EXPECT_FALSE(out.has_disowned());
}

TEST(AttemptsOut, an_action_is_named_by_its_task_and_whether_it_undoes_it) {
  std::atomic<std::size_t> count{0};
  WorkflowTable table(0, count);
  WorkflowSpec spec = chain(2);
  spec.tasks[1].compensation = Compensation{.module = "test", .function = "noop"};
  const LiveWorkflow& workflow = add_running(table, "w", spec);
  EXPECT_EQ(AttemptsOut::action_of(workflow.state, 1), action_at("t1"));
  EXPECT_EQ(AttemptsOut::action_of(workflow.state, ActionId::undo_of(1)), action_at("t1", true));
}

}  // namespace
}  // namespace pawl::testing
