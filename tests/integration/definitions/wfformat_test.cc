// Real executions of real workflows, through the real binary: imported, run, and judged by what the report says. Each
// task ran once, none before its parents had ended, and never more than may run at once. Skipped where the folder with
// the traces is absent.
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time.h"
#include "tests/support/cli_test.h"
#include "tests/support/corpora.h"

namespace pawl::testing {
namespace {

struct Span {
  Timestamp started;
  Timestamp completed;
};

Timestamp time_of(const Json& task, const char* member) {
  const Result<Timestamp> time = parse_time(std::string_view(task.at(member).as_string()));
  EXPECT_TRUE(time.has_value());
  return time.value_or(Timestamp());
}

// Times are cut to milliseconds, so both of a pair that is in order may read the same, but never the other way round.
std::map<std::string, Span> spans_of(const Json& report) {
  std::map<std::string, Span> spans;
  for (const auto& task : report.at("tasks").as_object()) {
    EXPECT_EQ(task.value().at("state"), "completed") << task.key();
    EXPECT_EQ(task.value().at("attempt"), 1) << task.key();
    spans[std::string(task.key())] = {.started = time_of(task.value(), "started_at"),
                                      .completed = time_of(task.value(), "completed_at")};
  }
  return spans;
}

// Those that certainly overlap: where one ends in the millisecond in which another starts, the end comes first.
std::size_t most_at_once(const std::map<std::string, Span>& spans) {
  std::vector<std::pair<Timestamp, int>> changes;  // sorted, an end (-1) stands before a start (1)
  for (const auto& [id, span] : spans) {
    if (span.started == span.completed) continue;
    changes.emplace_back(span.started, 1);
    changes.emplace_back(span.completed, -1);
  }
  std::ranges::sort(changes);
  int running = 0;
  int most = 0;
  for (const auto& [at, change] : changes) most = std::max(most, running += change);
  return static_cast<std::size_t>(most);
}

class WfFormat : public CliTest {
 protected:
  void expect_right(const std::filesystem::path& file, const std::string& handlers, std::size_t concurrency) {
    SCOPED_TRACE(file.filename().string() + " as " + handlers);
    const Json trace = *parse_json(read_file(file));
    const Json& tasks = trace.at("workflow").at("specification").at("tasks");
    const ProcessResult yaml =
        pawl({"import", "wfformat", file, "--time-scale", scale_for(trace), "--handlers", handlers});
    ASSERT_EQ(yaml.exit_code, 0) << yaml.err;
    const ProcessResult result =
        pawl({"run", flow(yaml.out), "--concurrency", std::to_string(concurrency), "--output", "json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto spans = spans_of(report_of(result));
    EXPECT_EQ(spans.size(), tasks.as_array().size());
    for (const Json& task : tasks.as_array())
      for (const Json& parent : task.at("parents").as_array())
        EXPECT_LE(spans.at(std::string(parent.as_string())).completed,
                  spans.at(std::string(task.at("id").as_string())).started)
            << parent << " -> " << task.at("id");
    EXPECT_LE(most_at_once(spans), concurrency);
    EXPECT_GT(most_at_once(spans), 1U) << "nothing overlapped, so nothing was proved";
  }

 private:
  // All tasks together sleep so long that it can be seen, and be waited for.
  static std::string scale_for(const Json& trace) {
    constexpr double kSeconds = 2;
    double total = 0;
    for (const Json& task : trace.at("workflow").at("execution").at("tasks").as_array())
      total += task.at("runtimeInSeconds").to_number<double>();
    return fmt::format("{:.9f}", kSeconds / std::max(total, 1.0));
  }
};

TEST_F(WfFormat, real_traces_run_in_their_order_and_within_the_limit) {
  if (!std::filesystem::is_directory(corpora() / "wfformat")) GTEST_SKIP() << "no traces in " << corpora();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpora() / "wfformat")) {
    if (entry.path().extension() != ".json") continue;
    expect_right(entry.path(), "test", 8);
    expect_right(entry.path(), "exec", 8);
    ++files;
  }
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace pawl::testing
