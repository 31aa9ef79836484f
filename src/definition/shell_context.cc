#include "definition/shell_context.h"

#include <algorithm>

namespace pawl::definition {

void ShellContext::read(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) i += take(text.substr(i));
}

std::vector<std::string> ShellContext::words() const {
  std::vector<std::string> words = frames_.back().words;
  if (!frames_.back().has_word) words.emplace_back();
  return words;
}

std::string& ShellContext::word() {
  Frame& frame = frames_.back();
  if (!frame.has_word) frame.words.emplace_back();
  frame.has_word = true;
  return frame.words.back();
}

void ShellContext::end_command() {
  frames_.back().words.clear();
  frames_.back().has_word = false;
}

void ShellContext::open(char closed_by, bool is_arithmetic) {
  word() += '$';
  frames_.push_back({.is_arithmetic = is_arithmetic, .closed_by = closed_by, .words = {}});
}

bool ShellContext::substitute(std::string_view rest, std::size_t& more) {
  Frame& frame = frames_.back();
  if (rest.starts_with("$((")) {
    open(')', true);
    more = 2;
  } else if (rest.starts_with("$(")) {
    open(')', false);
    more = 1;
  } else if (frame.quote == 0 && frame.is_arithmetic && frame.depth == 0 && rest.starts_with("))")) {
    frames_.pop_back();
    more = 1;
  } else if (frame.quote == 0 && frame.closed_by == rest.front() && frame.depth == 0 && !frame.is_arithmetic) {
    frames_.pop_back();
  } else if (rest.front() == '`') {
    open('`', false);
  } else {
    return false;
  }
  return true;
}

std::size_t ShellContext::take(std::string_view rest) {
  Frame& frame = frames_.back();
  const char c = rest.front();
  if (frame.quote == '\'') {
    if (c == '\'') {
      frame.quote = 0;
    } else {
      word() += c;
    }
    return 0;
  }
  if (c == '\\') {
    if (rest.size() > 1) word() += rest[1];
    return 1;
  }
  std::size_t more = 0;
  if (substitute(rest, more)) return more;
  if (frame.quote == 0) return take_bare(rest);
  if (c == '"') {
    frame.quote = 0;
  } else {
    word() += c;
  }
  return 0;
}

std::size_t ShellContext::take_bare(std::string_view rest) {
  Frame& frame = frames_.back();
  const char c = rest.front();
  if (c == '"' || c == '\'') {
    word();
    frame.quote = c;
  } else if (c == '#' && !frame.has_word && !frame.is_arithmetic) {
    return std::min(rest.find('\n'), rest.size()) - 1;
  } else if (c == ' ' || c == '\t') {
    frame.has_word = false;
  } else if (rest.starts_with("((") && !frame.has_word && !frame.is_arithmetic) {
    open(')', true);
    return 1;
  } else if (c == '(') {
    ++frame.depth;
    end_command();
  } else if (c == ')') {
    frame.depth -= frame.depth > 0 ? 1 : 0;
    end_command();
  } else if (c == '\n' || c == ';' || c == '|' || c == '&') {
    end_command();
  } else {
    word() += c;
  }
  return 0;
}

}  // namespace pawl::definition
