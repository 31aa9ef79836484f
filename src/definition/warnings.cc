#include "definition/warnings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "definition/error_codes.h"
#include "definition/foreign_places.h"
#include "definition/kinds.h"
#include "expression/foreign_names.h"

namespace pawl {
namespace definition {
namespace {

using expression::Access;
using expression::ValueKind;

constexpr std::string_view kOfTask[] = {"result", "error", "state"};
constexpr std::string_view kOfWorkflow[] = {"id", "name"};
// Of a command; the errors of other handlers may have any members.
constexpr std::string_view kOfError[] = {"code", "message", "exit_code", "signal", "signal_name", "stdout", "stderr"};
constexpr std::string_view kOfCommand[] = {"stdout", "stderr", "exit_code"};

bool is_among(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// The names that a member could have been meant to have.
std::vector<std::string_view> names_in(const boost::json::object& object) {
  std::vector<std::string_view> names;
  for (const auto& member : object) names.emplace_back(member.key());
  return names;
}

// Declared is what has a default. What lies deeper may be replaced as a whole: there only what looks misspelt counts.
std::optional<std::string> doubt_input(const Access& access, const Json& declared) {
  const Json* node = &declared;
  for (std::size_t i = 1; i < access.path.size(); ++i) {
    if (!node->is_object() || node->get_object().empty()) return std::nullopt;
    const std::string& name = access.path[i];
    if (const Json* const member = node->get_object().if_contains(name)) {
      node = member;
      continue;
    }
    const std::string meant = did_you_mean(name, names_in(node->get_object()));
    if (i > 1 && meant.empty()) return std::nullopt;
    return fmt::format("{} has no member {}{}; it is null unless a start gives it{}",
                       expression::written_path(access.path, i), in_quotes(name), meant,
                       i == 1 ? fmt::format(": declare it, `input: {{{}: null}}`", name) : std::string());
  }
  return std::nullopt;
}

std::optional<std::string> doubt_state(const Access& access, const Definition& definition, TaskIndex named,
                                       std::optional<TaskIndex> reader) {
  static constexpr auto kStates = std::to_array<std::string_view>(
      {"pending", "running", "completed", "failed", "skipped", "cancelled", "compensated"});
  const std::string& word = access.compared_with->literal;
  if (!is_among(word, kStates))
    return fmt::format("no task is ever in the state {}{}", in_quotes(word), did_you_mean(word, kStates));
  if (!reader) return std::nullopt;
  if (word == "failed" && !definition.rules(named).allow_failure)
    return fmt::format(
        "this is never true: when task {} fails, task {} does not run; `allow_failure: true` on task {} lets it",
        in_quotes(access.path[1]), in_quotes(definition.task_id(*reader)), in_quotes(access.path[1]));
  if (word == "pending" || word == "running")
    return fmt::format("this is never true: task {} has ended before task {} is looked at", in_quotes(access.path[1]),
                       in_quotes(definition.task_id(*reader)));
  return std::nullopt;
}

std::optional<std::string> doubt_task(const Access& access, const Definition& definition,
                                      std::optional<TaskIndex> reader) {
  const std::optional<TaskIndex> named = definition.find_task(access.path[1]);
  if (!named || access.path.size() < 3) return std::nullopt;
  const std::string& part = access.path[2];
  if (!is_among(part, kOfTask))
    return fmt::format("a task has result, error and state, not {}{}", in_quotes(part),
                       expression::foreign_member_hint(access.path[1], part, did_you_mean(part, kOfTask)));
  if (part == "state" && access.compared_with && access.compared_with->kind == ValueKind::text &&
      access.compared_with->is_equal && access.path.size() == 3)
    return doubt_state(access, definition, *named, reader);
  if (part == "error" && reader && !definition.rules(*named).allow_failure)
    return fmt::format(
        "this is always null: when task {} fails, task {} does not run; `allow_failure: true` on task {} lets it",
        in_quotes(access.path[1]), in_quotes(definition.task_id(*reader)), in_quotes(access.path[1]));
  if (access.path.size() < 4) return std::nullopt;
  const std::string& member = access.path[3];
  if (part == "error" && member == "details")
    return fmt::format(
        "the details of an error stand beside its code and message: `tasks.{}.error.NAME`; \"details\" is null",
        access.path[1]);
  if (!is_command(definition.handler(*named))) return std::nullopt;
  const std::span<const std::string_view> known =
      part == "error" ? std::span<const std::string_view>(kOfError) : std::span<const std::string_view>(kOfCommand);
  const std::string meant = is_among(member, known) ? std::string() : did_you_mean(member, known);
  if (meant.empty()) return std::nullopt;
  return part == "error"
             ? fmt::format("a command's error has {}; {} is null{}", fmt::join(kOfError, ", "), in_quotes(member),
                           meant)
             : fmt::format("a command's result has stdout, stderr and exit_code, unless it prints JSON; {} is null{}",
                           in_quotes(member), meant);
}

std::string not_a_condition(std::string_view what, ValueKind kind, std::string_view expression,
                            std::optional<std::string_view> text = {}) {
  return fmt::format("a condition is true, false or nil, and {} is {}; write {}", what, name_of(kind),
                     expression::as_condition(expression, kind, text));
}

std::optional<std::string> doubt_truth(const Access& access, const Definition& definition, const Json& declared,
                                       bool is_condition) {
  if (!(is_condition && access.is_whole) && !access.is_tested) return std::nullopt;
  const std::optional<ValueKind> kind = kind_of(access, definition, declared);
  if (!kind || *kind == ValueKind::boolean) return std::nullopt;
  const std::string text = expression::written_path(access.path, access.path.size());
  const std::optional<std::string_view> example = example_of(access, declared);
  if (is_condition && access.is_whole)
    return not_a_condition(access.path.front() == "input" ? text + " by default" : text, *kind, text, example);
  if (*kind == ValueKind::structure) return std::nullopt;
  return fmt::format(
      "{} is {}, and to `and`, `or` and `not` every text and every number is true, even \"\", \"no\" and 0; "
      "write {}",
      access.path.front() == "input" ? text + " by default" : text, name_of(*kind),
      expression::as_condition(text, *kind, example));
}

// `x.startswith("a")`, and `x.length` of a text or a list.
std::optional<std::string> doubt_method(const Access& access, const Definition& definition, const Json& declared) {
  static constexpr std::string_view kLengths[] = {"length", "len", "size"};
  const std::string object = expression::written_path(access.path, access.path.size() - 1);
  const std::string& method = access.path.back();
  const std::string hint = expression::foreign_method_hint(object, method);
  if (access.is_called) return fmt::format("{} is a value, without functions of its own; {}", object, hint);
  if (access.path.size() < 3 || !is_among(method, kLengths)) return std::nullopt;
  Access without = access;
  without.path.pop_back();
  const std::optional<ValueKind> kind = kind_of(without, definition, declared);
  const bool is_object = kind == ValueKind::structure && access.path.front() == "input" && !is_list(without, declared);
  if (!kind || is_object) return std::nullopt;
  return fmt::format("{} is {}, and has no member {}; {}", object, name_of(*kind), in_quotes(method), hint);
}

// A text of the output that reads like an expression: `tasks.a.result`.
std::optional<std::string> doubt_output(std::string_view text) {
  constexpr std::string_view kRoots[] = {"tasks.", "tasks[", "input.", "input[", "workflow."};
  if (std::ranges::none_of(kRoots, [&](std::string_view root) { return text.starts_with(root); })) return std::nullopt;
  const std::vector<Access> accesses = expression::find_accesses(text);
  if (accesses.size() != 1 || !accesses.front().is_whole) return std::nullopt;
  return fmt::format("this is the text {0}; its value is written `\"${{{{ {0} }}}}\"`", text);
}

std::optional<std::string> doubt(const Access& access, const Definition& definition, const Json& declared,
                                 std::optional<TaskIndex> reader) {
  const std::string& root = access.path.front();
  if (root != "input" && root != "tasks" && root != "workflow") return std::nullopt;
  if (std::optional<std::string> method = doubt_method(access, definition, declared)) return method;
  if (root == "input") return doubt_input(access, declared);
  if (root == "tasks") return doubt_task(access, definition, reader);
  if (root == "workflow" && !is_among(access.path[1], kOfWorkflow))
    return fmt::format("workflow has id and name, not {}{}", in_quotes(access.path[1]),
                       did_you_mean(access.path[1], kOfWorkflow));
  return std::nullopt;
}

}  // namespace

void WarningFinder::note(std::string_view expression, std::optional<TaskIndex> task, const Path& path) {
  for (const std::string& list : expression::find_zero_indices(expression))
    found_.push_back(
        {.message = fmt::format("indices begin at 1: the first element is {0}[1], and {0}[0] is null", list),
         .path = path});
  if (const auto [theirs, ours] = expression::find_lua_class(expression); !theirs.empty())
    add(fmt::format("patterns are those of RE2, not of Lua: write {} for {}", ours, theirs), path);
  for (Access& access : expression::find_accesses(expression))
    noted_.push_back({.access = std::move(access), .task = task, .path = path});
}

void WarningFinder::note_text(std::string_view text, const Path& path) {
  add(find_foreign_place(text), path);
  if (path.front() == Path::value_type("output")) add(doubt_output(text), path);
}

void WarningFinder::note_condition(std::string_view expression, const Path& path) {
  if (const std::optional<ValueKind> kind = expression::find_kind(expression))
    found_.push_back({.message = not_a_condition("this", *kind, expression), .path = path});
  for (auto noted = noted_.rbegin(); noted != noted_.rend() && noted->path == path; ++noted) noted->is_condition = true;
}

void WarningFinder::note_retries(std::string_view module, const RetryPolicy& policy, const Path& path) {
  if (module != "exec") return;
  const auto note = [&](const std::vector<std::string>& codes, const char* member) {
    for (std::size_t i = 0; i < codes.size() && found_.size() < kMostWarnings; ++i) {
      std::optional<std::string> message = doubt_error_code(codes[i]);
      if (!message) continue;
      found_.push_back({.message = *std::move(message), .path = path});
      found_.back().path.insert(found_.back().path.end(), {"retry_policy", member, i});
    }
  };
  note(policy.retryable_errors, "retryable_errors");
  note(policy.non_retryable_errors, "non_retryable_errors");
}

std::vector<Problem> WarningFinder::judge(const Definition& definition) const {
  std::vector<Problem> problems(found_.begin(),
                                found_.begin() + static_cast<std::ptrdiff_t>(std::min(found_.size(), kMostWarnings)));
  const Json declared = definition.input().parse();
  const auto add = [&](const Noted& noted, std::optional<std::string> message) {
    if (message && problems.size() < kMostWarnings)
      problems.push_back({.message = *std::move(message), .path = noted.path});
  };
  for (const Noted& noted : noted_) {
    if (problems.size() == kMostWarnings) break;
    add(noted, doubt(noted.access, definition, declared, noted.task));
    add(noted, doubt_truth(noted.access, definition, declared, noted.is_condition));
    add(noted, doubt_comparison(noted.access, definition, declared));
  }
  return problems;
}

}  // namespace definition

std::string describe_warning(const Warning& warning, std::string_view file) {
  std::string text = describe(Error{.message = warning.message, .field = warning.field});
  std::string place(file);
  if (warning.line != 0) place += fmt::format("{}{}:{}", file.empty() ? "line " : ":", warning.line, warning.column);
  return fmt::format("{}{}warning: {}", place, place.empty() ? "" : ": ", text);
}

std::vector<Warning> check_input(const Definition& definition, const Json& input) {
  const Json declared = definition.input().parse();
  std::vector<Warning> warnings;
  if (!input.is_object() || declared.get_object().empty()) return warnings;
  const std::vector<std::string_view> known = definition::names_in(declared.get_object());
  const auto warn = [&](std::string_view key, std::string message) {
    warnings.push_back({.message = std::move(message), .field = "input." + std::string(key)});
  };
  for (const auto& [key, value] : input.get_object()) {
    const Json* const by_default = declared.get_object().if_contains(key);
    if (by_default == nullptr) {
      warn(key, fmt::format("the definition's input has no member {}{}", in_quotes(std::string_view(key)),
                            did_you_mean(key, known)));
    } else if (std::optional<std::string> other = definition::doubt_given(value, *by_default)) {
      warn(key, *std::move(other));
    }
  }
  return warnings;
}

}  // namespace pawl
