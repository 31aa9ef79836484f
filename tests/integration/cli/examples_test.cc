// What users are shown works: every example, as a program and as a definition, gives what its comments promise, and the
// snippets of the documents are the files that are tested here, or at least valid.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pawl/json.h"

#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

const fs::path kSource = PAWL_SOURCE;

// What the C++ example prints, run at the root of the sources as its comments say.
std::string output_of(const std::string& program) {
  const ProcessResult result = run_process({PAWL_EXAMPLES "/" + program}, {.cwd = kSource});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return result.out;
}

// The report of the definition in examples/, run to its end, which has this exit code.
Json report_of(const std::string& definition, const Json& input = boost::json::object(), int exit_code = 0) {
  const ProcessResult result =
      run_process({PAWL_BINARY, "run", "examples/" + definition, "--output", "json", "--input", to_json_text(input)},
                  {.cwd = kSource});
  EXPECT_EQ(result.exit_code, exit_code) << result.out;
  EXPECT_EQ(result.err, "");
  Result<Json> report = parse_json(result.out);
  EXPECT_TRUE(report) << result.out;
  return report ? *std::move(report) : Json(boost::json::object());
}

// The fenced blocks of `language` in a document.
std::vector<std::string> blocks(const fs::path& document, const std::string& language) {
  const std::string text = read_text(document);
  const std::string fence = "\n```" + language + "\n";
  std::vector<std::string> found;
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    const std::size_t end = text.find("\n```", at);
    if (end == std::string::npos) break;
    found.push_back(text.substr(at, end + 1 - at));
    at = end;
  }
  return found;
}

MATCHER_P(PartOf, example, "") { return read_text(kSource / "examples" / example).find(arg) != std::string::npos; }

TEST(Programs, hello) { EXPECT_EQ(output_of("hello"), "{\"greet\":\"Hello, world\"}\n"); }

TEST(Programs, simple_workflow) {
  EXPECT_EQ(output_of("simple_workflow"),
            "measure  completed  [12.5,18.0,21.5]\n"
            "average  completed  17.333333333333332\n"
            "tell     completed  \"3 values, 17.3 on average\"\n");
}

TEST(Programs, parallel_workflow) {
  EXPECT_EQ(output_of("parallel_workflow"), "primes below 4000000: 283146\n16 ranges, at most 4 at once\n");
}

TEST(Programs, data_pipeline) {
  EXPECT_EQ(output_of("data_pipeline"),
            "1461 days, normals from attempt 2; wettest month: 2015-12 with 284.5 mm\n"
            "2012: 1226 mm, 129 % of the usual\n"
            "2013: 828 mm, 87 % of the usual\n"
            "2014: 1233 mm, 129 % of the usual\n"
            "2015: 1139 mm, 120 % of the usual\n");
}

TEST(Programs, saga_transaction) {
  EXPECT_EQ(output_of("saga_transaction"),
            "flight  book    compensated  \"LH 1842\"\n"
            "hotel   book    compensated  \"R-17\"\n"
            "car     book    failed       no car is left\n"
            "hotel   cancel  completed    after 2 attempts\n"
            "flight  cancel  completed    after 1 attempt\n"
            "the trip has failed, and all that was booked is cancelled\n");
}

TEST(Programs, error_handling) {
  EXPECT_EQ(output_of("error_handling"),
            "the circuit breaker is open and holds 1 task\n"
            "payment waits: circuit_open\n"
            "payment completed in attempt 4; the circuit breaker is closed\n"
            "receipt is a dead letter after 1 attempt: no_address\n"
            "receipt completed in attempt 2\n");
}

TEST(Programs, say_what_is_wrong) {
  const ProcessResult result = run_process({PAWL_EXAMPLES "/data_pipeline", "nowhere"}, {.cwd = kSource});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot read nowhere/seattle-weather.csv"));
}

TEST(Definitions, hello) {
  const Json report = report_of("hello.yaml");
  EXPECT_EQ(report.at("output"), (Json{{"characters", 13}}));
  EXPECT_EQ(report.at_pointer("/tasks/shout/result"), "HELLO, WORLD\n");
}

TEST(Definitions, simple_workflow) {
  EXPECT_EQ(report_of("simple_workflow.yaml").at("output"), "3 days, the warmest of 70.7 °F\n");
}

TEST(Definitions, parallel_workflow) {
  const Json report = report_of("parallel_workflow.yaml");
  EXPECT_EQ(report.at("output"), (Json{{"summary", "12 words, 7 different ones\n"},
                                       {"longest", "worst\n"},
                                       {"most_frequent", {{"word", "it"}, {"times", 2}}}}));
  // Four tasks of a second each took less than they would one after the other.
  EXPECT_LT(report.at("duration_ms").to_number<int>(), 4000);
}

