// A record wait is how a coroutine writes records: it waits, holding up no thread, until they are durable, and goes on
// on the record stream's thread (or, if it is refused, on this one), which it must not hold up. Errors as
// RecordStream::write and remove.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>
#include <vector>

#include "model/records/record.h"
#include "orchestrator/record_stream.h"

namespace pawl {

class [[nodiscard]] RecordWait {
 public:
  using Ask = void (RecordStream::*)(std::vector<RecordChange>, RecordStream::Outcome);

  // `ask`: &RecordStream::write or &RecordStream::remove.
  RecordWait(RecordStream& records, Ask ask, std::vector<RecordChange> changes)
      : records_(records), ask_(ask), changes_(std::move(changes)) {}
  RecordWait(const RecordWait&) = delete;
  RecordWait& operator=(const RecordWait&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  // Once it is asked the coroutine may go on, and this be gone.
  void await_suspend(std::coroutine_handle<> awaiting) {
    (records_.*ask_)(std::move(changes_), [this, awaiting](Result<void> outcome) {
      outcome_.emplace(std::move(outcome));
      awaiting.resume();
    });
  }
  Result<void> await_resume() { return *std::move(outcome_); }

 private:
  RecordStream& records_;
  const Ask ask_;
  std::vector<RecordChange> changes_;
  std::optional<Result<void>> outcome_;
};

}  // namespace pawl
