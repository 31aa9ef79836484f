// What is wrong with a definition, and exactly where: a path that can be shown to people and found again in a document.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pawl/result.h"

#include "definition/document.h"

namespace pawl::definition {

// The way from the root to a value: member names and element numbers.
using Path = std::vector<std::variant<std::string, std::size_t>>;

struct Problem {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string message;
  Path path;
  bool at_key = false;          // it is the member's name that is wrong, not its value
  std::vector<Problem> more{};  // what else is wrong, where the reader could go on
};

// No more are looked for, the first one included.
inline constexpr std::size_t kMostProblems = 20;

// Adds `problem`, and what it has beside itself, to those that are `found` already. Whether there may be more.
bool collect(std::optional<Problem>& found, Problem problem);

template <class T>
using Checked = std::expected<T, Problem>;

[[nodiscard]] inline std::unexpected<Problem> wrong(Path path, std::string message,
                                                    ErrorCode code = ErrorCode::invalid_argument) {
  return std::unexpected<Problem>(Problem{.code = code, .message = std::move(message), .path = std::move(path)});
}

// The same for the name of the member to which `path` leads.
[[nodiscard]] inline std::unexpected<Problem> wrong_key(Path path, std::string message) {
  return std::unexpected<Problem>(Problem{.message = std::move(message), .path = std::move(path), .at_key = true});
}

// What was read goes into `target`, if it could be read.
template <class Target, class T>
Checked<void> assign(Target& target, Checked<T> read) {
  if (!read) return std::unexpected(std::move(read.error()));
  target = *std::move(read);
  return {};
}

// "tasks.load.dependencies[0]"; a name that is no plain word is quoted: `tasks["fetch-data"].timeout`.
[[nodiscard]] std::string field_of(const Path& path);

// `path` and a field below it as a handler's check names it: "args[1].cwd".
[[nodiscard]] Path below(Path path, std::string_view field);

// The problem as an error without a position, for definitions made in code.
[[nodiscard]] Error to_error(Problem problem);

// The same with the position of the value at the path (or of its key), or of the nearest value around it.
[[nodiscard]] Error to_error(Problem problem, Node root);

}  // namespace pawl::definition
