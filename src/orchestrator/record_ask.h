// How the steps of an operation write records: they wait, holding up no thread, until these are durable. They go on off
// the shard, and off the record stream's thread. Errors as RecordStream::write and remove.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>
#include <vector>

#include "model/records/record.h"
#include "orchestrator/node.h"
#include "orchestrator/operation.h"
#include "orchestrator/shard_ask.h"

namespace pawl {

class [[nodiscard]] RecordAsk {
 public:
  RecordAsk(const Call& call, std::vector<RecordChange> changes, bool makes_room)
      : call_(call), changes_(std::move(changes)), makes_room_(makes_room) {}
  RecordAsk(const RecordAsk&) = delete;
  RecordAsk& operator=(const RecordAsk&) = delete;

  [[nodiscard]] bool await_ready() {
    Result<void> may_ask = call_.node.check_open();
    if (may_ask) may_ask = check_caller(call_);
    if (!may_ask) outcome_.emplace(std::move(may_ask));
    return outcome_.has_value();
  }
  // Once it is asked the steps may go on, and this be gone.
  void await_suspend(std::coroutine_handle<> awaiting) {
    auto told = [this, awaiting](Result<void> outcome) {
      outcome_.emplace(std::move(outcome));
      call_.steps.run([awaiting] { awaiting.resume(); });
    };
    RecordStream& records = call_.node.records();
    if (makes_room_) {
      records.remove(std::move(changes_), std::move(told));
    } else {
      records.write(std::move(changes_), std::move(told));
    }
  }
  Result<void> await_resume() { return *std::move(outcome_); }

 private:
  const Call& call_;
  std::vector<RecordChange> changes_;
  const bool makes_room_;
  std::optional<Result<void>> outcome_;
};

// A list in braces within a co_await is not compiled by every compiler.
inline std::vector<RecordChange> one_record(RecordChange change) {
  std::vector<RecordChange> changes;
  changes.push_back(std::move(change));
  return changes;
}
inline RecordAsk write_records(const Call& call, std::vector<RecordChange> changes) {
  return {call, std::move(changes), false};
}
inline RecordAsk remove_records(const Call& call, std::vector<RecordChange> removals) {
  return {call, std::move(removals), true};
}

}  // namespace pawl
