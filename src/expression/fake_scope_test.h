// A scope whose names mean what a test says, and the shortest ways to evaluate in it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "expression/expression.h"

namespace pawl::expression {

inline Json json(std::string_view text) {
  Result<Json> parsed = parse_json(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *std::move(parsed) : Json();
}

class FakeScope final : public Scope {
 public:
  struct Task {
    TaskState state;
    Json result;
    Json error;
  };

  const Json& input() override { return input_value; }
  std::string_view workflow_id() override { return "wf-1"; }
  std::string_view workflow_name() override { return "nightly"; }
  std::uint32_t attempt() override { return 3; }
  std::optional<TaskState> task_state(std::string_view id) override {
    const auto found = tasks.find(id);
    if (found == tasks.end()) return std::nullopt;
    return found->second.state;
  }
  TaskOutcome task_outcome(std::string_view id) override {
    ++outcomes_asked;
    const Task& task = tasks.find(id)->second;
    return {.result = &task.result, .error = &task.error};
  }
  std::span<const std::string_view> visible_tasks() override {
    visible.clear();
    for (const auto& [id, task] : tasks)
      if (task.state != TaskState::running) visible.push_back(id);
    return visible;
  }
  const Json* item() override { return item_value ? &*item_value : nullptr; }
  std::optional<std::uint64_t> index() override { return index_value; }

  Json input_value;
  std::map<std::string, Task, std::less<>> tasks;
  std::vector<std::string_view> visible;
  int outcomes_asked = 0;
  std::optional<Json> item_value;
  std::optional<std::uint64_t> index_value;
};

class ExpressionTest : public ::testing::Test {
 protected:
  // The value as JSON text, or the error's message behind a "!".
  std::string value_of(std::string_view expression) {
    const Result<Json> value = evaluator.evaluate(expression, scope);
    return value ? to_json_text(*value) : "!" + value.error().message;
  }
  // What is wrong with it, without the expression itself; empty if nothing is.
  std::string error_of(std::string_view expression) {
    const Result<Json> value = evaluator.evaluate(expression, scope);
    if (value) return {};
    return value.error().message.substr(0, value.error().message.rfind(" in \""));
  }

  FakeScope scope;
  Evaluator evaluator;
};

}  // namespace pawl::expression
