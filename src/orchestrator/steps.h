// Steps are how an operation is written that waits for others on its way: a coroutine, which reads as if it waited and
// holds up no thread.
//
//   Steps<WorkflowReport> get_workflow(Call call, request::GetWorkflow request) {
//     Result<core::Workflow> state = co_await state_of(call, request.id);
//     if (!state) co_return std::unexpected(std::move(state.error()));
//     co_return report_of(*state);
//   }
//
// They begin when they are awaited or started, on that thread. What they throw is an `internal` error. Parameters are
// values, for a reference may not outlive the first wait; where the awaiting steps own what it refers to, it may.
// Threads: one after another.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "pawl/service.h"

namespace pawl {

namespace detail {

// While it lives, this thread runs steps that other steps await, up to their first wait.
class Starting {
 public:
  explicit Starting(const void* steps) : steps_(steps), outer_(std::exchange(innermost_, this)) {}
  ~Starting() { innermost_ = outer_; }
  Starting(const Starting&) = delete;
  Starting& operator=(const Starting&) = delete;

  [[nodiscard]] bool has_ended() const { return has_ended_; }
  // The steps have ended. False: they have waited, and whoever awaits them does, too.
  static bool ended(const void* steps) {
    if (innermost_ == nullptr || innermost_->steps_ != steps) return false;
    return innermost_->has_ended_ = true;
  }

 private:
  static inline thread_local Starting* innermost_ = nullptr;

  const void* const steps_;
  Starting* const outer_;
  bool has_ended_ = false;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Steps {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  // At their end the awaiting steps go on or, if there are none, the call is answered and the frame goes.
  struct Ended {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(Handle ended) noexcept {
      promise_type& promise = ended.promise();
      if (promise.awaiting && detail::Starting::ended(ended.address())) return std::noop_coroutine();
      if (promise.awaiting) return promise.awaiting;
      Completion completion = *std::move(promise.completion);
      Result<T> result = *std::move(promise.result);
      ended.destroy();  // whoever is answered may destroy what the steps refer to
      completion.answer(std::move(result));
      return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  struct promise_type {
    Steps get_return_object() { return Steps(Handle::from_promise(*this)); }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] Ended final_suspend() const noexcept { return {}; }
    void return_value(Result<T> value) { result.emplace(std::move(value)); }
    void unhandled_exception() noexcept {
      try {
        throw;
      } catch (const std::exception& thrown) {
        result.emplace(fail(ErrorCode::internal, thrown.what()));
      } catch (...) {
        result.emplace(fail(ErrorCode::internal, "an operation threw an object that is not a std::exception"));
      }
    }

    std::coroutine_handle<> awaiting{};
    std::optional<Completion> completion;
    std::optional<Result<T>> result;
  };

  Steps(Steps&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
  ~Steps() {
    if (handle_) handle_.destroy();
  }

  // They own themselves from now on.
  void start(Completion completion) && {
    handle_.promise().completion.emplace(std::move(completion));
    std::exchange(handle_, nullptr).resume();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  // False: they have ended without a wait, and the awaiting steps just go on. So a loop that awaits needs no more stack
  // with each round, whether or not the compiler makes a jump of what could be one.
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().awaiting = awaiting;
    detail::Starting starting(handle_.address());
    handle_.resume();
    return !starting.has_ended();  // if they wait, they may have ended elsewhere by now, and this is gone
  }
  Result<T> await_resume() { return *std::move(handle_.promise().result); }

 private:
  explicit Steps(Handle handle) : handle_(handle) {}

  Handle handle_;
};

}  // namespace pawl
