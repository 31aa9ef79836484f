// Makes a Definition out of task specs, one at a time, checking all of it: names, limits, policies, expressions,
// dependencies, cycles. Everything takes O(tasks + dependencies) and no recursion.
//
//   Builder builder(checks);
//   builder.set_header(spec); builder.add_task(task)...; builder.finish();
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "pawl/definition.h"

#include "definition/problem.h"
#include "definition/warnings.h"
#include "expression/expression.h"

namespace pawl::definition {

class Builder {
 public:
  explicit Builder(const DefinitionChecks& checks);

  // All of `spec` but its tasks.
  Checked<void> set_header(const WorkflowSpec& spec);
  Checked<void> add_task(const TaskSpec& task);
  Checked<DefinitionPtr> finish();
  // When it has finished: what may be a mistake, if that was asked for.
  [[nodiscard]] std::vector<Problem> warnings() const;

 private:
  // Text kept once, by the number it got when it was first seen.
  using Interned = boost::unordered_flat_map<std::string, std::uint32_t>;

  // Tasks found by id without a second copy of the id.
  struct ById {
    using is_transparent = void;
    const Definition* definition;
    [[nodiscard]] std::string_view id(TaskIndex task) const { return definition->task_id(task); }
    [[nodiscard]] std::string_view id(std::string_view text) const { return text; }
    std::size_t operator()(const auto& key) const { return boost::hash<std::string_view>()(id(key)); }
    bool operator()(const auto& a, const auto& b) const { return id(a) == id(b); }
  };

  // An expression in `task` names another task.
  struct Reference {
    TaskIndex task;
    std::string named;
    Path path;
  };

  std::uint32_t intern_string(std::string_view text);
  std::uint32_t intern_handler(const std::string& module, const std::string& function);
  std::uint32_t intern_rules(TaskRules rules);
  // What an action calls; its places may refer to what comes before `task`.
  struct Call {
    const std::string& module;
    const std::string& function;
    const Json& args;
  };
  Checked<void> check_handler(const Call& call, bool has_places, const Path& path) const;
  Checked<std::uint32_t> intern_args(const Json& args, TaskIndex task, const Path& path);
  Checked<void> add_compensations();
  void refer_to_policies(const TaskRules& rules, const Path& path);
  void refer_to_policy(PolicyKind kind, const std::string& name, const Path& path);
  Checked<void> check_expression(std::string_view text, TaskIndex task, const Path& path);
  Checked<bool> check_places(const Json& value, TaskIndex task, Path& path);

  [[nodiscard]] Path task_path(TaskIndex task) const;
  Checked<void> resolve_dependencies();
  Checked<void> resolve_dependencies_of(TaskIndex task, std::size_t& next_name, std::vector<TaskIndex>& last_seen_by);
  void connect_dependents();
  Checked<void> refuse_cycles() const;
  Checked<void> check_references() const;
  std::unexpected<Problem> unknown_task(Path path, std::string_view id, std::string_view what) const;

  DefinitionLimits limits_;
  const Handlers* known_handlers_;
  bool stored_;  // see DefinitionChecks
  std::shared_ptr<Definition> made_;
  boost::unordered_flat_set<TaskIndex, ById, ById> tasks_by_id_;
  Interned strings_;
  Interned handlers_;
  Interned args_;
  Interned rules_;
  // Dependencies by name, until all tasks are known: the names one after another, and where each ends.
  std::string dependency_names_;
  std::vector<std::uint64_t> dependency_name_ends_;
  std::vector<std::uint32_t> dependency_counts_;
  expression::Place place_ = expression::Place::task;                   // of the expressions that are read now
  std::unordered_map<std::string, std::vector<std::string>> analysed_;  // expression -> the tasks it names
  std::vector<Reference> references_;
  std::optional<WarningFinder> doubts_;
  std::vector<std::pair<TaskIndex, Compensation>> compensations_;
};

}  // namespace pawl::definition
