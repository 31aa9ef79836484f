// The rows of the events are complete, and the only place that says how kinds of events differ.
#include "model/event_rows.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/random_events_test.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string_view> names_where(bool EventRow::* column) {
  std::vector<std::string_view> names;
  for (const EventRow& row : kEventRows)
    if (row.*column) names.push_back(row.name);
  return names;
}

TEST(EventRows, share_no_name_and_no_place_where_they_are_stored) {
  std::set<std::string_view> names;
  std::set<std::uint32_t> fields;
  for (const EventRow& row : kEventRows) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GT(row.stored, 1U) << row.name;  // the first one is the time
    EXPECT_TRUE(fields.insert(row.stored).second) << row.name;
    EXPECT_TRUE(row.stored_before == 0 || fields.insert(row.stored_before).second) << row.name;
    EXPECT_TRUE(row.compensation.empty() || names.insert(row.compensation).second) << row.name;
  }
}

// Each of these has been thought through: after a crash that took it away, it is decided anew, and nothing that has
// been done meanwhile counts twice (decision 5). What else is to be released early needs the same.
TEST(EventRows, let_only_these_ride_along) {
  EXPECT_THAT(names_where(&EventRow::rides_along),
              ElementsAre("task_started", "task_retry_due", "task_held", "task_released"));
}

// The store removes what lists say of an ended workflow only for these.
TEST(EventRows, say_after_which_an_ended_workflow_may_live) {
  EXPECT_THAT(names_where(&EventRow::may_revive),
              ElementsAre("workflow_restored", "workflow_revived", "workflow_compensating"));
}

TEST(EventRows, have_names_that_are_documented) {
  const std::string header = read(PAWL_SOURCE "/include/pawl/monitor.h");
  const std::string reference = read(PAWL_SOURCE "/docs/reference/report.md");
  for (const EventRow& row : kEventRows) {
    EXPECT_THAT(header, HasSubstr(std::string(row.name)));
    EXPECT_THAT(reference, HasSubstr("`" + std::string(row.name) + "`"));
    EXPECT_THAT(header, HasSubstr(std::string(row.compensation)));
  }
}

// Code outside of core and model makes events, and otherwise asks their rows: what names a kind there to treat it in
// its own way would have to be found and edited for each new kind. Tests and the simulator's checker, which is an
// oracle, do not depend on rows.
TEST(EventRows, are_the_only_list_of_kinds) {
  const std::regex named(R"(\bevent::[A-Z]\w*\b(?!\{))");
  std::vector<std::string> found;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(PAWL_SOURCE "/src")) {
    const std::string path = fs::relative(entry.path(), PAWL_SOURCE "/src");
    if (path.starts_with("core/") || path.starts_with("model/") || path.find("_test.") != std::string::npos) continue;
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    ++files;
    std::istringstream lines(read(entry.path()));
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (std::regex_search(line, named)) found.push_back(path + ":" + std::to_string(number) + ": " + line);
    }
  }
  EXPECT_GT(files, 100U);
  EXPECT_THAT(found, IsEmpty());
}

TEST(Events, can_be_asked_for_what_several_kinds_have) {
  RandomEvents random(3);
  const auto retry = random.next<event::TaskRetryScheduled>();
  EXPECT_EQ(time_of(retry), retry.at);
  EXPECT_EQ(action_of(retry), retry.action);
  EXPECT_EQ(policy_version_of(retry), retry.policy_version);
  EXPECT_EQ(started_action(retry), std::nullopt);
  EXPECT_EQ(facts_in(retry), nullptr);
  EXPECT_FALSE(is_creation(retry));
  const auto started = random.next<event::TaskStarted>();
  EXPECT_EQ(started_action(started), started.action);
  const auto created = random.next<event::WorkflowCreated>();
  EXPECT_EQ(facts_in(created), created.facts);
  EXPECT_EQ(action_of(created), std::nullopt);
  EXPECT_TRUE(is_creation(created));
  EXPECT_EQ(name_of(created), "workflow_created");
  EXPECT_TRUE(contains(kinds_where(&EventRow::rides_along), started));
  EXPECT_FALSE(contains(kinds_where(&EventRow::rides_along), created));
}

}  // namespace
}  // namespace pawl
