// A permit that a source has granted. It ends once: with what its attempt says of the source, or, when it is destroyed,
// unused. Threads: the shard's that acquired it.
#pragma once

#include <string>
#include <utility>

#include "base/assert.h"
#include "orchestrator/permits/permit_source.h"

namespace pawl {

class Permit {
 public:
  Permit(PermitSource& source, std::string key, PermitTicket ticket)
      : source_(&source), key_(std::move(key)), ticket_(ticket) {}
  Permit(Permit&& other) noexcept
      : source_(std::exchange(other.source_, nullptr)), key_(std::move(other.key_)), ticket_(other.ticket_) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(source_, other.source_);
    std::swap(key_, other.key_);
    std::swap(ticket_, other.ticket_);
    return *this;
  }
  ~Permit() {
    if (source_ != nullptr) source_->end(key_, ticket_, policy::Verdict::none, Timestamp());
  }

  void end(policy::Verdict verdict, Timestamp now) {
    PAWL_ASSERT(source_ != nullptr, "a permit for {} ends a second time", key_);
    std::exchange(source_, nullptr)->end(key_, ticket_, verdict, now);
  }
  // The process ends, and its sources with it.
  void abandon() { source_ = nullptr; }

 private:
  PermitSource* source_;  // null: it has ended
  std::string key_;
  PermitTicket ticket_;
};

}  // namespace pawl
