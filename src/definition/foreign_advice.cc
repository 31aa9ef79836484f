// What is said of a key by a word of other systems, and of a value in their shape.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "definition/foreign_words.h"

namespace pawl::definition {
namespace {

// `dependsOn`, `depends-on` and `Depends_On` are one word.
std::string plain(std::string_view word) {
  std::string letters;
  for (const char c : word)
    if (c != '-' && c != '_') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (plain(words.substr(0, end)) == wanted) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::string_view find(std::span<const ForeignWords> table, std::string_view key) {
  const std::string wanted = plain(key);
  for (const ForeignWords& row : table)
    if (has_word(row.words, wanted)) return row.advice;
  return {};
}

// Fit to be repeated in an example.
bool is_simple_id(std::string_view text) {
  constexpr std::size_t kLongestPlain = 40;
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= kLongestPlain && std::ranges::all_of(text, plain);
}

// The id that the first element of a list of tasks has in other systems.
std::string_view id_in(Node list) {
  for (const Node element : list.elements()) {
    if (element.kind() != NodeKind::object) break;
    for (const auto& [key, value] : element.members())
      if ((key.string() == "id" || key.string() == "name") && value.kind() == NodeKind::string &&
          is_simple_id(value.string()))
        return value.string();
    break;
  }
  return "a";
}

}  // namespace

std::string_view advice_on(std::string_view key, KeyOf what) {
  std::string_view advice = find(foreign_words(what), key);
  if (advice.empty() && key.starts_with("x-"))
    return "a definition has only the fields that are known; leave it out, or make it a comment: `# x`";
  if (advice.empty() && what == KeyOf::task) advice = find(foreign_words(KeyOf::compensation), key);
  return advice;
}

std::string advice_on_shape(std::string_view key, Node value) {
  const bool is_list = value.kind() == NodeKind::array;
  const bool is_object = value.kind() == NodeKind::object;
  const bool is_text = value.kind() == NodeKind::string;
  if (key == "tasks" && is_list)
    return fmt::format("write `tasks: {{{}: {{run: make}}}}`, an id before each task", id_in(value));
  if (key == "dependencies" && is_text && is_simple_id(value.string()))
    return fmt::format("write `dependencies: [{}]`", value.string());
  if (key == "dependencies") return std::string(advice_on("depends_on", KeyOf::task));
  if (key == "run" && is_object) return "write `run: make test`, with `cwd`, `env` and `stdin` beside it";
  if (key == "env" && is_list) return std::string(advice_on("environment", KeyOf::task));
  if (key == "args" && (is_text || is_object)) return "write `args: [1, two]`";
  if (key == "retry_policy" && value.kind() == NodeKind::integer)
    return fmt::format("write `retry_policy: {{max_attempts: {}}}`, the first attempt included", value.integer());
  if (key == "input" && is_list) return "write `input: {who: world}`";
  if (key == "compensation" && is_text) return std::string(advice_on("undo", KeyOf::task));
  return {};
}

}  // namespace pawl::definition
