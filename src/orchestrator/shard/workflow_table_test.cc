// What the table finds, and by what; what it forgets, and what it must not.
#include "orchestrator/shard/workflow_table.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/assert.h"
#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

struct OneTable {
  std::atomic<std::size_t> count{0};
  WorkflowTable table{3, count};

  LiveWorkflow& add(const std::string& id) { return add_running(table, id); }
  // It has ended, durably.
  void end(LiveWorkflow& workflow) {
    if (!is_terminal(workflow.state.state)) cancel(workflow);
    workflow.ended = true;
    workflow.end_event = workflow.state.event_count;
    table.note_end(workflow);
  }
};

TEST(WorkflowTable, finds_a_workflow_by_its_id_and_by_its_route) {
  OneTable it;
  LiveWorkflow& workflow = it.add("a");
  EXPECT_EQ(it.table.find("a"), &workflow);
  EXPECT_EQ(it.table.at(workflow.route), &workflow);
  EXPECT_EQ(workflow.route.shard, 3U);
  EXPECT_EQ(it.table.find("b"), nullptr);
  EXPECT_EQ(it.table.at(99, 1), nullptr);
  EXPECT_EQ(it.count, 1U);
}

// Addresses outlive workflows: timers, outcomes and placements carry them.
TEST(WorkflowTable, a_place_that_is_used_again_has_another_generation) {
  OneTable it;
  LiveWorkflow& first = it.add("a");
  const AttemptRoute former = first.route;
  it.table.remove(first);
  EXPECT_EQ(it.table.at(former), nullptr);
  EXPECT_EQ(it.count, 0U);
  const LiveWorkflow& second = it.add("a");
  EXPECT_EQ(second.route.place, former.place);
  EXPECT_NE(second.route.generation, former.generation);
  EXPECT_EQ(it.table.at(former), nullptr);
}

TEST(WorkflowTable, visits_the_newest_in_steps) {
  OneTable it;
  for (const char* id : {"a", "b", "c", "d", "e"}) it.add(id);
  it.table.remove(*it.table.find("d"));
  std::vector<std::string> seen;
  const auto look = [&](const CreationIndex::Entry& from, std::size_t steps) {
    return it.table.visit_newest(from, steps, [&](const LiveWorkflow& workflow) {
      seen.push_back(workflow.state.id());
      return workflow.state.id() != "a";
    });
  };
  auto next = look(CreationIndex::end_of(Timestamp::max()), 3);
  EXPECT_EQ(seen, (std::vector<std::string>{"e", "c"})) << "what is gone is a step, too";
  ASSERT_TRUE(next);
  next = look(*next, 3);
  EXPECT_EQ(seen, (std::vector<std::string>{"e", "c", "b", "a"}));
  EXPECT_FALSE(next) << "no more are wanted";
}

TEST(WorkflowTable, does_not_visit_who_has_the_place_of_one_that_is_gone) {
  OneTable it;
  it.add("a");
  it.table.remove(*it.table.find("a"));
  it.add("b");
  int visited = 0;
  EXPECT_FALSE(it.table.visit_newest(CreationIndex::end_of(Timestamp::max()), 10, [&](const LiveWorkflow&) {
    ++visited;
    return true;
  }));
  EXPECT_EQ(visited, 1);
}

TEST(WorkflowTable, does_not_find_what_has_no_name_yet_or_any_more) {
  OneTable it;
  LiveWorkflow& unnamed = it.table.add();
  EXPECT_EQ(it.table.at(unnamed.route), &unnamed);
  EXPECT_EQ(it.table.find(""), nullptr);
  LiveWorkflow& workflow = it.add("a");
  it.table.unname(workflow);
  EXPECT_EQ(it.table.find("a"), nullptr);
  EXPECT_EQ(it.table.at(workflow.route), &workflow);
}

// One that broke in the middle of its creation has no name; whoever has the name keeps it.
TEST(WorkflowTable, does_not_take_the_name_of_a_namesake) {
  OneTable it;
  const LiveWorkflow& named = it.add("a");
  LiveWorkflow& namesake = it.table.add();
  namesake.state.facts = named.state.facts;
  it.table.unname(namesake);
  EXPECT_EQ(it.table.find("a"), &named);
}

// The text of an id lives in the facts; the former ones may be gone after this.
TEST(WorkflowTable, finds_a_workflow_by_the_id_in_its_new_facts) {
  OneTable it;
  LiveWorkflow& workflow = it.add("a");
  const WorkflowFactsPtr former = std::exchange(workflow.state.facts, facts_of("a", workflow.bound->definition));
  it.table.rename(workflow, former->id.text());
  ASSERT_EQ(former.use_count(), 1) << "the state has others";
  EXPECT_EQ(it.table.find("a"), &workflow);
}

TEST(WorkflowTable, finds_a_broken_one_only_where_it_is_asked_for_such) {
  OneTable it;
  LiveWorkflow& broken = it.add("a");
  EXPECT_EQ(it.table.find_broken("a"), nullptr);
  broken.broken = true;
  it.table.unname(broken);
  EXPECT_EQ(it.table.find("a"), nullptr);
  EXPECT_EQ(it.table.find_broken("a"), &broken);
  EXPECT_EQ(it.table.find_broken("b"), nullptr);

  const LiveWorkflow& sound = it.add("b");
  std::vector<const LiveWorkflow*> visited;
  it.table.for_each_sound([&](const LiveWorkflow& workflow) {
    visited.push_back(&workflow);
    return true;
  });
  EXPECT_EQ(visited, std::vector{&sound});
  int all = 0;
  it.table.for_each([&](const LiveWorkflow&) { return ++all < 2; });
  EXPECT_EQ(all, 2);
}

