// What the crash test kills: an engine on a data directory, under load, that says on standard output what it has been
// told, a line each:
//
//   started ID       the start was acknowledged
//   completed ID T   the completion of a task was told
//   ended ID STATE   the end of a workflow was told
//
// crash_load DIR EFFECTS PREFIX: keeps 100 workflows going until it is killed: those that it finds, and then
// PREFIX-0, PREFIX-1, ...
// crash_load DIR EFFECTS: starts nothing, ends when no workflow lives any more.
// Each attempt of a task that does something appends "ID T" to the file EFFECTS.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "pawl/engine.h"

namespace {

constexpr std::size_t kInFlight = 100;

void say(const std::string& line) {
  // At once, so that what was said before a kill is what was known then.
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

pawl::TaskSpec task(std::string id, std::string module, std::string function, std::vector<std::string> dependencies) {
  pawl::TaskSpec made;
  made.id = std::move(id);
  made.module = std::move(module);
  made.function = std::move(function);
  made.dependencies = std::move(dependencies);
  return made;
}

pawl::DefinitionPtr definition() {
  pawl::WorkflowSpec spec{.name = "crash"};
  spec.tasks = {
      task("first", "crash", "effect", {}),      task("left", "crash", "effect", {"first"}),
      task("noop", "test", "noop", {"first"}),   task("sleep", "timer", "sleep", {"first"}),
      task("flaky", "test", "flaky", {"first"}), task("last", "crash", "effect", {"left", "noop", "sleep", "flaky"})};
  spec.tasks[3].args = boost::json::array{2};
  spec.tasks[4].args = boost::json::array{1};
  spec.tasks[4].retry_policy = pawl::RetryPolicy{.max_attempts = 5, .base_delay = std::chrono::milliseconds(1)};
  return *pawl::make_definition(spec);
}

struct Load {
  pawl::Engine& engine;
  pawl::DefinitionPtr definition;
  std::string prefix;
  std::atomic<int> next{0};

  void start() {
    engine.orchestrator().start_workflow(definition, {.id = fmt::format("{}-{}", prefix, next++)},
                                         [](const pawl::Result<std::string>& id) {
                                           if (id) say(fmt::format("started {}\n", *id));
                                         });
  }
};

std::size_t count_live(pawl::Engine& engine) {
  std::size_t live = 0;
  for (const auto state : {pawl::WorkflowState::pending, pawl::WorkflowState::running, pawl::WorkflowState::paused})
    live += engine.orchestrator().list_workflows({.state = state, .limit = kInFlight}).value().size();
  return live;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  auto engine = pawl::Engine::open({.data_dir = argv[1], .max_crashes = 15});
  if (!engine) {
    fmt::print(stderr, "{}\n", pawl::describe(engine.error()));
    return 1;
  }
  const int effects = ::open(argv[2], O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
  const auto effect = [effects](pawl::TaskContext& context) -> pawl::TaskResult {
    const std::string line = fmt::format("{} {}\n", context.workflow_id(), context.task_id());
    if (::write(effects, line.data(), line.size()) < 0) return std::unexpected(pawl::TaskError("io", "no effect"));
    return nullptr;
  };
  Load load{.engine = **engine, .definition = definition(), .prefix = argc > 3 ? argv[3] : ""};
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t ended = 0;
  const auto told = [&](const pawl::WorkflowEvent& event) {
    if (event.type == "task_completed") return say(fmt::format("completed {} {}\n", event.workflow, event.task));
    say(fmt::format("ended {} {}\n", event.workflow, event.type));
    if (!load.prefix.empty()) load.start();
    const std::lock_guard lock(mutex);
    ++ended;
    changed.notify_all();
  };
  (void)(*engine)->monitor().subscribe(
      told, {"task_completed", "workflow_completed", "workflow_failed", "workflow_cancelled"});
  (void)(*engine)->handlers().add("crash", "effect", effect);
  if (!load.prefix.empty())
    for (std::size_t live = count_live(**engine); live < kInFlight; ++live) load.start();
  std::unique_lock lock(mutex);
  for (;;) {
    const std::uint64_t seen = ended;
    lock.unlock();  // the callback must not wait for one who waits for the engine
    if (load.prefix.empty() && count_live(**engine) == 0) return 0;
    lock.lock();
    changed.wait(lock, [&] { return ended != seen; });
  }
}
