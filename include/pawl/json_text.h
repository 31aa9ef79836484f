// JsonText is JSON as the engine carries it: immutable bytes, shared by count. Args, results, inputs and errors pass
// through whole workflows in this form and are parsed only where an expression or a handler looks inside.
//
// An empty JsonText stands for `null` and costs no allocation: most tasks return nothing.
// Threads: copies may be used and dropped on any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "pawl/json.h"

namespace pawl {

class JsonText {
 public:
  JsonText() = default;
  JsonText(const JsonText& other) noexcept : block_(other.block_) { retain(); }
  JsonText(JsonText&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  JsonText& operator=(JsonText other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~JsonText() { release(); }

  // The bytes should be one valid JSON document; `null` becomes the empty JsonText.
  static JsonText copy_of(std::string_view json);
  static JsonText from(const Json& value);

  [[nodiscard]] bool is_null() const { return block_ == nullptr; }
  [[nodiscard]] std::string_view view() const {
    return block_ == nullptr ? std::string_view("null") : std::string_view(block_->bytes(), block_->size);
  }
  // The value. Bytes that are not JSON, which a damaged store or one of an older version can hold, give an object with
  // the code `corruption` and a message instead.
  [[nodiscard]] Json parse() const;
  // The value. Error: `corruption` if the bytes are not JSON.
  [[nodiscard]] Result<Json> try_parse() const;

  friend bool operator==(const JsonText& a, const JsonText& b) { return a.block_ == b.block_ || a.view() == b.view(); }

 private:
  struct Block {
    std::atomic<std::uint32_t> references;
    std::size_t size;
    [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  };

  void retain() const {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release() {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) ::operator delete(block_);
  }

  Block* block_ = nullptr;
};

}  // namespace pawl
