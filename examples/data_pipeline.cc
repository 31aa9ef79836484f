// A data pipeline whose tasks are C++ functions; examples/data_pipeline.yaml is its larger brother.
//
//   extract (every row of the CSV is checked) -> monthly, yearly -> report
//   normals (fails, is tried again)           ------------------> report
//
// To learn here: a handler that fails with a code of its own, and the retry policy that names this code; what
// `attempt()` is for; results that are large (here 1,461 rows) pass from task to task; progress that is reported.
//
//   data_pipeline [FOLDER]      FOLDER has the data; without it, examples/data
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "pawl/engine.h"

namespace {

// The lines of a CSV file without its header, each with exactly `columns` fields. No quotes: our data has none.
pawl::TaskResult read_csv(std::string path, std::size_t columns) {
  std::ifstream in(path);
  if (!in) return pawl::error("unreachable", "cannot read " + path);
  boost::json::array rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    boost::json::array row;
    for (std::string field; std::getline(fields, field, ',');) row.emplace_back(field);
    if (row.size() != columns) {
      path += ": line " + std::to_string(rows.size() + 2) + " has not the right number of fields";
      return pawl::error("bad_row", path);
    }
    rows.emplace_back(std::move(row));
  }
  return pawl::ok(std::move(rows));
}

// What is not a number throws; the attempt then fails with the code `exception`, and the message of what was thrown.
double number(const pawl::Json& row, std::size_t column) { return std::stod(std::string(row.at(column).as_string())); }

pawl::TaskResult extract(pawl::TaskContext& task) {
  auto rows = read_csv(std::string(task.input().at("folder").as_string()) + "/seattle-weather.csv", 6);
  if (!rows) return rows;
  for (const pawl::Json& row : rows->get_array())
    if (number(row, 1) < 0 || number(row, 2) < number(row, 3))
      return pawl::error("bad_row", "impossible weather: " + pawl::to_json_text(row));
  return rows;
}

// Each attempt asks the next mirror. The first one is down, on purpose: that is what the retry is for.
pawl::TaskResult normals(pawl::TaskContext& task) {
  const std::string folder(task.input().at("folder").as_string());
  const std::string mirrors[] = {folder + "/mirror-that-is-down", folder};
  auto rows = read_csv(mirrors[(task.attempt() - 1) % std::size(mirrors)] + "/seattle-normals.csv", 2);
  if (!rows) return rows;
  double year = 0;
  for (const pawl::Json& row : rows->get_array()) year += number(row, 1) * 25.4;  // inches, as published
  return pawl::ok({{"year_mm", year}, {"attempt", task.attempt()}});
}

// Precipitation in mm by the first `args[0]` characters of the date: 4 for the year, 7 for the month.
pawl::TaskResult sum(pawl::TaskContext& task) {
  const auto days = task.result_of("extract");
  if (!days) return std::unexpected(days.error());
  const auto characters = task.arg<std::size_t>(0);
  if (!characters) return std::unexpected(characters.error());
  std::map<std::string, double> sums;
  std::size_t done = 0;
  for (const pawl::Json& day : days->as_array()) {
    sums[std::string(day.at(0).as_string()).substr(0, *characters)] += number(day, 1);
    if (++done % 365 == 0)
      task.report_progress(static_cast<double>(done) / static_cast<double>(days->as_array().size()));
  }
  return pawl::ok(sums);
}

pawl::TaskResult report(pawl::TaskContext& task) {
  const auto days = task.result_of("extract"), months = task.result_of("monthly"), years = task.result_of("yearly"),
             usual = task.result_of("normals");
  for (const auto* result : {&days, &months, &years, &usual})
    if (!*result) return std::unexpected(result->error());
  const auto& wettest = *std::ranges::max_element(
      months->as_object(), {}, [](const auto& month) { return month.value().template to_number<double>(); });
  char line[160];
  std::snprintf(line, sizeof(line), "%zu days, normals from attempt %d; wettest month: %s with %.1f mm\n",
                days->as_array().size(), usual->at("attempt").to_number<int>(), std::string(wettest.key()).c_str(),
                wettest.value().to_number<double>());
  std::string text = line;
  for (const auto& year : years->as_object()) {
    const double mm = year.value().to_number<double>();
    std::snprintf(line, sizeof(line), "%s: %.0f mm, %.0f %% of the usual\n", std::string(year.key()).c_str(), mm,
                  100 * mm / usual->at("year_mm").to_number<double>());
    text += line;
  }
  return pawl::ok(text);
}

pawl::TaskSpec task(const char* id, const char* function, std::vector<std::string> dependencies,
                    pawl::Json args = pawl::args()) {
  pawl::TaskSpec spec;
  spec.id = id;
  spec.module = "weather";
  spec.function = function;
  spec.dependencies = std::move(dependencies);
  spec.args = std::move(args);
  return spec;
}

pawl::Result<pawl::WorkflowReport> run(pawl::Engine& engine, const std::string& folder) {
  const std::pair<const char*, pawl::HandlerFunction> handlers[] = {
      {"extract", extract}, {"normals", normals}, {"sum", sum}, {"report", report}};
  for (const auto& [function, handler] : handlers)
    if (auto added = engine.handlers().add("weather", function, handler); !added) return std::unexpected(added.error());
  std::vector<pawl::TaskSpec> tasks = {task("extract", "extract", {}), task("normals", "normals", {}),
                                       task("monthly", "sum", {"extract"}, pawl::args(7)),
                                       task("yearly", "sum", {"extract"}, pawl::args(4)),
                                       task("report", "report", {"extract", "normals", "monthly", "yearly"})};
  tasks[1].retry_policy = {
      .max_attempts = 4, .base_delay = std::chrono::milliseconds(200), .retryable_errors = {"unreachable"}};
  auto id = engine.orchestrator().start_workflow("data-pipeline", tasks, {.input = {{"folder", folder}}});
  if (!id) return std::unexpected(id.error());
  return engine.orchestrator().wait_workflow(*id);
}

}  // namespace

int main(int argc, char** argv) {
  pawl::Engine engine;
  const auto report = run(engine, argc > 1 ? argv[1] : "examples/data");
  if (!report || report->status.state != pawl::WorkflowState::completed) {
    std::cerr << "data_pipeline: " << (report ? report->error.view() : pawl::describe(report.error())) << '\n';
    return 1;
  }
  std::cout << report->output.parse().at("report").as_string().c_str();
}
