// Where in a shell line one stands: in which quotes, and as which word of which command.
//
// It knows quotes, escapes, comments, command substitutions and arithmetic; here-documents and `case` are read as if
// they were commands.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::definition {

class ShellContext {
 public:
  ShellContext() : frames_(1) {}

  // Goes on over `text`.
  void read(std::string_view text);
  // Goes on over a value that is not known, as a part of the word.
  void read_value() { word() += '$'; }

  // '"', '\'', or 0.
  [[nodiscard]] char quote() const { return frames_.back().quote; }
  // Within `$(( ))` or `(( ))`.
  [[nodiscard]] bool is_arithmetic() const { return frames_.back().is_arithmetic; }
  // The words of the command up to here, without their quotes; the last one is what stands here, and may be empty.
  [[nodiscard]] std::vector<std::string> words() const;

 private:
  // A line, or what stands in a `$( )` in it.
  struct Frame {
    char quote = 0;
    bool is_arithmetic = false;
    char closed_by = 0;     // ')' or '`'
    std::size_t depth = 0;  // of parentheses within
    bool has_word = false;  // the last of `words` goes on
    std::vector<std::string> words;
  };

  std::string& word();
  // How many characters more than one are taken at the front of `rest`.
  std::size_t take(std::string_view rest);
  std::size_t take_bare(std::string_view rest);
  // Whether `rest` opens or closes a substitution; how much more of it is taken.
  bool substitute(std::string_view rest, std::size_t& more);
  void end_command();
  void open(char closed_by, bool is_arithmetic);

  std::vector<Frame> frames_;
};

}  // namespace pawl::definition
