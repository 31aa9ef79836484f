// The record stream writes what a node stores apart from its workflows: policies, the states of circuit breakers,
// snapshots. It commits as a shard does, with a sequence of its own, beside the shards: none of them waits for it.
//
// Who needs a record to be durable is told when it is (write, remove); who does not posts it, and of several that are
// posted of one record only the last is written. When a commit fails, those who wait are refused, what was posted is
// kept, and the stream acquires the store anew, as shards do (supervisor.h). Removals of records make room: they also
// succeed meanwhile. It is the entry of its thread, where exceptions end: none leaves step().
//
// Nothing here waits, but settle() and close(): who owns the thread (or the simulated time) calls step() and,
// while it returns false, park(). Threads: write(), remove(), post(), call() and stop() any, the others its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/parking.h"
#include "base/time.h"
#include "model/records/record.h"
#include "persistence/store.h"

namespace pawl {

class RecordStream final : public CommitListener {
 public:
  // As Node::renew: the store to go on with after the one under this epoch did not work.
  using Renew = std::function<Result<std::pair<Store*, Epoch>>(Epoch failed)>;
  // It went down, or (nullptr) came up again.
  using Tell = std::function<void(const Error* why)>;
  using Call = std::move_only_function<void(RecordStream&)>;
  using Outcome = std::move_only_function<void(Result<void>)>;

  RecordStream(const Clock& clock, Renew renew, Tell tell)
      : clock_(clock), renew_(std::move(renew)), tell_(std::move(tell)) {}

  // Nothing is recorded: write() and remove() are refused for this reason. Before anybody else is here.
  void refuse(Error why) { refusal_ = std::move(why); }

  // Makes the changes durable, together. `outcome` is called once, on the stream's thread or, if it is refused, on this
  // one. Error: `unavailable`: they may be stored or not. In a store that is not durable they are nothing.
  void write(std::vector<RecordChange> changes, Outcome outcome);
  // The same for changes that are all removals.
  void remove(std::vector<RecordChange> removals, Outcome outcome);
  // Makes it durable some time. In order with write(): of two changes of a record the later one counts.
  void post(RecordChange change);
  // To be done on the stream's thread. False, and it is not: after close().
  bool call(Call act);
  void stop();
  [[nodiscard]] bool is_stopping() const { return stopping_.load(std::memory_order_seq_cst); }

  // From now on it commits to this store, also what has been asked for already. Where nothing is durable, what the node
  // has nowhere else is refused.
  void use_store(Store& store, Epoch epoch);
  // One step. False: there was nothing to do.
  bool step();
  // When step() is worth calling although nothing arrives.
  [[nodiscard]] std::optional<Timestamp> due() const;
  // Waits until then, or until something arrives. If that is the end of a commit, the thread sees to it.
  void park();
  // Waits until all that was asked for is durable. Error: why it will not be.
  Result<void> settle();
  // After the last step: makes durable what can be, and refuses whatever else there is, and all that comes.
  void close();

  void committed(std::uint64_t sequence, Result<void> outcome) override;

 private:
  struct Request {
    std::vector<RecordChange> changes;
    bool makes_room = false;
    Outcome outcome;
  };
  // Records, by what they are.
  using Posted = std::map<std::pair<RecordKind, std::string>, std::optional<std::string>>;
  struct Flight {
    std::uint64_t sequence = 0;
    std::vector<Request> requests;
    Posted posted;
    bool makes_room = false;
  };

  void ask(Request request);
  bool act();
  bool take_call();
  bool take_outcome();
  std::optional<Flight> take_flight();
  bool commit_next();
  void be_fenced();
  void fail_flight(const Error& why);
  void put_back(Posted posted);
  bool refuse_waiting();
  bool mend();
  void go_down(const Error& why);
  void come_up(const std::pair<Store*, Epoch>& renewed);
  [[nodiscard]] bool has_work() PAWL_EXCLUDES(mutex_);

  const Clock& clock_;
  const Renew renew_;
  const Tell tell_;
  std::optional<Error> refusal_;
  Parking parking_;
  std::atomic<bool> stopping_{false};

  Store* store_ = nullptr;
  Epoch epoch_{};
  std::uint64_t last_sequence_ = 0;
  std::optional<Flight> flight_;  // one at a time: what comes meanwhile goes together
  std::optional<Error> down_;
  Timestamp next_try_{};
  Duration delay_{};

  Mutex mutex_;
  std::deque<Request> waiting_ PAWL_GUARDED_BY(mutex_);
  Posted posted_ PAWL_GUARDED_BY(mutex_);
  std::deque<Call> calls_ PAWL_GUARDED_BY(mutex_);
  std::optional<std::pair<std::uint64_t, Result<void>>> outcome_ PAWL_GUARDED_BY(mutex_);  // of the flight
  bool closed_ PAWL_GUARDED_BY(mutex_) = false;
};

}  // namespace pawl
