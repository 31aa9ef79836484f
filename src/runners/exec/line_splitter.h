// Cuts a stream that arrives in arbitrary pieces into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace pawl::runners {

class LineSplitter {
 public:
  // Gets each line without its "\n" or "\r\n".
  using Sink = std::function<void(std::string_view line)>;

  // A longer line comes in pieces of about this length, so that a program that never ends its line is heard, too, and
  // its memory stays bounded. A piece does not cut a character in two.
  static constexpr std::size_t kLongest = 4096;

  explicit LineSplitter(Sink sink) : sink_(std::move(sink)) {}

  void add(std::string_view bytes);

  // The stream has ended: its last line may lack the newline.
  void end();

 private:
  void end_line(std::string_view rest);
  void emit_piece();

  Sink sink_;
  std::string pending_;     // the open line so far; at most kLongest
  bool continued_ = false;  // pieces of the open line have been emitted
};

}  // namespace pawl::runners
