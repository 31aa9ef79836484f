#include "orchestrator/record_stream.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "base/log.h"
#include "orchestrator/ask.h"

namespace pawl {
namespace {

// As that of shards: how long the thread spins before it sleeps, and how often a store that does not work is tried.
constexpr std::chrono::microseconds kSpin(50);
constexpr Duration kFirstRetry(50);
constexpr Duration kLastRetry(2000);

// What the node has in memory, too, and brings along to the next store: it counts also where nothing is stored.
bool is_in_memory(const RecordChange& change) { return change.kind != RecordKind::snapshot; }

}  // namespace

void RecordStream::write(std::vector<RecordChange> changes, Outcome outcome) {
  ask({.changes = std::move(changes), .makes_room = false, .outcome = std::move(outcome)});
}

void RecordStream::remove(std::vector<RecordChange> removals, Outcome outcome) {
  ask({.changes = std::move(removals), .makes_room = true, .outcome = std::move(outcome)});
}

// What was posted of the same records before is over.
void RecordStream::ask(Request request) {
  if (refusal_) return request.outcome(std::unexpected(*refusal_));
  bool is_closed = false;
  {
    const MutexLock lock(mutex_);
    is_closed = closed_;
    if (!is_closed) {
      for (const RecordChange& change : request.changes) posted_.erase({change.kind, change.key});
      waiting_.push_back(std::move(request));
    }
  }
  if (is_closed) return request.outcome(std::unexpected(engine_stopping()));  // NOLINT(bugprone-use-after-move)
  parking_.wake();
}

void RecordStream::post(RecordChange change) {
  if (refusal_) return;
  {
    const MutexLock lock(mutex_);
    posted_.insert_or_assign({change.kind, std::move(change.key)}, std::move(change.value));
  }
  parking_.wake();
}

bool RecordStream::call(Call act) {
  {
    const MutexLock lock(mutex_);
    if (closed_) return false;
    calls_.push_back(std::move(act));
  }
  parking_.wake();
  return true;
}

void RecordStream::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

void RecordStream::use_store(Store& store, Epoch epoch) {
  store_ = &store;
  epoch_ = epoch;
}

bool RecordStream::step() {
  try {
    return act();
  } catch (const std::exception& broken) {
    const Error why{.code = ErrorCode::internal, .message = broken.what()};
    if (flight_) {
      fail_flight(why);
    } else {
      go_down(why);
    }
    return true;
  }
}

bool RecordStream::act() {
  if (take_call() || take_outcome()) return true;
  if (flight_) return false;
  if (down_) return refuse_waiting() || mend();
  return commit_next();
}

bool RecordStream::take_call() {
  Call act;
  {
    const MutexLock lock(mutex_);
    if (calls_.empty()) return false;
    act = std::move(calls_.front());
    calls_.pop_front();
  }
  act(*this);
  return true;
}

// Requests from the front, of one kind, so that what makes room is alone; and what was posted, if nothing that was
// asked for before it is left behind. What was posted of a record that a request changes comes after that, and may be
// replaced by whoever asked.
std::optional<RecordStream::Flight> RecordStream::take_flight() {
  const MutexLock lock(mutex_);
  if (waiting_.empty() && posted_.empty()) return std::nullopt;
  Flight flight{.sequence = ++last_sequence_, .requests = {}, .posted = {}};
  flight.makes_room = !waiting_.empty() && waiting_.front().makes_room;
  while (!waiting_.empty() && waiting_.front().makes_room == flight.makes_room) {
    flight.requests.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (!waiting_.empty() || flight.makes_room) return flight;
  flight.posted.swap(posted_);
  for (const Request& request : flight.requests)
    for (const RecordChange& change : request.changes) posted_.insert(flight.posted.extract({change.kind, change.key}));
  return flight;
}

bool RecordStream::commit_next() {
  std::optional<Flight> flight = take_flight();
  if (!flight) return false;
  if (!store_->is_durable()) {
    for (Request& request : flight->requests)
      request.outcome(std::ranges::all_of(request.changes, is_in_memory)
                          ? Result<void>()
                          : fail(ErrorCode::invalid_state, "persistence was disabled meanwhile"));
    return true;
  }
  flight_ = std::move(flight);  // before anything that may throw: then it is answered
  std::vector<RecordChange> changes;
  for (const Request& request : flight_->requests) std::ranges::copy(request.changes, std::back_inserter(changes));
  for (const auto& [record, value] : flight_->posted)
    changes.push_back({.kind = record.first, .key = record.second, .value = value});
  store_->commit({.epoch = epoch_,
                  .sequence = flight_->sequence,
                  .workflows = {},
                  .records = changes,
                  .makes_room = flight_->makes_room},
                 *this);
  return true;
}

void RecordStream::committed(std::uint64_t sequence, Result<void> outcome) {
  {
    const MutexLock lock(mutex_);
    outcome_.emplace(sequence, std::move(outcome));
  }
  parking_.wake();
}

bool RecordStream::take_outcome() {
  std::optional<std::pair<std::uint64_t, Result<void>>> outcome;
  {
    const MutexLock lock(mutex_);
    outcome = std::exchange(outcome_, std::nullopt);
  }
  if (!outcome || !flight_ || outcome->first != flight_->sequence) return false;
  if (outcome->second) {
    delay_ = {};
    Flight flight = *std::exchange(flight_, std::nullopt);
    for (Request& request : flight.requests) request.outcome({});
  } else if (outcome->second.error().code == ErrorCode::fenced) {
    be_fenced();
  } else {
    fail_flight(outcome->second.error());
  }
  return true;
}

// Nothing of the flight was written: a shard has acquired the store anew.
void RecordStream::be_fenced() {
  const Result<std::pair<Store*, Epoch>> renewed = renew_(epoch_);
  if (!renewed) return fail_flight(renewed.error());
  Flight flight = *std::exchange(flight_, std::nullopt);
  put_back(std::move(flight.posted));
  {
    const MutexLock lock(mutex_);
    waiting_.insert(waiting_.begin(), std::make_move_iterator(flight.requests.begin()),
                    std::make_move_iterator(flight.requests.end()));
  }
  come_up(*renewed);
}

void RecordStream::fail_flight(const Error& why) {
  Flight flight = *std::exchange(flight_, std::nullopt);
  put_back(std::move(flight.posted));
  for (Request& request : flight.requests) request.outcome(std::unexpected(why));
  go_down(why);
}

// But what has been asked for or posted since counts.
void RecordStream::put_back(Posted posted) {
  const MutexLock lock(mutex_);
  for (const Request& request : waiting_)
    for (const RecordChange& change : request.changes) posted.erase({change.kind, change.key});
  posted_.merge(posted);
}

void RecordStream::go_down(const Error& why) {
  if (!down_) tell_(&why);
  down_ = why;
  delay_ = std::clamp(2 * delay_, kFirstRetry, kLastRetry);
  next_try_ = clock_.now() + delay_;
}

void RecordStream::come_up(const std::pair<Store*, Epoch>& renewed) {
  store_ = renewed.first;
  epoch_ = renewed.second;
  if (std::exchange(down_, std::nullopt)) tell_(nullptr);
}

bool RecordStream::refuse_waiting() {
  std::deque<Request> refused;
  bool has_removals = false;
  {
    const MutexLock lock(mutex_);
    while (!waiting_.empty() && !waiting_.front().makes_room) {
      refused.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    has_removals = !waiting_.empty();
  }
  for (Request& request : refused) request.outcome(std::unexpected(*down_));
  if (has_removals) return commit_next();
  return !refused.empty();
}

bool RecordStream::mend() {
  if (clock_.now() < next_try_) return false;
  const Result<std::pair<Store*, Epoch>> renewed = renew_(epoch_);
  if (renewed) {
    come_up(*renewed);
  } else {
    go_down(renewed.error());
  }
  return true;
}

std::optional<Timestamp> RecordStream::due() const {
  return down_ && !flight_ ? std::optional(next_try_) : std::nullopt;
}

bool RecordStream::has_work() {
  const MutexLock lock(mutex_);
  if (!calls_.empty() || outcome_) return true;
  return !flight_ && (!waiting_.empty() || (!posted_.empty() && !down_));
}

void RecordStream::park() {
  if (flight_) store_->help();
  std::optional<Parking::Clock::time_point> until;
  if (const std::optional<Timestamp> next = due()) until = steady_deadline(*next - clock_.now());
  parking_.wait(until, kSpin, [this] { return is_stopping() || has_work(); });
}

Result<void> RecordStream::settle() {
  for (;;) {
    while (take_outcome() || (!flight_ && !down_ && commit_next())) {
    }
    if (!flight_) return down_ ? Result<void>(std::unexpected(*down_)) : Result<void>();
    store_->help();
    parking_.wait({}, kSpin, [this] {
      const MutexLock lock(mutex_);
      return outcome_.has_value();
    });
  }
}

void RecordStream::close() {
  if (const Result<void> settled = settle(); !settled)
    log().warn("what was to be recorded last may not be stored: {}", describe(settled.error()));
  std::deque<Request> waiting;
  std::deque<Call> calls;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    waiting.swap(waiting_);
    calls.swap(calls_);
    posted_.clear();
  }
  for (Request& request : waiting) request.outcome(std::unexpected(engine_stopping()));
}

}  // namespace pawl
