// A text as yaml-cpp reads it: without a copy, and with a bound on what the parser hoards.
//
// yaml-cpp 0.7 cannot know whether `[` or `{` opens a key before it has found the matching bracket, and keeps every
// token until then: some 200 bytes of memory for each byte of text. So the source runs dry when nothing was completed
// for too long, and a bracket that opens the whole document is led in by a `---`, after which no key can stand.
#pragma once

#include <cstddef>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>

#include <yaml-cpp/mark.h>

#include "base/text.h"

namespace pawl::definition {

class YamlInput final : public std::streambuf {
 public:
  // How many bytes may pass before something is complete: more than the longest argument of a task. A document that
  // makes the parser hoard all the way takes half a gigabyte.
  static constexpr std::size_t kMaxHoarded = 2'097'152;

  explicit YamlInput(std::string_view text);

  // Tells that the parser completed something.
  void progress() { progress_ = taken_; }
  [[nodiscard]] bool ran_dry() const { return ran_dry_; }

  [[nodiscard]] Position position(const YAML::Mark& mark) const;
  [[nodiscard]] Position end_position() const { return line_and_column(text_, text_.size()); }
  // The text from the mark on.
  [[nodiscard]] std::string_view text_at(const YAML::Mark& mark) const;

 protected:
  int_type underflow() override;

 private:
  void lend(std::string_view chunk);

  std::string_view text_;
  std::string_view lead_;  // what the parser reads before text_[start_]
  std::size_t start_ = 0;
  Position start_position_ = {};
  std::size_t taken_ = 0;  // of text_
  std::size_t progress_ = 0;
  bool ran_dry_ = false;
};

// The first character that YAML does not allow in a text, or that yaml-cpp mistakes for something else; npos if there
// is none. Takes UTF-8 without NUL.
[[nodiscard]] std::size_t find_forbidden_in_yaml(std::string_view text);

}  // namespace pawl::definition
