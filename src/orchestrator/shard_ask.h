// How the steps of an operation ask a shard: they wait, holding up no thread, until what the shard has decided is
// durable.
//
//   const Result<Definition> found = co_await ask_live<DefinitionPtr>(call, id, [](Shard&, LiveWorkflow& workflow)
//   {...});
//
// They go on off the shard, where they hold nobody up: on the thread that waits for the answer, if one does. Only
// ask_last(), which is followed by nothing but the answer, answers on the shard's thread where nobody waits, and saves
// the hand-over.
// Errors: `unavailable` if the engine stops, or the shard's inbox is full; `invalid_state` if the thread that waits for
// the answer would wait for itself; `internal` if the shard broke off in the middle of it.
// Threads: any. Ownership: what is asked may refer to what the steps own.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "orchestrator/ask.h"
#include "orchestrator/node.h"
#include "orchestrator/operation.h"
#include "orchestrator/shard/shard.h"

namespace pawl {

[[nodiscard]] std::unexpected<Error> no_such_workflow(const std::string& id);
[[nodiscard]] std::unexpected<Error> no_such_task(const std::string& workflow, const std::string& task);
// Error: `invalid_argument` if it is empty.
[[nodiscard]] Result<void> check_given(const std::string& id, const char* field = "id");
// Whether the thread that waits for the call's answer may wait.
[[nodiscard]] Result<void> check_caller(const Call& call);

// What the steps do after the shard's answer: nothing but answer, nothing but answer unless it is refused, more.
enum class Then : std::uint8_t { answer, answer_if_done, go_on };
// When: once what the shard has decided is durable, as a rule, or at once.
enum class Answered : std::uint8_t { when_durable, at_once };
// Of a shard that is down: it refuses, as a rule, or does what is asked nevertheless.
enum class WhileDown : std::uint8_t { refuse, ask };

template <class T, class Ask>
class [[nodiscard]] ShardAsk {
 public:
  // `may_ask`: otherwise the error is the answer.
  ShardAsk(const Call& call, Shard& shard, Ask ask, Then then, Result<void> may_ask = {},
           WhileDown while_down = WhileDown::refuse, Answered answered = Answered::when_durable)
      : call_(call),
        shard_(shard),
        ask_(std::move(ask)),
        then_(then),
        while_down_(while_down),
        answered_(answered),
        may_ask_(std::move(may_ask)) {}
  ShardAsk(const ShardAsk&) = delete;
  ShardAsk& operator=(const ShardAsk&) = delete;

  [[nodiscard]] bool await_ready() {
    if (may_ask_) may_ask_ = call_.node.check_open();
    if (may_ask_) may_ask_ = check_caller(call_);
    if (!may_ask_) answer_.emplace(std::unexpected(std::move(may_ask_.error())));
    return answer_.has_value();
  }
  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    ShardCall asked = Asked(*this);
    // Once it is posted the steps may go on, and this be gone. What was not posted goes back to them here.
    if (!shard_.mailbox().post(std::move(asked))) is_refused_ = true;  // NOLINT(bugprone-use-after-move)
  }
  Result<T> await_resume() { return *std::move(answer_); }

 private:
  // Answers once: should nobody come to it, with the reason why not.
  class Asked {
   public:
    explicit Asked(ShardAsk& ask) : ask_(&ask) {}
    Asked(Asked&& other) noexcept : ask_(std::exchange(other.ask_, nullptr)) {}
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked() {
      if (ask_ != nullptr) end(std::unexpected(ask_->why_dropped()));
    }

    void operator()(std::reference_wrapper<Shard> shard) {
      Shard& there = shard;
      const bool is_down = there.down().has_value();
      if (is_down && ask_->while_down_ == WhileDown::refuse) return end(std::unexpected(*there.down()));
      try {
        const CommitPipeline::Asking asking(there.commits(), ask_->call_.actor);
        ask_->answer_.emplace(ask_->ask_(there));
      } catch (const std::exception& broken) {
        end(fail(ErrorCode::internal, broken.what()));
        throw;  // to the supervisor
      }
      if (is_down || ask_->answered_ == Answered::at_once) return std::exchange(ask_, nullptr)->resume();
      there.commits().reply_when_durable([asked = std::move(*this)](const Error* failure) mutable {
        if (failure != nullptr) return asked.end(std::unexpected(*failure));
        std::exchange(asked.ask_, nullptr)->resume();
      });
    }

