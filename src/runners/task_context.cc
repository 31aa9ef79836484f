#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "pawl/handler.h"

#include "base/text.h"
#include "model/attempt.h"

namespace pawl {

const std::string& TaskContext::workflow_id() const { return assignment_.facts->id.text(); }

std::string_view TaskContext::task_id() const {
  return assignment_.facts->definition->task_id(assignment_.address.action.task);
}

std::uint32_t TaskContext::attempt() const { return assignment_.address.attempt; }

std::string TaskContext::idempotency_key() const {
  std::string key = fmt::format("{}/{}", workflow_id(), task_id());
  if (assignment_.address.action.undo) key += "/compensation";
  if (assignment_.run > 1) key += fmt::format("#{}", assignment_.run);
  return key;
}

std::string_view TaskContext::undone_task() const {
  return assignment_.undone ? assignment_.facts->definition->task_id(assignment_.undone->task) : std::string_view();
}
Json TaskContext::undone_args() const { return assignment_.undone ? assignment_.undone->args.parse() : Json(); }
Json TaskContext::undone_result() const { return assignment_.undone ? assignment_.undone->result.parse() : Json(); }
Json TaskContext::failure() const { return assignment_.undone ? assignment_.undone->failure.parse() : Json(); }

const Json& TaskContext::args() {
  if (!args_) args_ = std::make_unique<Json>(assignment_.args.parse());
  return *args_;
}

const Json* TaskContext::find_arg(std::size_t index) {
  const boost::json::array& all = args().as_array();
  return index < all.size() ? &all[index] : nullptr;
}

std::unexpected<Error> TaskContext::missing_arg(std::size_t index) {
  return fail(ErrorCode::invalid_argument, fmt::format("is missing: the task has {} args", args().as_array().size()),
              place_of_arg(index));
}

std::string TaskContext::place_of_arg(std::size_t index) { return fmt::format("args[{}]", index); }

const Json& TaskContext::input() {
  if (!input_) input_ = std::make_unique<Json>(assignment_.facts->input.parse());
  return *input_;
}

Result<Json> TaskContext::result_of(std::string_view id) {
  const Definition& definition = *assignment_.facts->definition;
  const auto task = definition.find_task(id);
  if (!task || std::ranges::find(definition.dependencies(assignment_.address.action), *task) ==
                   definition.dependencies(assignment_.address.action).end())
    return fail(ErrorCode::not_found,
                fmt::format("task {} does not depend on {}", in_quotes(task_id()), in_quotes(id)));
  const auto found = std::ranges::find(assignment_.results, *task, [](const auto& entry) { return entry.first; });
  return found == assignment_.results.end() ? Result<Json>(nullptr) : found->second.try_parse();
}

Result<std::vector<DependencyResult>> TaskContext::results() {
  const Definition& definition = *assignment_.facts->definition;
  std::vector<DependencyResult> all;
  for (const TaskIndex dependency : definition.dependencies(assignment_.address.action)) {
    const std::string_view id = definition.task_id(dependency);
    Result<Json> result = result_of(id);
    if (!result) return std::unexpected(std::move(result.error()));
    all.push_back({.task = id, .result = *std::move(result)});
  }
  return all;
}

std::optional<Timestamp> TaskContext::deadline() const { return assignment_.deadline; }

void TaskContext::report_progress(double fraction, std::string_view message) {
  sink_.progressed(assignment_, std::isnan(fraction) ? 0.0 : std::clamp(fraction, 0.0, 1.0), message);
}

void TaskContext::log(std::string_view line) { sink_.wrote(assignment_, false, std::string(line) + "\n"); }

}  // namespace pawl