TEST(Definitions, saga_transaction) {
  const Json report = report_of("saga_transaction.yaml", boost::json::object(), 1);
  EXPECT_EQ(report.at("state"), "failed");
  EXPECT_EQ(report.at("compensation"), "completed");
  EXPECT_EQ(report.at("tasks_compensated"), 2);
  EXPECT_EQ(report.at_pointer("/compensations/hotel/attempt"), 2);
  EXPECT_EQ(report.at_pointer("/compensations/hotel/result/stdout"), "room R-17 is cancelled\n");
  EXPECT_EQ(report.at_pointer("/compensations/flight/attempt"), 1);
  EXPECT_EQ(report.at_pointer("/compensations/flight/result/stdout"),
            "flight LH 1842 to Rome is cancelled for want of a car\n");
}

TEST(Definitions, saga_transaction_with_a_car) {
  const Json report = report_of("saga_transaction.yaml", {{"cars", 1}});
  EXPECT_EQ(report.at("output"), (Json{{"flight", "LH 1842"}, {"hotel", "R-17"}, {"car", "FIAT-500"}}));
  EXPECT_EQ(report.at("compensation"), "none");
}

// The commands that the comment of an example shows, as a user types them one after the other.
TEST(Definitions, error_handling) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "examples");
  fs::copy(kSource / "examples/error_handling.yaml", folder.path() / "examples");
  folder.write("pawl", "#!/bin/sh\nexec " PAWL_BINARY " \"$@\"\n");
  fs::permissions(folder.path() / "pawl", fs::perms::owner_all);
  std::istringstream lines(read_text(kSource / "examples/error_handling.yaml"));
  std::string script = "PATH=\"$PWD:$PATH\"\n";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("#   ")) script += line.substr(4) + "\n";
  const ProcessResult result = run_process({"sh", "-c", script}, {.cwd = folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("file failed: "), HasSubstr("orders    file  orders"),
                                HasSubstr("output         \"two orders, paid\\n\"")));

  const ProcessResult history =
      run_process({PAWL_BINARY, "history", "orders", "--data-dir", folder.path() / "data", "--output", "json"});
  std::vector<std::string> told;
  std::istringstream events(history.out);
  for (std::string line; std::getline(events, line);) {
    const Json event = *parse_json(line);
    const auto& task = event.at("task");
    if (task == "first" || task == "second")
      told.push_back(std::string(event.at("type").as_string()) + " " + task.as_string().c_str());
  }
  EXPECT_THAT(told,
              ElementsAre("task_started first", "task_retry_scheduled first", "task_retry_due first",
                          "task_started first", "task_retry_scheduled first", "task_retry_due first", "task_held first",
                          "task_held second", "task_released first", "task_started first", "task_completed first",
                          "task_released second", "task_started second", "task_completed second"));
}

class DataPipeline : public ::testing::Test {
 protected:
  [[nodiscard]] std::string query(const std::string& sql) const {
    const ProcessResult result = run_process({"sqlite3", results_ + "/weather.db", sql});
    EXPECT_EQ(result.err, "");
    return result.out;
  }

  TemporaryFolder folder_;
  // A name that a careless shell line would take for two.
  std::string results_ = folder_.path() / "the results";
};

TEST_F(DataPipeline, loads_every_day_and_proves_it) {
  const Json report = report_of("data_pipeline.yaml", {{"results", results_}});
  EXPECT_EQ(report.at("state"), "completed");
  EXPECT_EQ(report.at_pointer("/tasks/extract/result/rows"), 1461);
  EXPECT_EQ(report.at_pointer("/output/rows"), 1461);
  EXPECT_EQ(report.at_pointer("/output/verified"), "the database holds all 1461 days");
  EXPECT_EQ(report.at_pointer("/output/figures/hottest day"), "2014-08-11, 35.6 °C");

  EXPECT_EQ(query("SELECT count(*), min(date), max(date) FROM daily"), "1461|2012-01-01|2015-12-31\n");
  EXPECT_EQ(query("SELECT count(*), sum(days) FROM monthly"), "48|1461\n");
  EXPECT_EQ(query("SELECT count(*) FROM yearly"), "4\n");
  EXPECT_EQ(query("SELECT sum(days) FROM kinds"), "1461\n");
  EXPECT_EQ(query("SELECT count(*) FROM anomalies WHERE normal_mm > 0"), "48\n");
  EXPECT_EQ(query("PRAGMA foreign_key_check"), "");
}

