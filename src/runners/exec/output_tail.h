// The last bytes of a stream of any length, in memory that its limit bounds; each byte is copied once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::runners {

class OutputTail {
 public:
  explicit OutputTail(std::size_t limit) : limit_(limit) {}

  void add(std::string_view bytes);

  // What was kept, in order. Ends the tail's use.
  [[nodiscard]] std::string take();

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  std::size_t limit_;
  std::string ring_;        // grows up to limit_, then wraps
  std::size_t oldest_ = 0;  // where the oldest byte stands once the ring is full; 0 before
  std::uint64_t dropped_ = 0;
};

}  // namespace pawl::runners
