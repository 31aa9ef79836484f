// Real graphs that Pawl did not make, where the folder with them is there; tests that need it are skipped elsewhere.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "pawl/definition.h"
#include "pawl/json.h"

namespace pawl::testing {

inline std::filesystem::path corpora() { return PAWL_CORPORA; }

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Graph {
  std::string name;
  WorkflowSpec spec;             // its tasks are `probe.run`
  std::vector<double> runtimes;  // by task, as the graph states them; 0 if it does not
  std::optional<double> stated_critical_path;
};

inline Graph to_graph(const Json& json) {
  Graph graph{.name = std::string(json.at("name").as_string()), .spec = {}, .runtimes = {}, .stated_critical_path = {}};
  graph.spec.name = graph.name;
  for (const Json& each : json.at("tasks").as_array()) {
    TaskSpec task;
    task.id = each.at("id").as_string();
    task.module = "probe";
    task.function = "run";
    for (const Json& dependency : each.at("deps").as_array()) task.dependencies.emplace_back(dependency.as_string());
    graph.spec.tasks.push_back(std::move(task));
    const Json* const runtime = each.as_object().if_contains("runtime");
    graph.runtimes.push_back(runtime != nullptr && runtime->is_number() ? runtime->to_number<double>() : 0);
  }
  if (const Json* const stated = json.as_object().if_contains("stated"))
    graph.stated_critical_path = std::stod(std::string(stated->at("CP Length").as_string()));
  return graph;
}

// dag/*.json, and each line of dag/*.ndjson.
inline std::vector<Graph> read_graphs() {
  std::vector<Graph> graphs;
  if (!std::filesystem::is_directory(corpora() / "dag")) return graphs;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(corpora() / "dag")) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    if (file.extension() == ".json") graphs.push_back(to_graph(*parse_json(read_file(file))));
    if (file.extension() != ".ndjson") continue;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) graphs.push_back(to_graph(*parse_json(line)));
  }
  return graphs;
}

}  // namespace pawl::testing