TEST_F(DataPipeline, asks_the_second_mirror_when_the_first_is_down) {
  const Json report = report_of("data_pipeline.yaml", {{"results", results_}});
  EXPECT_EQ(report.at_pointer("/tasks/normals/attempt"), 2);
  EXPECT_EQ(report.at_pointer("/output/normals"), "examples/data/seattle-normals.csv, in attempt 2");
  EXPECT_EQ(report.at_pointer("/tasks/load/attempt"), 1);
}

TEST_F(DataPipeline, draws_a_bar_for_each_month) {
  report_of("data_pipeline.yaml", {{"results", results_}, {"mirrors", {"examples/data"}}});
  boost::property_tree::ptree chart;
  ASSERT_NO_THROW(boost::property_tree::read_xml(results_ + "/chart.svg", chart));
  std::size_t bars = 0;
  for (const auto& [name, element] : chart.get_child("svg"))
    if (name == "rect" && element.get("<xmlattr>.class", "") == "bar") ++bars;
  EXPECT_EQ(bars, 48U);
}

TEST_F(DataPipeline, replaces_what_an_earlier_run_left) {
  const Json input = {{"results", results_}, {"mirrors", {"examples/data"}}};
  report_of("data_pipeline.yaml", input);
  EXPECT_EQ(report_of("data_pipeline.yaml", input).at_pointer("/output/rows"), 1461);
  EXPECT_EQ(query("SELECT count(*) FROM daily"), "1461\n");
}

TEST_F(DataPipeline, stops_at_a_bad_row) {
  std::string weather = read_text(kSource / "examples/data/seattle-weather.csv");
  const std::size_t row = weather.find("\n2013-05-01,");
  weather.erase(row, weather.find('\n', row + 1) - row);
  folder_.write("seattle-weather.csv", weather);
  const Json input = {{"data", folder_.path().string()}, {"results", results_}};
  const ProcessResult result = run_process(
      {PAWL_BINARY, "run", "examples/data_pipeline.yaml", "--input", to_json_text(input)}, {.cwd = kSource});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("not the day after the line before: 2013-05-02"), HasSubstr("failed")));
  EXPECT_FALSE(fs::exists(results_ + "/weather.db"));
}

TEST_F(DataPipeline, fails_if_the_database_lacks_a_day) {
  fs::copy(kSource / "examples/data_pipeline", folder_.path(), fs::copy_options::recursive);
  std::string schema = read_text(folder_.path() / "schema.sql");
  const std::string_view check = "CHECK (wind_m_s >= 0)";
  ASSERT_NE(schema.find(check), std::string::npos);
  folder_.write("schema.sql", schema.replace(schema.find(check), check.size(), "CHECK (wind_m_s < 9.5)"));
  const Json input = {{"scripts", folder_.path().string()}, {"results", results_}, {"mirrors", {"examples/data"}}};
  const ProcessResult result = run_process(
      {PAWL_BINARY, "run", "examples/data_pipeline.yaml", "--input", to_json_text(input)}, {.cwd = kSource});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("the database holds 1460 days, but 1461 were extracted"));
}

TEST(Documents, readme_shows_the_examples_themselves) {
  EXPECT_THAT(blocks(kSource / "README.md", "yaml"), ElementsAre(read_text(kSource / "examples/hello.yaml")));
  EXPECT_THAT(blocks(kSource / "README.md", "cpp"), ElementsAre(read_text(kSource / "examples/hello.cc")));
}

TEST(Documents, show_valid_definitions) {
  const TemporaryFolder folder;
  for (const char* const page : {"docs/guide.md", "docs/failures.md", "docs/durability.md"}) {
    const std::vector<std::string> definitions = blocks(kSource / page, "yaml");
    EXPECT_FALSE(definitions.empty());
    for (const std::string& definition : definitions) {
      const ProcessResult result =
          run_process({PAWL_BINARY, "validate", "--strict", folder.write("snippet.yaml", definition)});
      EXPECT_EQ(result.exit_code, 0) << page << ": " << result.err << definition;
    }
  }
}

TEST(Documents, failures_shows_the_examples_themselves) {
  const fs::path page = kSource / "docs/failures.md";
  EXPECT_THAT(blocks(page, "yaml"), IsSupersetOf({read_text(kSource / "examples/error_handling.yaml"),
                                                  read_text(kSource / "examples/saga_transaction.yaml")}));
  EXPECT_THAT(blocks(page, "cpp"), UnorderedElementsAre(PartOf("error_handling.cc"), PartOf("saga_transaction.cc")));
}

}  // namespace
}  // namespace pawl::testing
