// `pawl bench`: one line of figures, each of the documented shape and none of them nonsense. How large they are decides
// nothing here.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/cli_test.h"

namespace pawl::testing {
namespace {

using ::testing::ElementsAre;

class CliBench : public CliTest {
 protected:
  Json figures(const std::string& name, std::vector<std::string> options) const {
    options.insert(options.begin(), {"bench", name, "--output", "json"});
    const ProcessResult result = pawl(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out.find('\n'), result.out.size() - 1) << "one line";
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "nothing is left behind";
    return report_of(result);
  }

  static std::vector<std::string> keys_of(const Json& object) {
    std::vector<std::string> keys;
    for (const auto& member : object.as_object()) keys.emplace_back(member.key());
    return keys;
  }
};

TEST_F(CliBench, tells_how_fast_workflows_go_through) {
  for (const std::string store : {"rocksdb", "memory"}) {
    const Json figures = this->figures("chain3", {"--store", store, "--in-flight", "100", "--seconds", "1"});
    EXPECT_THAT(keys_of(figures),
                ElementsAre("bench", "store", "durability", "in_flight", "seconds", "workflows_per_s", "tasks_per_s",
                            "p50_ms", "p99_ms", "rss_mb", "cpu_us", "cpu_cores", "limits"));
    EXPECT_EQ(std::string(figures.at("store").as_string()), store);
    EXPECT_EQ(figures.at("durability"), store == "memory" ? "none" : "synced");
    EXPECT_GT(figures.at("workflows_per_s").to_number<double>(), 0);
    EXPECT_GE(figures.at("p99_ms").to_number<double>(), figures.at("p50_ms").to_number<double>());
    EXPECT_THAT(keys_of(figures.at("limits")), ElementsAre("fdatasync_per_s", "rocksdb_rows_per_s"));
  }
}

TEST_F(CliBench, tells_what_waiting_workflows_cost_and_how_soon_they_are_back) {
  const Json idle = figures("idle", {"--workflows", "1000", "--seconds", "1"});
  EXPECT_EQ(idle.at("bytes_written"), 0) << "who waits writes nothing";
  const Json recovery = figures("recovery", {"--workflows", "1000"});
  EXPECT_EQ(recovery.at("workflows"), 1000);
}

TEST_F(CliBench, refuses_a_folder_that_is_not_there) {
  const ProcessResult result = pawl({"bench", "latency", "--folder", "/proc/none"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, ::testing::HasSubstr("cannot make a folder in \"/proc/none\""));
}

}  // namespace
}  // namespace pawl::testing
