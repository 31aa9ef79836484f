// Where a quoted YAML scalar should have ended. yaml-cpp takes every line up to the next quote, and all of the rest if
// there is none, so a forgotten quote would swallow the fields and tasks below it without a word.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace pawl::definition {

// How deep the block collections are indented that enclose what is read.
class YamlIndentation {
 public:
  // `column` is that of the first key or `-`, from 1 on.
  void begin_block(std::size_t column) { columns_.push_back(column); }
  // Within brackets, the indentation is that of the block around them.
  void begin_flow() { columns_.push_back(least()); }
  void end() { columns_.pop_back(); }

  // With how many spaces a line must begin that continues a scalar.
  [[nodiscard]] std::size_t least() const { return columns_.empty() ? 0 : columns_.back(); }

 private:
  std::vector<std::size_t> columns_;
};

// Whether the scalar at the front of `text`, with its tag and anchor if it has any, is one in quotes that are not
// closed, or only behind a line with less than `least` spaces in front.
[[nodiscard]] bool is_quote_left_open(std::string_view text, std::size_t least);

}  // namespace pawl::definition
