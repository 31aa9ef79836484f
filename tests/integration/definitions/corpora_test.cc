// Real graphs (and generated ones of the same shapes, where those are absent) run to their end: every task exactly
// once, none before what it depends on, at most as many at once as allowed; cyclic ones are refused with a real cycle.
#include "tests/support/corpora.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/graphs.h"
#include "tests/support/probe.h"

namespace pawl::testing {
namespace {

constexpr std::size_t kAtOnce = 3;

// Independent of the code under test: repeatedly takes away the tasks that depend on nothing.
bool is_cyclic(const WorkflowSpec& spec) {
  std::map<std::string, std::set<std::string>> open;
  for (const TaskSpec& task : spec.tasks) open[task.id] = {task.dependencies.begin(), task.dependencies.end()};
  std::map<std::string, std::vector<std::string>> dependents;
  std::vector<std::string> free;
  for (const auto& [id, dependencies] : open) {
    for (const std::string& dependency : dependencies) dependents[dependency].push_back(id);
    if (dependencies.empty()) free.push_back(id);
  }
  std::size_t taken = 0;
  for (; !free.empty(); ++taken) {
    const std::string id = free.back();
    free.pop_back();
    for (const std::string& dependent : dependents[id]) {
      open[dependent].erase(id);
      if (open[dependent].empty()) free.push_back(dependent);
    }
  }
  return taken < spec.tasks.size();
}

// The graphs of the corpora, and generated ones that are always there.
std::vector<Graph> all_graphs() {
  std::vector<Graph> graphs = read_graphs();
  const auto add = [&](WorkflowSpec spec) {
    for (TaskSpec& task : spec.tasks) task.module = "probe", task.function = "run";
    graphs.push_back({.name = spec.name, .spec = spec, .runtimes = {}, .stated_critical_path = {}});
  };
  add(chain(2'000));
  add(fan(1'000));
  add(random_graph(1'000, 2'000, 1));  // like scientific workflows
  add(random_graph(900, 4'100, 2));    // like package dependencies
  add(random_graph(5'000, 5'500, 3));  // like builds
  return graphs;
}

std::set<std::string> descendants_of(const Definition& definition, TaskIndex root) {
  std::set<std::string> found;
  std::vector<TaskIndex> next(1, root);
  while (!next.empty()) {
    const TaskIndex task = next.back();
    next.pop_back();
    for (const TaskIndex dependent : definition.dependents(task))
      if (found.insert(std::string(definition.task_id(dependent))).second) next.push_back(dependent);
  }
  return found;
}

void run_to_the_end(HandlerMode mode) {
  for (const Graph& graph : all_graphs()) {
    if (is_cyclic(graph.spec)) continue;
    Engine engine({.max_concurrent_tasks = kAtOnce});
    Probe probe(engine, mode);
    const DefinitionPtr definition = define(graph.spec);
    probe.watch(*definition);
    const auto id = engine.orchestrator().create_workflow(definition, {});
    ASSERT_TRUE(id) << graph.name;
    ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
    const auto report = engine.orchestrator().wait_workflow(*id);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->status.state, WorkflowState::completed) << graph.name;
    EXPECT_EQ(report->status.tasks_completed, graph.spec.tasks.size()) << graph.name;
    const Probe::Seen seen = probe.seen();
    EXPECT_EQ(seen.runs.size(), graph.spec.tasks.size()) << graph.name;
    EXPECT_TRUE(std::ranges::all_of(seen.runs, [](const auto& run) { return run.second == 1; })) << graph.name;
    EXPECT_TRUE(seen.violations.empty()) << graph.name << ": " << seen.violations.front();
    EXPECT_LE(seen.most_at_once, kAtOnce) << graph.name;
  }
}

TEST(Graphs, run_to_their_end_on_the_task_pool) { run_to_the_end(HandlerMode::blocking); }
TEST(Graphs, run_to_their_end_on_the_shard) { run_to_the_end(HandlerMode::non_blocking); }

// The tasks named in "a cycle: a -> b -> a", each of which must depend on the one before it.
void expect_real_cycle(const Graph& graph, const Error& error) {
  const std::size_t begin = error.message.find("cycle: ");
  ASSERT_NE(begin, std::string::npos) << graph.name << ": " << error.message;
  std::map<std::string, std::set<std::string>> dependencies;
  for (const TaskSpec& task : graph.spec.tasks)
    dependencies[task.id] = {task.dependencies.begin(), task.dependencies.end()};
  std::istringstream words(error.message.substr(begin + 7));
  std::vector<std::string> cycle;
  for (std::string word; words >> word;)
    if (word != "->") cycle.push_back(word);
  ASSERT_GE(cycle.size(), 3U) << error.message;
  EXPECT_EQ(cycle.front(), cycle.back());
  for (std::size_t i = 1; i < cycle.size(); ++i)
    EXPECT_TRUE(dependencies[cycle[i]].contains(cycle[i - 1]))
        << graph.name << ": " << cycle[i - 1] << " -> " << cycle[i];
}

TEST(Graphs, that_are_cyclic_are_refused_with_a_real_cycle) {
  std::vector<Graph> graphs = all_graphs();
  graphs.push_back(
      {.name = "made", .spec = workflow({task("a", {"c"}), task("b", {"a"}), task("c", {"b"}), task("d")})});
  std::size_t refused = 0;
  for (const Graph& graph : graphs) {
    const Result<DefinitionPtr> definition = make_definition(graph.spec);
    ASSERT_EQ(definition.has_value(), !is_cyclic(graph.spec)) << graph.name;
    if (definition) continue;
    ++refused;
    expect_real_cycle(graph, definition.error());
  }
  EXPECT_GE(refused, 1U);
}

TEST(Graphs, stop_exactly_at_the_descendants_of_a_task_that_fails) {
  for (Graph& graph : all_graphs()) {
    if (is_cyclic(graph.spec) || graph.spec.tasks.size() < 20) continue;
    graph.spec.on_failure = OnFailure::continue_;
    Engine engine({.max_concurrent_tasks = 8});
    Probe probe(engine);
    const DefinitionPtr definition = define(graph.spec);
    const TaskIndex chosen = definition->task_count() / 3;
    probe.fail(std::string(definition->task_id(chosen)));
    probe.watch(*definition);
    const auto id = engine.orchestrator().create_workflow(definition, {});
    ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
    const auto report = engine.orchestrator().wait_workflow(*id);
    EXPECT_EQ(report->status.state, WorkflowState::failed) << graph.name;
    const std::set<std::string> descendants = descendants_of(*definition, chosen);
    for (TaskIndex task = 0; task < definition->task_count(); ++task) {
      const std::string task_id(definition->task_id(task));
      const TaskState expected = task == chosen                  ? TaskState::failed
                                 : descendants.contains(task_id) ? TaskState::skipped
                                                                 : TaskState::completed;
      ASSERT_EQ(report->tasks[task].state, expected) << graph.name << " " << task_id;
      ASSERT_EQ(probe.seen().runs.contains(task_id), expected != TaskState::skipped);
    }
  }
}

double critical_path(const Definition& definition, const std::vector<double>& runtimes) {
  std::vector<double> length(definition.task_count());
  for (const TaskIndex task : definition.topological_order()) {
    for (const TaskIndex dependency : definition.dependencies(task))
      length[task] = std::max(length[task], length[dependency]);
    length[task] += runtimes[task];
  }
  return *std::ranges::max_element(length);
}

// Each task sleeps as many milliseconds as the graph states seconds; with room for all, the whole takes at least its
// stated critical path (timers are never early), and the path that is found is the stated one.
TEST(Graphs, of_the_standard_task_graph_set_have_the_stated_critical_path) {
  std::size_t checked = 0;
  for (Graph& graph : read_graphs()) {
    if (!graph.stated_critical_path) continue;
    ++checked;
    for (std::size_t i = 0; i < graph.spec.tasks.size(); ++i) {
      graph.spec.tasks[i].module = "test";
      graph.spec.tasks[i].function = "sleep";
      graph.spec.tasks[i].args = boost::json::array{static_cast<std::int64_t>(graph.runtimes[i])};
    }
    const DefinitionPtr definition = define(graph.spec);
    EXPECT_EQ(critical_path(*definition, graph.runtimes), *graph.stated_critical_path) << graph.name;
    Engine engine({.max_concurrent_tasks = 1000});
    const auto id = engine.orchestrator().create_workflow(definition, {});
    ASSERT_TRUE(engine.orchestrator().execute_workflow(*id));
    const auto report = engine.orchestrator().wait_workflow(*id);
    EXPECT_EQ(report->status.state, WorkflowState::completed);
    EXPECT_GE(*report->status.completed_at - *report->status.started_at,
              std::chrono::milliseconds(static_cast<int>(*graph.stated_critical_path)));
  }
  if (checked == 0) GTEST_SKIP() << "the corpora are not here: " << corpora();
  EXPECT_EQ(checked, 3U);
}

TEST(Corpora, are_here) {
  if (read_graphs().empty()) GTEST_SKIP() << "the corpora are not here: " << corpora();
  EXPECT_GT(read_graphs().size(), 300U);
}

}  // namespace
}  // namespace pawl::testing