   private:
    void end(Result<T> answer) {
      ShardAsk* const ask = std::exchange(ask_, nullptr);
      ask->answer_.emplace(std::move(answer));
      ask->resume();
    }

    ShardAsk* ask_;
  };

  void resume() {
    // The thread that waits has to be woken either way, and is the one that has made what now goes.
    const bool is_last = then_ == Then::answer || (then_ == Then::answer_if_done && answer_->has_value());
    if (is_last && !call_.is_waited_for) return awaiting_.resume();
    call_.steps.run([awaiting = awaiting_] { awaiting.resume(); });
  }
  [[nodiscard]] Error why_dropped() const {
    return is_refused_ && call_.node.is_running() ? inbox_is_full() : dropped(call_.node.is_running());
  }

  const Call& call_;
  Shard& shard_;
  Ask ask_;
  const Then then_;
  const WhileDown while_down_;
  const Answered answered_;
  Result<void> may_ask_;
  bool is_refused_ = false;
  std::coroutine_handle<> awaiting_;
  std::optional<Result<T>> answer_;
};

// Has `ask`, a Result<T>(Shard&), done on the shard's thread.
template <class T, class Ask>
ShardAsk<T, Ask> ask(const Call& call, Shard& shard, Ask ask) {
  return {call, shard, std::move(ask), Then::go_on};
}
template <class T, class Ask>
ShardAsk<T, Ask> ask_last(const Call& call, Shard& shard, Ask ask) {
  return {call, shard, std::move(ask), Then::answer};
}

// What is found may not be durable: until_durable() must follow before anything rests on it.
template <class T, class Ask>
ShardAsk<T, Ask> ask_at_once(const Call& call, Shard& shard, Ask ask) {
  return {call, shard, std::move(ask), Then::go_on, {}, WhileDown::refuse, Answered::at_once};
}

// Also of a shard that is down; `ask` looks.
template <class T, class Ask>
ShardAsk<T, Ask> ask_while_down(const Call& call, Shard& shard, Ask ask) {
  return {call, shard, std::move(ask), Then::go_on, {}, WhileDown::ask};
}

// The same for a workflow: `ask` is a Result<T>(Shard&, LiveWorkflow&). Error: `not_found`.
template <class T, class Ask>
auto on_live(const std::string& id, Ask ask) {
  return [&id, ask = std::move(ask)](Shard& shard) mutable -> Result<T> {
    LiveWorkflow* const workflow = shard.workflows().find(id);
    if (workflow == nullptr) return no_such_workflow(id);
    return shard.decider().guard(*workflow, [&] { return ask(shard, *workflow); });
  };
}
// In memory.
template <class T, class Ask>
auto ask_live(const Call& call, const std::string& id, Ask ask) {
  auto there = on_live<T>(id, std::move(ask));
  return ShardAsk<T, decltype(there)>(call, call.node.shard_of(id), std::move(there), Then::go_on, check_given(id));
}
// The same, where what was found is the answer, and only a refusal is followed by more.
template <class T, class Ask>
auto ask_live_first(const Call& call, const std::string& id, Ask ask) {
  auto there = on_live<T>(id, std::move(ask));
  return ShardAsk<T, decltype(there)>(call, call.node.shard_of(id), std::move(there), Then::answer_if_done,
                                      check_given(id));
}
// Waits until all that the shard has decided is stored, and what could be read before is durable.
inline auto until_durable(const Call& call, Shard& shard) {
  return ask<void>(call, shard, [](Shard&) { return Result<void>(); });
}
Steps<void> until_all_durable(const Call& call);

// Where the steps may take long, such as to read what is stored: on the thread that waits for the answer, or the
// node's own for that.
class [[nodiscard]] OffShard {
 public:
  explicit OffShard(const Call& call) : call_(call) {}
  [[nodiscard]] bool await_ready() const { return call_.is_waited_for; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    call_.steps.run([awaiting] { awaiting.resume(); });
  }
  void await_resume() const {}

 private:
  const Call& call_;
};

// From whichever thread the steps are on to one where they may take long.
class [[nodiscard]] InSteps {
 public:
  explicit InSteps(const Call& call) : call_(call) {}
  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    call_.steps.run([awaiting] { awaiting.resume(); });
  }
  void await_resume() const {}

 private:
  const Call& call_;
};

// Of what is done to many workflows: what does not keep it from being done to the others. One may live again, be gone
// already, be busy, or be damaged.
[[nodiscard]] bool concerns_it_alone(const Error& error);

}  // namespace pawl
