// Attempts that are out with runners that can force their end: until such a one has ended, its task has no other one.
//
// By workflow id and action, not by a place in a shard's memory: a shard that goes down and reads its workflows again
// still knows of them, and so does a workflow that was revived.
//
// Threads: its shard's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/definition.h"
#include "pawl/types.h"

namespace pawl {

class AttemptsOut {
 public:
  struct Attempt {
    std::uint32_t attempt = 0;
    std::optional<Timestamp> ends_by{};  // it was told to stop; by the wall clock
  };

  void add(const std::string& workflow, TaskIndex action, std::uint32_t attempt) {
    out_.insert_or_assign(Key(workflow, action), Attempt{.attempt = attempt});
  }
  // It is given until `ends_by`, unless that was less before.
  void stop(const std::string& workflow, TaskIndex action, std::uint32_t attempt, Timestamp ends_by) {
    const auto found = out_.find(KeyView(workflow, action));
    if (found == out_.end() || found->second.attempt != attempt) return;
    found->second.ends_by = std::min(ends_by, found->second.ends_by.value_or(ends_by));
  }
  void remove(const std::string& workflow, TaskIndex action, std::uint32_t attempt) {
    if (out_.empty()) return;
    const auto found = out_.find(KeyView(workflow, action));
    if (found != out_.end() && found->second.attempt == attempt) out_.erase(found);
  }
  // nullptr: there is none.
  [[nodiscard]] const Attempt* find(std::string_view workflow, TaskIndex action) const {
    if (out_.empty()) return nullptr;
    const auto found = out_.find(KeyView(workflow, action));
    return found == out_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  using Key = std::pair<std::string, TaskIndex>;
  using KeyView = std::pair<std::string_view, TaskIndex>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const KeyView& key) const { return boost::hash_value(key); }
    std::size_t operator()(const Key& key) const { return boost::hash_value(KeyView(key)); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return KeyView(a) == KeyView(b); }
  };

  boost::unordered_flat_map<Key, Attempt, Hash, Equal> out_;
};

}  // namespace pawl
