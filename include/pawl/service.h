// Service is the whole API of Pawl as one function: a request goes in, its answer comes out later. An Engine is a
// Service; anything else that answers these requests is one, too, and a program cannot tell them apart.
//
//   pawl::Engine engine;
//   const pawl::Actor me{.kind = "user", .name = "ada"};
//   pawl::Result<void> paused = pawl::call(engine, me, pawl::request::PauseWorkflow{.id = "w1"});        // waits
//   pawl::call(engine, me, pawl::request::ResumeWorkflow{.id = "w1"}, [](pawl::Result<void> resumed) {   // does not
//     if (!resumed) std::cerr << pawl::describe(resumed.error()) << '\n';
//   });
//
// Orchestrator, Persistence, Policy and Compensations have the same operations as functions that wait. The requests are
// in pawl/requests/, one struct an operation, with the type of its answer: `Answer`.
//
// Threads: any. The form with a callback may be called from anywhere, also from a callback and from a non-blocking
// handler; the form that waits is refused there with `invalid_state`, unless the answer is there immediately.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "pawl/actor.h"
#include "pawl/result.h"

namespace pawl {

// A request is a struct with an `Answer` and the operation's name.
template <class R>
concept Operation = std::movable<R> && requires {
  typename R::Answer;
  { R::kOperation } -> std::convertible_to<std::string_view>;
};

// A request of any operation. Empty after it was taken or moved from.
class Request {
 public:
  template <Operation R>
  explicit Request(R request) : content_(std::make_unique<Content<R>>(std::move(request))) {}

  // Of an empty request: void, and no name.
  [[nodiscard]] const std::type_info& type() const { return content_ ? content_->type : typeid(void); }
  [[nodiscard]] std::string_view operation() const { return content_ ? content_->operation : std::string_view(); }
  // nullptr: the request is of another operation.
  template <Operation R>
  [[nodiscard]] const R* get() const {
    return content_ && content_->type == typeid(R) ? &static_cast<const Content<R>&>(*content_).request : nullptr;
  }
  // Of the request's operation.
  template <Operation R>
  [[nodiscard]] R take() {
    R request = std::move(static_cast<Content<R>&>(*content_).request);
    content_.reset();
    return request;
  }

 private:
  struct Any {
    Any(const std::type_info& the_type, std::string_view the_operation) : type(the_type), operation(the_operation) {}
    virtual ~Any() = default;
    const std::type_info& type;
    const std::string_view operation;
  };
  template <class R>
  struct Content final : Any {
    explicit Content(R given) : Any(typeid(R), R::kOperation), request(std::move(given)) {}
    R request;
  };

  std::unique_ptr<Any> content_;
};

// Runs the long steps of an operation, such as reading from the store: on the thread that waits for the answer, or on a
// thread of the service.
class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // Runs each step soon and once, in the order of the calls.
  virtual void run(std::move_only_function<void()> step) = 0;
};

namespace detail {

// Receives the answer of a call.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // `result` is a Result<T>, of the operation's answer; it is moved from.
  virtual void answer(void* result) noexcept = 0;
  virtual void fail(Error why) noexcept = 0;
  // The thread that waits for the answer; nullptr: none waits.
  [[nodiscard]] virtual StepRunner* waiting() { return nullptr; }
};

// What a callback throws ends here: it is logged.
void log_thrown_by_callback() noexcept;

template <class T, class F>
class CallbackSink final : public AnswerSink {
 public:
  explicit CallbackSink(F callback) : callback_(std::move(callback)) {}
  void answer(void* result) noexcept override { tell(std::move(*static_cast<Result<T>*>(result))); }
  void fail(Error why) noexcept override { tell(std::unexpected(std::move(why))); }

 private:
  void tell(Result<T> result) noexcept {
    try {
      callback_(std::move(result));
    } catch (...) {
      log_thrown_by_callback();
    }
  }

  F callback_;
};

}  // namespace detail

// The right, and the duty, to answer a call once. If it is dropped, the answer is that the service dropped the call.
class Completion {
 public:
  // `callback` takes a Result<T>, on a thread of the service or of the caller, and must return soon.
  template <class T, std::invocable<Result<T>> F>
  [[nodiscard]] static Completion of(F callback) {
    return Completion(new detail::CallbackSink<T, F>(std::move(callback)), true);
  }
  // `sink` outlives the answer.
  explicit Completion(detail::AnswerSink& sink) : Completion(&sink, false) {}
  Completion(Completion&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)), owns_(other.owns_) {}
  Completion& operator=(Completion&& other) noexcept {
    std::swap(sink_, other.sink_);
    std::swap(owns_, other.owns_);
    return *this;
  }
  ~Completion();

  template <class T>
  void answer(Result<T> result) {
    detail::AnswerSink* const sink = std::exchange(sink_, nullptr);
    const std::unique_ptr<detail::AnswerSink> owned(owns_ ? sink : nullptr);
    sink->answer(&result);
  }
  void fail(Error why);
  // The thread that waits for the answer; nullptr: none waits.
  [[nodiscard]] StepRunner* waiting() const { return sink_->waiting(); }

 private:
  Completion(detail::AnswerSink* sink, bool owns) : sink_(sink), owns_(owns) {}

  detail::AnswerSink* sink_;
  bool owns_;
};

class Service {
 public:
  virtual ~Service() = default;
  // Answers once, which may be before this returns. Errors of every operation: `unavailable` (the service is stopping,
  // or of another process), `invalid_argument` (it has no such operation).
  virtual void call(const Actor& actor, Request request, Completion completion) = 0;
};

namespace detail {

// Receives the answer of a call that waits, from any thread.
class AnswerPlace {
 public:
  virtual ~AnswerPlace() = default;
  virtual void put(void* result) = 0;
  virtual void put_error(Error why) = 0;
};
template <class T>
class PlaceOf final : public AnswerPlace {
 public:
  void put(void* result) override { result_.emplace(std::move(*static_cast<Result<T>*>(result))); }
  void put_error(Error why) override { result_.emplace(std::unexpected(std::move(why))); }
  [[nodiscard]] Result<T> take() { return *std::move(result_); }

 private:
  std::optional<Result<T>> result_;
};

// Requests a stop when the caller has waited long enough; the answer then comes soon.
struct WaitLimit {
  std::chrono::steady_clock::time_point until;
  std::stop_source& stop;
  bool expired = false;
};
// Waits for the answer, and runs steps of the operation meanwhile.
void call_and_wait(Service& service, const Actor& actor, Request request, AnswerPlace& place,
                   WaitLimit* limit = nullptr);

}  // namespace detail

// Calls without waiting: `callback` is called once, with a Result of the request's Answer. What it throws is logged.
template <Operation R, std::invocable<Result<typename R::Answer>> F>
void call(Service& service, const Actor& actor, R request, F callback) {
  service.call(actor, Request(std::move(request)), Completion::of<typename R::Answer>(std::move(callback)));
}

// Calls, and waits for the answer.
template <Operation R>
[[nodiscard]] Result<typename R::Answer> call(Service& service, const Actor& actor, R request) {
  detail::PlaceOf<typename R::Answer> place;
  detail::call_and_wait(service, actor, Request(std::move(request)), place);
  return place.take();
}

}  // namespace pawl
