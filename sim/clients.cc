#include "sim/clients.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace pawl::sim {

bool is_refusal(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::already_exists:
    case ErrorCode::invalid_state:
    case ErrorCode::conflict:
    case ErrorCode::limit_exceeded:
      return true;
    default:
      return false;
  }
}

void Clients::connect(SimNode& node) {
  node_ = &node;
  ++life_;
  unanswered_.clear();
  policy_changes_ = 0;
  if (!is_stored()) set_stored(true);
  // What was never stored is gone.
  std::erase_if(created_, [&](const std::string& id) {
    if (!checker_.is_loose(id)) return false;
    const Result<bool> is_there = node.store().contains(id);
    return is_there && !*is_there;
  });
}

void Clients::disconnect() {
  ++life_;
  node_ = nullptr;
}

void Clients::set_stored(bool stored) {
  if (stored == is_stored()) return;
  ++stores_;
  checker_.set_stored(stored);
  for (const std::string& id : created_) checker_.loosen(id);
}

std::string Clients::new_id() { return next_id_ < most_ ? fmt::format("w{}", next_id_++) : std::string(); }

std::string Clients::pick() {
  if (created_.empty()) return {};
  return *std::next(created_.begin(), static_cast<std::ptrdiff_t>(random_.next() % created_.size()));
}

Actor Clients::next_actor(std::string_view operation) {
  return {.kind = "user", .name = fmt::format("{} {}", operation, asked_++)};
}

void Clients::look_at(std::string_view operation, const Error& error) {
  if (error.code == ErrorCode::internal || error.code == ErrorCode::corruption)
    checker_.violate(fmt::format("{}: {}", operation, error.message));
}

void Clients::note_answer(const std::string& id, const std::string& by, const Error* refusal, Leaves leaves,
                          std::uint64_t stores) {
  if (stores != stores_ || !is_stored()) return checker_.loosen(id);
  if (refusal == nullptr) return checker_.acknowledged(id, by, leaves == Leaves::an_event);
  if (is_refusal(refusal->code)) checker_.refused(id, by);
}

}  // namespace pawl::sim
