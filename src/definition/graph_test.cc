// The graph of a definition: edges both ways, cycles that are real, references to what comes before; all of it without
// recursion, in the size of the graph.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "pawl/definition.h"

namespace pawl {
namespace {

constexpr std::size_t kLong = 100'000;

using Edges = std::vector<std::vector<std::size_t>>;  // the tasks each task depends on

std::string id(std::size_t task) { return fmt::format("t{}", task); }

WorkflowSpec graph(const Edges& edges) {
  WorkflowSpec spec;
  spec.name = "g";
  spec.tasks.resize(edges.size());
  for (std::size_t task = 0; task < edges.size(); ++task) {
    spec.tasks[task].id = id(task);
    spec.tasks[task].module = "test";
    spec.tasks[task].function = "noop";
    for (const std::size_t dependency : edges[task]) spec.tasks[task].dependencies.push_back(id(dependency));
  }
  return spec;
}

Edges chain(std::size_t tasks) {
  Edges edges(tasks);
  for (std::size_t task = 1; task < tasks; ++task) edges[task] = {task - 1};
  return edges;
}

std::string graph_refusal(const WorkflowSpec& spec) {
  const auto definition = make_definition(spec);
  return definition ? std::string() : describe(definition.error());
}

// The tasks of "... in a cycle: t3 -> t4 -> t3"; the last one is the first one again.
std::vector<std::string> named_cycle(const std::string& refused) {
  constexpr std::string_view kLead = "in a cycle: ";
  std::vector<std::string> named;
  const std::size_t lead = refused.find(kLead);
  if (lead == std::string::npos) return named;
  std::string rest = refused.substr(lead + kLead.size());
  for (std::size_t arrow = rest.find(" -> "); arrow != std::string::npos; arrow = rest.find(" -> ")) {
    named.push_back(rest.substr(0, arrow));
    rest.erase(0, arrow + 4);
  }
  named.push_back(rest);
  return named;
}

// Each task of the cycle is what the next one depends on.
bool is_real(const std::vector<std::string>& cycle, const Edges& edges) {
  std::map<std::string, std::size_t> tasks;
  for (std::size_t task = 0; task < edges.size(); ++task) tasks[id(task)] = task;
  if (cycle.size() < 3 || cycle.front() != cycle.back()) return false;
  if (std::set(cycle.begin(), cycle.end()).size() != cycle.size() - 1) return false;
  for (std::size_t i = 0; i + 1 < cycle.size(); ++i)
    if (std::ranges::count(edges[tasks.at(cycle[i + 1])], tasks.at(cycle[i])) != 1) return false;
  return true;
}

TEST(Graph, knows_its_edges_both_ways) {
  const DefinitionPtr made = *make_definition(graph({{}, {0}, {0}, {2, 1}}));
  EXPECT_EQ(made->dependency_count(), 4U);
  EXPECT_TRUE(std::ranges::equal(made->dependencies(3), std::vector<TaskIndex>{1, 2}));
  EXPECT_TRUE(std::ranges::equal(made->dependents(0), std::vector<TaskIndex>{1, 2}));
  EXPECT_TRUE(made->dependents(3).empty());
}

TEST(Graph, tasks_may_be_written_before_what_they_depend_on) {
  const DefinitionPtr made = *make_definition(graph({{1}, {2}, {}}));
  EXPECT_EQ(made->topological_order(), (std::vector<TaskIndex>{2, 1, 0}));
}

TEST(Graph, refuses_dependencies_that_make_no_sense) {
  EXPECT_EQ(graph_refusal(graph({{}, {0, 1}})), "tasks.t1.dependencies[1]: task \"t1\" depends on itself");
  EXPECT_EQ(graph_refusal(graph({{}, {0, 0}})), "tasks.t1.dependencies[1]: dependency \"t0\" is listed twice");
  WorkflowSpec spec = graph({{}, {0}});
  spec.tasks[1].dependencies = {"t00"};
  EXPECT_EQ(graph_refusal(spec),
            "tasks.t1.dependencies[0]: depends on the unknown task \"t00\" (did you mean \"t0\"?)");
  // Never the task itself, however close it is.
  spec.tasks[0].dependencies = {"t00"};
  spec.tasks[1].dependencies = {};
  EXPECT_EQ(graph_refusal(spec), "tasks.t0.dependencies[0]: depends on the unknown task \"t00\"");
}

TEST(Graph, names_a_cycle_in_the_order_in_which_its_tasks_would_have_to_run) {
  EXPECT_EQ(graph_refusal(graph({{}, {0, 3}, {1}, {2}, {3}})),
            "tasks.t1.dependencies: the tasks wait for each other in a cycle: t1 -> t2 -> t3 -> t1");
  EXPECT_EQ(graph_refusal(graph({{1}, {0}})),
            "tasks.t0.dependencies: the tasks wait for each other in a cycle: t0 -> t1 -> t0");
}

RC_GTEST_PROP(GraphProperty, a_cycle_is_named_if_and_only_if_there_is_one_and_it_is_real, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(2, 12);
  Edges edges(count);
  for (std::size_t task = 0; task < count; ++task)
    for (std::size_t dependency = 0; dependency < count; ++dependency)
      if (task != dependency && *rc::gen::inRange(0, 6) == 0) edges[task].push_back(dependency);
  // Tasks that depend only on tasks that are gone go, until none does.
  std::set<std::size_t> gone;
  for (bool found = true; found;) {
    found = false;
    for (std::size_t task = 0; task < count; ++task) {
      const bool free = std::ranges::all_of(edges[task], [&](std::size_t d) { return gone.contains(d); });
      if (free && gone.insert(task).second) found = true;
    }
  }
  const std::string refused = graph_refusal(graph(edges));
  RC_ASSERT(refused.empty() == (gone.size() == count));
  if (!refused.empty()) RC_ASSERT(is_real(named_cycle(refused), edges));
}

TEST(Graph, finds_a_very_long_cycle) {
  Edges edges = chain(kLong);
  edges.front() = {kLong - 1};
  const std::string refused = graph_refusal(graph(edges));
  EXPECT_TRUE(refused.starts_with("tasks.t0.dependencies: the tasks wait for each other in a cycle: t0 -> t1 -> t2"));
  EXPECT_TRUE(refused.ends_with("t19 -> ... (99980 more) -> t0")) << refused;
}

TEST(Graph, takes_a_very_long_chain) {
  WorkflowSpec spec = graph(chain(kLong));
  // The last one looks at the first one, all the way back.
  spec.tasks.back().when = "tasks.t0.result";
  const auto made = make_definition(spec);
  ASSERT_TRUE(made) << describe(made.error());
  const std::vector<TaskIndex> order = (*made)->topological_order();
  EXPECT_EQ(order.size(), kLong);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Graph, takes_one_task_that_waits_for_all_others) {
  Edges edges(kLong);
  for (std::size_t task = 0; task + 1 < kLong; ++task) edges.back().push_back(task);
  const auto made = make_definition(graph(edges));
  ASSERT_TRUE(made) << describe(made.error());
  EXPECT_EQ((*made)->dependencies(kLong - 1).size(), kLong - 1);
}

// Each of many expressions looks at a task that is far back: one search each would take as many steps as there are
// pairs.
TEST(Graph, many_references_to_what_is_far_back_do_not_take_for_ever) {
  WorkflowSpec spec = graph(chain(kLong));
  for (std::size_t task = 1; task < kLong; ++task) spec.tasks[task].when = "tasks.t0.result";
  EXPECT_EQ(graph_refusal(spec), "");
}

TEST(Graph, expressions_may_refer_to_what_has_ended_by_then_and_to_nothing_else) {
  // 0 <- 1 <- 2, and 3 beside them.
  const auto refers = [](std::size_t from, std::string_view to) {
    WorkflowSpec spec = graph({{}, {0}, {1}, {}});
    spec.tasks[from].when = fmt::format("tasks.{}.result", to);
    return graph_refusal(spec);
  };
  EXPECT_EQ(refers(1, "t0"), "");
  EXPECT_EQ(refers(2, "t0"), "") << "not directly, but for sure";
  const std::string_view too_early = "which need not have ended by then";
  EXPECT_TRUE(refers(0, "t1").contains(too_early)) << "a task that comes after";
  EXPECT_TRUE(refers(2, "t3").contains(too_early)) << "a task beside";
  EXPECT_EQ(refers(1, "t1"), "tasks.t1.when: refers to its own task \"t1\", which has not ended by then");
  EXPECT_EQ(refers(1, "t9"), "tasks.t1.when: refers to the unknown task \"t9\" (did you mean \"t0\"?)");
}

TEST(Graph, the_output_may_refer_to_every_task_that_exists) {
  WorkflowSpec spec = graph({{}, {0}, {}});
  spec.output = boost::json::object{{"all", boost::json::array{"${{ tasks.t0.result }}", "${{ tasks.t2.result }}"}}};
  EXPECT_EQ(graph_refusal(spec), "");
  spec.output = boost::json::object{{"all", boost::json::array{"${{ tasks.t3.result }}"}}};
  EXPECT_EQ(graph_refusal(spec), "output.all[0]: refers to the unknown task \"t3\" (did you mean \"t0\"?)");
}

}  // namespace
}  // namespace pawl
