// The last bytes of a stream of any length, in memory that its limit bounds; each byte is copied once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_stream.h"

namespace pawl::runners {

class OutputTail {
 public:
  // What is known of bytes that are not kept any more.
  enum class Watch : std::uint8_t { nothing, json };

  explicit OutputTail(std::size_t limit, Watch watch = Watch::nothing) : limit_(limit), watch_(watch) {}

  void add(std::string_view bytes);

  // What was kept, in order. Ends the tail's use.
  [[nodiscard]] std::string take();

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  // With Watch::json: whether the stream, too long to be kept, is an array, object or string of JSON as a whole.
  [[nodiscard]] bool is_long_json() const { return json_ && json_->is_document(); }

 private:
  void watch(std::string_view bytes);

  std::size_t limit_;
  Watch watch_;
  std::string ring_;        // grows up to limit_, then wraps
  std::size_t oldest_ = 0;  // where the oldest byte stands once the ring is full; 0 before
  std::uint64_t dropped_ = 0;
  std::optional<JsonStream> json_;  // from when the ring is full, if it looks like JSON
};

}  // namespace pawl::runners
