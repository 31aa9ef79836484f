// The library used in ways that it is not meant for: each is refused with a code, and nothing else comes to harm.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pawl/engine.h"

#include "tests/support/engine.h"
#include "tests/support/running_program.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Misuse, of_null_definitions_and_empty_functions_is_refused) {
  Engine engine;
  Orchestrator& o = engine.orchestrator();
  EXPECT_EQ(o.create_workflow(DefinitionPtr()).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(o.start_workflow(DefinitionPtr()).error().field, "definition");
  ErrorCode told{};
  o.start_workflow(DefinitionPtr(), {}, [&](const Result<std::string>& id) { told = id.error().code; });
  EXPECT_EQ(told, ErrorCode::invalid_argument);
  o.start_workflow(DefinitionPtr(), {}, nullptr);
  EXPECT_EQ(engine.monitor().subscribe(nullptr).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(engine.handlers().add("user", "empty", nullptr).error().code, ErrorCode::invalid_argument);
  // Nobody wants to be told: it is started all the same.
  o.start_workflow(define({task("a")}), {.id = "w"}, nullptr);
  EXPECT_EQ(o.wait_workflow("w").value().status.state, WorkflowState::completed);
}

TEST(Misuse, of_empty_ids_is_refused) {
  const TemporaryFolder folder;
  Engine engine({.data_dir = folder.path() / "data"});
  Orchestrator& o = engine.orchestrator();
  Persistence& p = engine.persistence();
  const ErrorCode bad = ErrorCode::invalid_argument;
  EXPECT_EQ(o.execute_workflow("").error().code, bad);
  EXPECT_EQ(o.get_workflow("").error().code, bad);
  EXPECT_EQ(o.get_workflow_status("").error().code, bad);
  EXPECT_EQ(o.get_history("").error().code, bad);
  EXPECT_EQ(o.wait_workflow("").error().code, bad);
  EXPECT_EQ(o.explain_workflow("").error().code, bad);
  EXPECT_EQ(o.fork_workflow("", {.event = 1}).error().code, bad);
  EXPECT_EQ(o.delete_workflow("").error().code, bad);
  EXPECT_EQ(p.load_workflow("").error().code, bad);
  EXPECT_EQ(p.list_snapshots("").error().code, bad);
  EXPECT_EQ(p.backup("").error().code, bad);
}

TEST(Misuse, of_durations_is_cut_or_refused) {
  Gate gate;
  Engine engine;
  Orchestrator& o = engine.orchestrator();
  (void)engine.handlers().add("user", "deaf", gate.handler());
  const auto id = o.start_workflow(define({user_task("a", "deaf")}));
  gate.started.get_future().wait();
  EXPECT_EQ(o.cancel_workflow(*id, {.grace = -1ms}).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(o.cancel_workflow(*id, {.grace = Duration::max()}));
  EXPECT_EQ(o.get_workflow_status(*id).value().phase, Phase::cancelling);
  gate.released.set_value();
  EXPECT_EQ(o.wait_workflow(*id).value().status.state, WorkflowState::cancelled);

  (void)engine.handlers().add("user", "later", [](TaskContext&) -> TaskResult {
    TaskError later("busy", "try in a while");
    later.retry_after = Duration::max();
    return std::unexpected(later);
  });
  TaskSpec retried = user_task("a", "later");
  retried.retry_policy = RetryPolicy{.max_attempts = 3};
  const auto waits = o.start_workflow(define({retried}));
  while (o.explain_workflow(*waits).value().back().code != "retry_due") std::this_thread::yield();
  EXPECT_EQ(o.get_workflow(*waits).value().tasks[0].attempt, 1U);
}

TEST(Misuse, of_options_is_refused_by_name) {
  const std::pair<Options, const char*> bad[] = {{{.shards = 1'000'000'000}, "shards"},
                                                 {{.max_concurrent_tasks = 1'000'000'000}, "max_concurrent_tasks"},
                                                 {{.cancel_grace = -1ms}, "cancel_grace"},
                                                 {{.cancel_grace = Duration::max()}, "cancel_grace"},
                                                 {{.sync_delay = -1ms}, "sync_delay"},
                                                 {{.max_crashes = 16}, "max_crashes"},
                                                 {{.retention = {.failed = Duration::min()}}, "retention.failed"},
                                                 {{.standby = true}, "standby"}};
  for (const auto& [options, field] : bad) {
    const auto engine = Engine::open(options);
    ASSERT_FALSE(engine) << field;
    EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(engine.error().field, field);
  }
  Engine engine;
  EXPECT_EQ(engine.persistence().enable({.data_dir = "x", .sync_delay = Duration::max()}).error().field, "sync_delay");
  EXPECT_EQ(engine.persistence().enable({}).error().field, "data_dir");
}

// The constructor throws nothing and ends nothing: what it could not do is the answer to whatever is asked.
TEST(Misuse, of_a_bad_directory_makes_an_engine_that_says_so) {
  const TemporaryFolder folder;
  const std::string file = folder.path() / "file";
  std::ofstream(file) << "not a directory";
  Engine engine({.data_dir = file});
  const Result<void> started = engine.started();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("file"));
  const auto id = engine.orchestrator().create_workflow(define({task("a")}));
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, started.error().code);
  EXPECT_EQ(id.error().message, started.error().message);
  EXPECT_EQ(engine.policy().define_policy("p", RetryPolicy{}).error().message, started.error().message);
  EXPECT_EQ(engine.persistence().enable({.data_dir = "x"}).error().message, started.error().message);
  EXPECT_THAT(engine.orchestrator().metrics().problem, HasSubstr("file"));
  EXPECT_TRUE(engine.stop());
  Engine out_of_range({.shards = 1000});
  EXPECT_EQ(out_of_range.started().error().field, "shards");
}

// Numbers that are none of an enumeration's.
TEST(Misuse, of_enumerations_is_refused) {
  Engine engine;
  Orchestrator& o = engine.orchestrator();
  const auto field = [](const auto& result) { return result ? std::string("none") : result.error().field; };
  constexpr int kNone = 77;
  EXPECT_EQ(field(o.list_workflows({.state = static_cast<WorkflowState>(kNone)})), "state");
  EXPECT_EQ(field(o.start_workflow(define({task("a")}), {.priority = static_cast<Priority>(kNone)})), "priority");
  EXPECT_EQ(field(o.start_workflow(define({task("a")}), {.id = "w", .if_exists = static_cast<IfExists>(kNone)})),
            "if_exists");
  WorkflowSpec spec{.name = "n", .tasks = {task("a")}};
  spec.priority = static_cast<Priority>(kNone);
  EXPECT_EQ(field(make_definition(spec)), "priority");
  TaskSpec odd = task("a");
  odd.retry_policy = RetryPolicy{.backoff = static_cast<Backoff>(kNone)};
  EXPECT_EQ(field(make_definition({.name = "n", .tasks = {odd}})), "tasks.a.retry_policy.backoff");
  EXPECT_EQ(field(engine.handlers().add("m", "f", [](TaskContext&) { return TaskResult(); },
                                        {.mode = static_cast<HandlerMode>(kNone)})),
            "mode");
}

// In a child made by fork() every call returns, and its end leaves the parent's store alone.
TEST(Misuse, after_fork_is_refused) {
  const TemporaryFolder folder;
  auto engine = std::make_unique<Engine>(Options{.data_dir = folder.path() / "data"});
  Orchestrator& o = engine->orchestrator();
  ASSERT_TRUE(o.create_workflow(define({task("a")}), {.id = "w"}));
  const DefinitionPtr definition = define({task("a")});
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);  // a call that hangs ends this child with a signal
    const ErrorCode refused = ErrorCode::unavailable;
    bool ok = o.execute_workflow("w").error().code == refused && o.wait_workflow("w").error().code == refused &&
              o.start_workflow(definition).error().code == refused && !o.metrics().healthy &&
              o.list_workflows().error().code == refused && o.list_executors().empty();
    ok &= engine->monitor().subscribe([](const WorkflowEvent&) {}).error().code == refused;
    ok &= engine->policy().define_policy("p", RetryPolicy{}).error().code == refused;
    ok &= engine->handlers().add("m", "f", [](TaskContext&) { return TaskResult(); }).error().code == refused;
    ok &= o.explain_workflow("w").error().code == refused && o.delete_workflow("w").error().code == refused;
    ok &= engine->persistence().delete_workflow("w").error().code == refused &&
          engine->persistence().list_workflows().error().code == refused &&
          engine->persistence().check_store().error().code == refused;
    ok &= engine->persistence().disable().error().code == refused && !engine->persistence().is_persistent();
    ok &= engine->stop().error().message.find("process " + std::to_string(::getppid())) != std::string::npos;
    engine.reset();
    ::_exit(ok ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(o.execute_workflow("w"));
  EXPECT_EQ(o.wait_workflow("w").value().status.state, WorkflowState::completed);
}

// In a process that has had no engine, whose children would lack its threads.
TEST(Misuse, without_threads_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "becomes another user: needs root";
  RunningProgram child({std::filesystem::read_symlink("/proc/self/exe").string(), "--gtest_also_run_disabled_tests",
                        "--gtest_filter=DISABLED_Misuse.without_threads"},
                       {.cwd = std::filesystem::current_path().string(), .terminal = {}});
  const ProcessResult ended = child.end();
  EXPECT_EQ(ended.exit_code, 0) << ended.out;
}

// As many threads as a user may have, one by one more: an engine opens or is refused.
TEST(DISABLED_Misuse, without_threads) {
  constexpr uid_t kNobody = 65534;
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  bool opened = false;
  for (rlim_t threads = 1; threads <= 64 && !opened; ++threads) {
    const std::string data = folder.path() / std::to_string(threads);
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit limit{.rlim_cur = threads, .rlim_max = threads};
      if (::setuid(kNobody) != 0 || ::setrlimit(RLIMIT_NPROC, &limit) != 0) ::_exit(3);
      const auto engine = Engine::open({.data_dir = data});
      ::_exit(engine ? 0 : engine.error().code == ErrorCode::unavailable ? 1 : 2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status) << " with " << threads << " threads";
    ASSERT_LE(WEXITSTATUS(status), 1) << threads;
    opened = WEXITSTATUS(status) == 0;
  }
  EXPECT_TRUE(opened);
}

TEST(Misuse, of_a_started_callback_that_throws_is_logged) {
  Engine engine;
  Orchestrator& o = engine.orchestrator();
  std::promise<void> told;
  o.start_workflow(define({task("a")}), {.id = "w"}, [&](const Result<std::string>&) {
    told.set_value();
    throw std::runtime_error("put in by the test");
  });
  told.get_future().wait();
  EXPECT_EQ(o.wait_workflow("w").value().status.state, WorkflowState::completed);
  o.start_workflow(DefinitionPtr(), {}, [](const Result<std::string>&) { throw 42; });
  EXPECT_TRUE(o.metrics().healthy);
}

TEST(Misuse, of_a_subscriber_that_throws_is_logged) {
  Engine engine;
  std::atomic<int> thrown{0};
  ASSERT_TRUE(engine.monitor().subscribe([&](const WorkflowEvent&) {
    ++thrown;
    throw std::runtime_error("put in by the test");
  }));
  (void)engine.handlers().add("user", "talks", [](TaskContext& task) -> TaskResult {
    task.log("a line");
    return nullptr;
  });
  EXPECT_EQ(run(engine, define({user_task("a", "talks")})).status.state, WorkflowState::completed);
  EXPECT_GE(thrown, 4);
  EXPECT_TRUE(engine.orchestrator().metrics().healthy);
}

// A callback that leaves, on the shard's own thread, and one that starts workflows.
TEST(Misuse, of_unsubscribe_inside_a_callback_is_none) {
  Engine engine;
  std::atomic<int> calls{0};
  std::promise<Result<SubscriptionId>> subscribed;
  const auto id = engine.monitor().subscribe(
      [&, id = subscribed.get_future().share()](const WorkflowEvent&) {
        ++calls;
        EXPECT_TRUE(engine.monitor().unsubscribe(*id.get()));
      },
      {"workflow_created"});
  subscribed.set_value(id);
  run(engine, define({task("a")}));
  run(engine, define({task("a")}));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace pawl::testing
