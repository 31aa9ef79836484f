// Who waits for the end of a workflow of one shard. Threads: the shard's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/result.h"

#include "core/workflow.h"

namespace pawl {

class EndWaiter {
 public:
  virtual ~EndWaiter() = default;
  // Either of these is called, once, on the shard's thread: the workflow has ended, durably, in this state; or the
  // shard no longer knows the workflow (it went down), and whoever still wants to wait asks again.
  virtual void ended(const std::shared_ptr<const core::Workflow>& workflow) = 0;
  virtual void lost(const Error& why) = 0;
};

class EndWaiters {
 public:
  using List = std::vector<std::weak_ptr<EndWaiter>>;

  // Those that are still there.
  static void tell(const List& waiters, const std::shared_ptr<const core::Workflow>& ended);
  static void lose(const List& waiters, const Error& why);

  // `place`: of the workflow in its shard.
  void add(std::uint32_t place, const std::shared_ptr<EndWaiter>& waiter);
  // Whether somebody waits for the workflow at `place`.
  [[nodiscard]] bool has(std::uint32_t place) const { return !by_place_.empty() && by_place_.contains(place); }
  // Those who wait for the workflow at `place`; from now on they do not.
  [[nodiscard]] List take(std::uint32_t place);
  // The next tell_ends() tells those who wait for the workflow at `place`.
  void will_tell(std::uint32_t place, std::shared_ptr<const core::Workflow> ended);
  void tell_ends();
  void lose_all(const Error& why);

 private:
  struct UntoldEnd {
    List waiters;
    std::shared_ptr<const core::Workflow> workflow;
  };

  boost::unordered_flat_map<std::uint32_t, List> by_place_;
  std::vector<UntoldEnd> untold_;
};

}  // namespace pawl
