// A real process under load is killed with SIGKILL at random moments. What it had told before must be true afterwards:
// this test notes every line, and asks the data directory after each kill. In the end every workflow ends.
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "pawl/engine.h"

#include "tests/support/running_program.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

// So many kills take some ten seconds; PAWL_CRASH_ROUNDS=1000 for a long run.
int rounds() {
#ifdef PAWL_SANITIZED
  constexpr int kRounds = 10;  // a sanitizer makes each ten times as long
#else
  constexpr int kRounds = 100;
#endif
  const char* const asked = std::getenv("PAWL_CRASH_ROUNDS");
  return asked == nullptr ? kRounds : std::atoi(asked);
}

// All that the program ever said.
class Oracle {
 public:
  // The last line may have been cut off by the kill.
  void note(const std::string& text) {
    std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
    for (std::string what, id, more; lines >> what >> id;) {
      if (what == "started") {
        open_.insert(id);
        continue;
      }
      lines >> more;
      if (what == "completed") completed_.insert({id, more});
      if (what == "ended") ended_[id] = more;
    }
  }

  // Every one of them is so in the data directory. What has ended and was found so stays out of the next round.
  void check(Engine& engine) {
    for (auto id = open_.begin(); id != open_.end();) {
      const Result<WorkflowReport> report = engine.orchestrator().get_workflow(*id);
      ASSERT_TRUE(report) << describe(report.error());
      check(*report);
      id = is_terminal(report->status.state) ? open_.erase(id) : std::next(id);
    }
  }

  // What has been done since it was asked last; to be asked before what was said meanwhile is noted. No task that was
  // known to be complete by then is done again.
  void check_effects(const std::string& file) {
    std::ifstream lines(file);
    lines.seekg(effects_seen_);
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
      effects_seen_ += static_cast<std::streamoff>(line.size() + 1);
      const std::size_t space = line.find(' ');
      EXPECT_FALSE(completed_.contains({line.substr(0, space), line.substr(space + 1)}))
          << line << " ran again after it was complete";
    }
  }

  [[nodiscard]] std::size_t size() const { return completed_.size() + ended_.size(); }

 private:
  void check(const WorkflowReport& report) {
    const std::string& id = report.status.id;
    for (TaskIndex task = 0; task < report.tasks.size(); ++task)
      if (completed_.contains({id, std::string(report.definition->task_id(task))})) {
        EXPECT_EQ(report.tasks[task].state, TaskState::completed) << id << " task " << task;
      }
    if (const auto ended = ended_.find(id); ended != ended_.end()) {
      EXPECT_EQ(ended->second, "workflow_" + std::string(to_string(report.status.state))) << id;
    }
  }

  std::set<std::string> open_;
  std::set<std::pair<std::string, std::string>> completed_;
  std::map<std::string, std::string> ended_;
  std::streamoff effects_seen_ = 0;  // bytes
};

TEST(Crash, loses_nothing_that_it_has_told) {
  const TemporaryFolder folder;
  const std::string data = folder.path() / "data";
  const std::string effects = folder.path() / "effects";
  const auto seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  Oracle oracle;
  for (int round = 0; round < rounds() && !HasFatalFailure(); ++round) {
    RunningProgram program({PAWL_CRASH_LOAD, data, effects, "r" + std::to_string(round)});
    // Some time between its first word and long after.
    for (auto lines = random() % 1000; lines > 0; --lines) ASSERT_TRUE(program.wait_for("\n")) << program.end().err;
    program.signal(SIGKILL);
    const ProcessResult result = program.end();
    ASSERT_EQ(result.signal, SIGKILL) << result.err;
    oracle.check_effects(effects);
    oracle.note(result.out);
    const auto engine = Engine::open({.data_dir = data, .standby = true});
    ASSERT_TRUE(engine) << describe(engine.error());
    oracle.check(**engine);
  }
  RunningProgram last({PAWL_CRASH_LOAD, data, effects});
  const ProcessResult result = last.end();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  oracle.check_effects(effects);
  oracle.note(result.out);
  const auto engine = Engine::open({.data_dir = data, .standby = true});
  ASSERT_TRUE(engine);
  oracle.check(**engine);
  EXPECT_GT(oracle.size(), 100U);
  const auto all = (*engine)->orchestrator().list_workflows({.limit = 1'000'000});
  ASSERT_TRUE(all);
  for (const WorkflowStatus& status : *all) EXPECT_EQ(status.state, WorkflowState::completed) << status.id;
}

}  // namespace
}  // namespace pawl::testing
