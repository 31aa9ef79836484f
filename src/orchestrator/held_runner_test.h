// A runner whose attempts end when a test says so.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "orchestrator/node.h"
#include "runners/handler.h"
#include "tests/support/graphs.h"

namespace pawl::testing {

// How long a test waits for what must happen.
inline constexpr std::chrono::seconds kHang(60);

// Threads: any.
class HeldRunner final : public Runner {
 public:
  // `on_stop` is called when an attempt is told to stop, before anybody learns of it.
  explicit HeldRunner(bool forces, std::function<void()> on_stop = {})
      : forces_(forces), on_stop_(std::move(on_stop)) {}

  void start(std::span<Assignment> assignments) override {
    const std::lock_guard lock(mutex_);
    for (const Assignment& assignment : assignments) {
      started_.push_back(assignment.address);
      names_.push_back(assignment.facts->id.text() + "." +
                       std::string(assignment.facts->definition->task_id(assignment.address.action.task)));
    }
    changed_.notify_all();
  }
  void stop(const AttemptAddress& address, Duration) override {
    if (on_stop_) on_stop_();
    const std::lock_guard lock(mutex_);
    stopped_.push_back(address);
    changed_.notify_all();
  }
  [[nodiscard]] bool can_force_end() const override { return forces_; }

  AttemptAddress started(std::size_t index) { return wait(started_, index); }
  AttemptAddress stopped(std::size_t index) { return wait(stopped_, index); }
  // Of all attempts so far, task and number.
  std::vector<std::pair<ActionId, std::uint32_t>> all_started() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<ActionId, std::uint32_t>> all;
    for (const AttemptAddress& address : started_) all.emplace_back(address.action, address.attempt);
    return all;
  }
  // "workflow.task" of each, in this order.
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    return names_;
  }
  // user.process, on this runner.
  Handler handler() { return {.module = "user", .function = "process", .call = nullptr, .runner = this}; }

 private:
  AttemptAddress wait(const std::vector<AttemptAddress>& addresses, std::size_t index) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kHang, [&] { return addresses.size() > index; })) return addresses[index];
    ADD_FAILURE() << "no attempt " << index;
    return {};
  }

  const bool forces_;
  const std::function<void()> on_stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<AttemptAddress> started_;
  std::vector<std::string> names_;
  std::vector<AttemptAddress> stopped_;
};

// A task of it.
inline TaskSpec process(std::string id, std::vector<std::string> dependencies = {}) {
  TaskSpec spec = task(std::move(id), std::move(dependencies), "process");
  spec.module = "user";
  return spec;
}

// Waits until the task's reason is this one, and returns its text.
inline std::string wait_explained(Orchestrator& orchestrator, const std::string& id, std::string_view task,
                                  std::string_view code) {
  const auto give_up = std::chrono::steady_clock::now() + kHang;
  while (std::chrono::steady_clock::now() < give_up) {
    const auto reasons = orchestrator.explain_workflow(id, 100);
    if (reasons)
      for (const Explanation& each : *reasons)
        if (each.task == task && each.code == code) return each.text;
    std::this_thread::yield();
  }
  ADD_FAILURE() << task << " is never explained by " << code;
  return {};
}

}  // namespace pawl::testing
