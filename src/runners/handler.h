// The handlers of an engine by name: those its user registered and the built-in ones.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/handler.h"

#include "base/mutex.h"
#include "base/owner_process.h"
#include "runners/runner.h"

namespace pawl {

enum class HandlerKind : std::uint8_t {
  on_shard,   // a non-blocking function, called by the shard itself
  on_runner,  // given to `runner`
  wait,       // its tasks do no work, and no attempt of theirs is made anywhere: model/wait.h
};

struct Handler {
  std::string module;
  std::string function;
  HandlerKind kind = HandlerKind::on_runner;
  HandlerFunction call;
  Runner* runner = nullptr;
  // Says what is wrong with args that hold no `${{ }}`, before anything runs. May be null.
  Result<void> (*check_args)(const Json& args) = nullptr;
  // The same of args that somebody has just written, in place of it where it is given: it refuses more, which stored
  // definitions may have.
  Result<void> (*check_written)(const Json& args) = nullptr;
};

// What a handler returned, as it is reported and kept. A result that is too large, nested too deep, or no JSON (bytes
// that are not UTF-8, NaN) is an error. An error is made fit to be kept.
AttemptOutcome outcome_of(TaskResult result, std::size_t max_result_bytes);

// The outcome of calling a function handler: its result, its error, or what it threw.
AttemptOutcome call_handler(const Handler& handler, TaskContext& context, std::size_t max_result_bytes);

// Threads: any. A handler, once added, stays where it is.
class HandlerRegistry final : public Handlers {
 public:
  // User handlers that block run on `pool`. `added` is called after each new handler.
  explicit HandlerRegistry(Runner& pool, std::function<void()> added = {}) : pool_(pool), added_(std::move(added)) {}

  Result<void> add(std::string module, std::string function, HandlerFunction handler, HandlerOptions options) override;
  Result<void> add(Handler handler);
  [[nodiscard]] Result<void> check(std::string_view module, std::string_view function, const Json* args) const override;
  // nullptr if there is none.
  [[nodiscard]] const Handler* find(std::string_view module, std::string_view function) const;

  // The handler of every `handlers()[i]` of the definition, its tasks' args checked. Errors as check().
  Result<std::vector<const Handler*>> bind(const Definition& definition) const;

 private:
  [[nodiscard]] std::unexpected<Error> unknown(std::string_view module, std::string_view function) const;

  const OwnerProcess owner_;
  Runner& pool_;
  const std::function<void()> added_;
  mutable Mutex mutex_;
  // By "module\nfunction".
  boost::unordered_flat_map<std::string, std::unique_ptr<Handler>> handlers_ PAWL_GUARDED_BY(mutex_);
};

}  // namespace pawl