// Removing it leaves the name to the namesake that was made meanwhile.
TEST(WorkflowTable, a_broken_one_goes_without_the_name_of_its_namesake) {
  OneTable it;
  LiveWorkflow& broken = it.add("a");
  broken.broken = true;
  it.table.unname(broken);
  const LiveWorkflow& namesake = it.add("a");
  it.table.remove(broken);
  EXPECT_EQ(it.table.find("a"), &namesake);
}

TEST(WorkflowTable, removes_nothing_that_is_in_use) {
  const Supervised supervised;
  OneTable it;
  LiveWorkflow& workflow = it.add("a");
  {
    const Pin pin(workflow);
    EXPECT_THROW(it.table.remove(workflow), InvariantBroken);
  }
  workflow.attempts = 1;
  EXPECT_THROW(it.table.remove(workflow), InvariantBroken);
  workflow.attempts = 0;
  it.table.remove(workflow);
  EXPECT_EQ(it.table.find("a"), nullptr);
}

TEST(WorkflowTable, knows_which_removal_of_an_id_goes_on) {
  OneTable it;
  const std::optional<std::uint64_t> first = it.table.begin_removal("a");
  ASSERT_TRUE(first);
  EXPECT_TRUE(it.table.is_being_removed("a"));
  EXPECT_FALSE(it.table.is_being_removed("b"));
  EXPECT_FALSE(it.table.begin_removal("a")) << "one at a time";
  it.table.end_removal("a");
  it.table.end_removal("a");
  EXPECT_FALSE(it.table.is_being_removed("a", *first));
  const std::optional<std::uint64_t> second = it.table.begin_removal("a");
  ASSERT_TRUE(second);
  EXPECT_FALSE(it.table.is_being_removed("a", *first)) << "that one is over, whoever still thinks of it";
  EXPECT_TRUE(it.table.is_being_removed("a", *second));
  (void)it.table.take_all();
  EXPECT_FALSE(it.table.is_being_removed("a"));
}

TEST(WorkflowTable, forgets_what_ended_first_until_as_many_are_left_as_it_may_keep) {
  OneTable it;
  for (const char* const id : {"a", "b", "c"}) it.end(it.add(id));
  const LiveWorkflow& running = it.add("d");
  it.table.forget_ended(3);
  EXPECT_NE(it.table.find("a"), nullptr);
  it.table.forget_ended(1);
  EXPECT_EQ(it.table.find("a"), nullptr);
  EXPECT_EQ(it.table.find("b"), nullptr);
  EXPECT_NE(it.table.find("c"), nullptr);
  EXPECT_EQ(it.table.find("d"), &running);
  EXPECT_EQ(it.count, 2U);
}

TEST(WorkflowTable, forgets_what_is_in_use_the_next_time) {
  OneTable it;
  LiveWorkflow& used = it.add("a");
  it.end(used);
  it.end(it.add("b"));
  {
    const Pin pin(used);
    it.table.forget_ended(0);
    EXPECT_EQ(it.table.find("a"), &used);
    EXPECT_EQ(it.table.find("b"), nullptr);
  }
  it.table.forget_ended(0);
  EXPECT_EQ(it.table.find("a"), nullptr);
}

TEST(WorkflowTable, keeps_what_lives_again_and_forgets_it_by_its_latest_end) {
  OneTable it;
  LiveWorkflow& workflow = it.add("a");
  it.end(workflow);
  (void)apply_alone(workflow, command::ReviveWorkflow{});
  workflow.ended = false;
  it.table.forget_ended(0);
  ASSERT_EQ(it.table.find("a"), &workflow);

  it.end(workflow);
  (void)apply_alone(workflow, command::ReviveWorkflow{});
  it.end(workflow);  // and once more: the end before is not this one
  it.table.forget_ended(1);
  EXPECT_EQ(it.table.find("a"), &workflow);
  it.table.forget_ended(0);
  EXPECT_EQ(it.table.find("a"), nullptr);
}

// What was read of a workflow off the shard holds as long as the number is the same.
TEST(WorkflowTable, counts_departures_by_id) {
  OneTable it;
  const std::uint32_t before = it.table.departures("a");
  it.end(it.add("a"));
  EXPECT_EQ(it.table.departures("a"), before) << "whoever looks finds it";
  it.table.forget_ended(0);
  const std::uint32_t forgotten = it.table.departures("a");
  EXPECT_NE(forgotten, before);
  it.table.remove(it.add("another"));
  EXPECT_EQ(it.table.departures("a"), forgotten);
  ASSERT_TRUE(it.table.begin_removal("a"));
  it.table.end_removal("a");
  EXPECT_NE(it.table.departures("a"), forgotten);
}

TEST(WorkflowTable, gives_all_away_and_counts_none_of_them) {
  OneTable it;
  const AttemptRoute route = it.add("a").route;
  it.end(it.add("b"));
  it.table.remove(it.add("c"));
  const WorkflowTable::Places all = it.table.take_all();
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& each) { return each != nullptr; }), 2);
  EXPECT_EQ(it.count, 0U);
  EXPECT_EQ(it.table.find("a"), nullptr);
  EXPECT_EQ(it.table.at(route), nullptr);
  it.table.forget_ended(0);
  const LiveWorkflow& next = it.add("a");
  EXPECT_EQ(next.route.place, route.place);
  EXPECT_NE(next.route.generation, route.generation) << "attempts of the former one are still out";
}

}  // namespace
}  // namespace pawl::testing
