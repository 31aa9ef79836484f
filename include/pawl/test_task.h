// TestTask calls a handler in a unit test, without an engine.
//
//   pawl::TestTask task({.args = pawl::args("acct-7", 12.5), .results = {{"quote", {{"price", 12}}}}});
//   const pawl::TaskResult charged = charge(task.context());
//   EXPECT_EQ(task.lines().back(), "charged acct-7");
//
// Source: src/engine/test_task.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pawl/handler.h"
#include "pawl/json.h"
#include "pawl/types.h"

namespace pawl {

// What the handler reads from its TaskContext.
struct TestTaskOptions {
  std::string workflow_id = "test-workflow";
  std::string task_id = "test-task";
  std::uint32_t attempt = 1;
  // 1 + the number of times that the task was run again after it had completed; the end of the idempotency key.
  std::uint32_t run = 1;
  Json args = boost::json::array();
  Json input = boost::json::object();
  std::vector<std::pair<std::string, Json>> results{};  // of the direct dependencies, by the id of each
  std::optional<Timestamp> deadline{};
  // Given: the handler is the compensation of `task_id`.
  struct Undone {
    Json args = boost::json::array();  // of the task that is undone
    Json result = nullptr;
    Json failure = nullptr;  // {"code", "message", ...} of what the workflow failed with; null: it did not fail
  };
  std::optional<Undone> undone{};
};

struct ReportedProgress {
  double fraction = 0;  // 0..1
  std::string message{};
};

// Ownership: the context refers to its TestTask. Threads: one test's; request_stop() any.
class TestTask {
 public:
  // Throws NoValue for what an engine never passes to a handler: an id that is not valid, `args` that are not an array,
  // `input` that is not an object.
  explicit TestTask(const TestTaskOptions& options = {});
  ~TestTask();
  TestTask(const TestTask&) = delete;
  TestTask& operator=(const TestTask&) = delete;

  [[nodiscard]] TaskContext& context();
  // As a timeout, a cancellation or the end of the engine does.
  void request_stop();

  // What the handler has logged, in order, without line breaks.
  [[nodiscard]] const std::vector<std::string>& lines() const;
  [[nodiscard]] const std::vector<ReportedProgress>& progress() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace pawl
