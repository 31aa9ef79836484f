#include "orchestrator/shard/mailbox.h"

#include <thread>
#include <utility>

namespace pawl {
namespace {

thread_local const Mailbox* t_mailbox = nullptr;

}  // namespace

Mailbox::Here::Here(const Mailbox& mailbox) : before_(std::exchange(t_mailbox, &mailbox)) {}
Mailbox::Here::~Here() { t_mailbox = before_; }

bool Mailbox::is_here() const { return t_mailbox == this; }

bool Mailbox::post(ShardCall&& call) {
  Message message(std::move(call));
  if (!inbox_.try_push(message)) {
    call = std::move(std::get<ShardCall>(message));
    return false;
  }
  parking_.wake();
  // Either close() has seen this message, or it is seen here that the mailbox is closed.
  if (closed_.load(std::memory_order_seq_cst)) [[unlikely]]
    drop_all();
  return true;
}

void Mailbox::finished(FinishedAttempt attempt) {
  while (!try_finished(attempt)) std::this_thread::yield();
}

bool Mailbox::try_finished(FinishedAttempt& attempt) {
  if (is_here()) {
    own_.push_back(std::move(attempt));
    return true;
  }
  Message message(std::move(attempt));
  if (!inbox_.try_push(message)) {
    if (is_stopping()) return true;
    attempt = std::move(std::get<FinishedAttempt>(message));
    return false;
  }
  parking_.wake();
  return true;
}

void Mailbox::nudge() {
  nudged_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

void Mailbox::handlers_added() {
  handlers_added_.store(true, std::memory_order_seq_cst);
  nudge();
}

void Mailbox::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  parking_.wake();
}

bool Mailbox::take_nudge() {
  return nudged_.load(std::memory_order_relaxed) && nudged_.exchange(false, std::memory_order_seq_cst);
}

void Mailbox::close() {
  closed_.store(true, std::memory_order_seq_cst);
  drop_all();
}

void Mailbox::drop_all() {
  while (inbox_.try_pop()) {
  }
}

}  // namespace pawl
