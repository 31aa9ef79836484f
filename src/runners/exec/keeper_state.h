// What the keeper process knows: its descriptors, and the leaders of the attempts that it has started. What it does
// when it is asked is in keeper_requests.cc, how it ends in keeper_end.cc.
//
// Threads: one. Nothing here allocates, locks or logs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sys/mman.h>
#include <sys/types.h>

#include "runners/exec/descriptor.h"
#include "runners/exec/drains.h"
#include "runners/exec/keeper_process.h"
#include "runners/exec/keeper_protocol.h"
#include "runners/exec/lost_signals.h"
#include "runners/exec/process_tree.h"

namespace pawl::runners {

// While it waits for what was killed, or looks for lost signals.
inline constexpr std::int64_t kLookMs = 10;

// Milliseconds of a clock that never goes back.
[[nodiscard]] std::int64_t monotonic_ms();

// The process that leads an attempt. It stays a zombie until its end is asked for, so that its number stays its own.
struct Leader {
  pid_t pid;  // 0: it is reaped, its group is gone, and its number is another's
  std::uint64_t attempt;
  bool reaped;
  int status;
  bool is_unknown = false;  // there was no status to be had
  bool was_alone = false;   // nothing else was below the keeper since it was started: all orphans are its
  // What the owner reads: its standard output and error.
  FileId pipes[2] = {};
};

// An array that grows without malloc.
class Leaders {
 public:
  // nullptr: there is none.
  Leader* find(std::uint64_t attempt) {
    Leader* const found =
        std::find_if(all_, all_ + count_, [attempt](const Leader& each) { return each.attempt == attempt; });
    return found == all_ + count_ ? nullptr : found;
  }
  // The one that has this number now: it is not reaped.
  Leader* find_process(pid_t pid) {
    Leader* const found =
        std::find_if(all_, all_ + count_, [pid](const Leader& each) { return each.pid == pid && !each.reaped; });
    return found == all_ + count_ ? nullptr : found;
  }
  // A number that is given anew is that of nobody any more: nothing is left of the group that had it.
  void forget_number(pid_t pid) {
    for (std::size_t i = 0; i < count_; ++i)
      if (all_[i].pid == pid) all_[i].pid = 0;
  }
  // One that is to be read by the owner; nullptr: it is not.
  FileId* find_pipe(const FileId& pipe) {
    for (std::size_t i = 0; i < count_; ++i)
      for (FileId& each : all_[i].pipes)
        if (each == pipe) return &each;
    return nullptr;
  }
  // Makes room for one more. False: there is no memory.
  bool reserve() {
    if (running_ == nullptr) {
      void* const bits = ::mmap(nullptr, kPids / kBits, PROT_READ | PROT_WRITE, kPrivate | MAP_NORESERVE, -1, 0);
      if (bits == MAP_FAILED) return false;
      running_ = static_cast<unsigned char*>(bits);
    }
    if (count_ < room_) return true;
    constexpr std::size_t kFirst = 1024;
    const std::size_t room = room_ == 0 ? kFirst : room_ * 2;
    void* const memory = room_ == 0 ? ::mmap(nullptr, room * sizeof(Leader), PROT_READ | PROT_WRITE, kPrivate, -1, 0)
                                    : ::mremap(all_, room_ * sizeof(Leader), room * sizeof(Leader), MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) return false;
    all_ = static_cast<Leader*>(memory);
    room_ = room;
    return true;
  }
  // None of them is alone then.
  void add(const Leader& leader) {
    all_[count_++] = leader;
    mark(leader.pid, true);
    if (count_ == 1) return;
    for (std::size_t i = 0; i < count_; ++i) all_[i].was_alone = false;
  }
  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  // Whether it leads an attempt and is not reaped: of each of a thousand children for each of a thousand attempts.
  [[nodiscard]] bool is_running(pid_t pid) const {
    return running_ != nullptr && pid > 0 && pid < kPids && (running_[pid / kBits] >> (pid % kBits) & 1U) != 0;
  }
  void set_reaped(Leader& leader) {
    leader.reaped = true;
    mark(leader.pid, false);
  }
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t i = 0; i < count_; ++i)
      if (all_[i].pid > 0) visit(all_[i]);
  }
  void remove(const Leader* leader) { all_[leader - all_] = all_[--count_]; }

 private:
  static constexpr pid_t kPids = 1 << 22;  // the kernel's limit
  static constexpr int kBits = 8;
  static constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;

  void mark(pid_t pid, bool runs) {
    const auto bit = static_cast<unsigned char>(1U << static_cast<unsigned>(pid % kBits));
    unsigned char& bits = running_[pid / kBits];
    bits = static_cast<unsigned char>(runs ? bits | bit : bits & ~bit);
  }

  unsigned char* running_ = nullptr;  // a bit for each process id
  Leader* all_ = nullptr;
  std::size_t count_ = 0;
  std::size_t room_ = 0;
};

class KeeperProcess {
 public:
  // Becomes the keeper; the members of `setup` are descriptors of this process.
  void begin(const KeeperSetup& setup);
  [[noreturn]] void run();

 private:
  struct Message {
    Request request;
    std::array<Descriptor, kPassedDescriptors> descriptors;
    std::size_t passed = 0;
    bool truncated = false;
  };

  void keep_descriptors(const KeeperSetup& setup);
  void wait(std::int64_t until_ms);
  // False: the owner is gone.
  bool receive(Message& message);
  void serve(Message& message);
  Reply start(Message& message);
  Reply signal(const Request& request);
  Reply status(const Request& request);
  Reply rest(const Request& request);
  Reply end(const Request& request);
  void reap_orphans();
  void find_rest_of(const Leader& leader);
  bool leaves_rest(const Leader& leader);
  bool has_newborn(const Leader& leader);
  void signal_all(int number);
  void drain_pipes();
  [[noreturn]] void end_all();

  Descriptor socket_;
  Descriptor lock_;
  Descriptor children_;
  Descriptor owner_;
  char* images_ = nullptr;
  std::string_view marker_word_;
  std::int64_t grace_ms_ = 0;
  Leaders leaders_;
  ProcessTree tree_;
  LostSignals lost_;
  Drains drains_;
  KeeperSetup setup_;
};

}  // namespace pawl::runners
