#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <string.h>

#include "base/json_stream.h"
#include "base/text.h"
#include "runners/exec/exec_task.h"
#include "runners/exec/keeper.h"
#include "runners/exec/shell.h"
#include "runners/exec/terminal_words.h"
#include "runners/exec/utf8.h"

namespace pawl::runners {
namespace {

// An error is kept in the workflow's history with every attempt, so its details are short.
constexpr std::size_t kDetailBytes = 16U << 10;
// Standard output that is no JSON is kept to be read, so the last of it will do. Whatever its bytes are, it and
// standard error fit into a result of the usual size.
constexpr std::size_t kTextBytes = 128U << 10;
constexpr std::size_t kTextShare = 8;
// What of a program's own message fits into ours, which is one line.
constexpr std::size_t kQuotedBytes = 200;
constexpr std::string_view kJsonSpace = " \t\n\r";

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

// The lines of a script.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What people call it: the command line, not the shell that runs it; of a script its first line that does something.
std::string name_of(const ExecCall& call) {
  if (call.line.empty()) return valid_utf8(in_quotes(call.program));
  const std::vector<std::string_view> lines = lines_of(call.line);
  const auto says_nothing = [](std::string_view line) {
    return is_blank(line) || line.substr(line.find_first_not_of(" \t")).starts_with('#');
  };
  const auto written = std::ranges::count_if(lines, [](std::string_view line) { return !is_blank(line); });
  const auto first = std::ranges::find_if_not(lines, says_nothing);
  if (written <= 1 || first == lines.end()) return valid_utf8(in_quotes(call.line));
  return valid_utf8(in_quotes(fmt::format("{} ...", *first)));
}

// The last line of `text` that is not blank, cut, without control characters; usually that is where a program says why.
std::string last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  text.remove_prefix(text.find_last_of("\r\n") + 1);  // npos + 1 == 0: there is but one line
  text.remove_prefix(text.find_first_not_of(" \t"));
  const bool cut = text.size() > kQuotedBytes;
  if (cut) text = text.substr(0, whole_characters(text.substr(0, kQuotedBytes)));
  std::string line = valid_utf8(std::string(text));
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return cut ? line + "..." : line;
}

// Of a script of several lines, ` (line 3: "make all")` if that is the one that `message` names.
std::string line_of_script(std::string_view message, std::string_view script) {
  const std::optional<std::size_t> number = line_named_in(message);
  const std::vector<std::string_view> lines = lines_of(script);
  if (!number || lines.size() < 2 || *number == 0 || *number > lines.size()) return {};
  std::string_view line = lines[*number - 1];
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.empty() ? std::string() : fmt::format(" (line {}: {})", *number, valid_utf8(in_quotes(line)));
}

// Whether it is one command and not a script, so that what was printed last is that command's word.
bool is_one_command(const ExecCall& call) {
  const std::string_view line = call.line;
  const std::size_t end = line.find_last_not_of(kJsonSpace);
  return line.substr(0, end + 1).find_first_of("\n;&|") == std::string_view::npos;
}

bool has_several_lines(std::string_view script) {
  return std::ranges::count_if(lines_of(script), [](std::string_view line) { return !is_blank(line); }) > 1;
}

// 128 + SIGPIPE: with pipefail it is the exit code of a pipe that `head` has closed.
bool is_closed_pipe(const ExecCall& call, const ProcessOutcome& outcome) {
  return outcome.exit_code == 128 + SIGPIPE && call.line.contains('|');
}

// Whether /bin/sh took the place of bash and says that it does not know what it was given: as bash would not say it.
bool is_other_shell(const ExecCall& call, std::string_view message) {
  constexpr std::string_view kName = "run: ";
  if (call.program != "bash" || !message.starts_with(kName)) return false;
  const bool is_dash = message.size() > kName.size() && message[kName.size()] >= '0' && message[kName.size()] <= '9';
  return is_dash || (message.ends_with(": not found") && !message.ends_with("command not found"));
}

// ": <the program's own words>", what else is known of the reason, or nothing. The last line on standard output is the
// reason as a rule where there is but one command; in a script it is what some other line printed.
std::string own_words(const ExecCall& call, const ProcessOutcome& outcome) {
  std::string line = last_line(outcome.standard_error);
  const std::string where = line_of_script(line, call.line);
  if (line.empty() && is_one_command(call)) line = last_line(outcome.standard_output);
  const std::string hint = outcome.signal == 0 ? terminal_hint(outcome.standard_error) : std::string();
  std::string words = line.empty() ? std::string() : fmt::format(": {}{}", line, where);
  if (!hint.empty()) return words + "; " + hint;
  if (is_other_shell(call, line)) return words + "; /bin/sh ran it, because there is no bash in the task's PATH";
  if (is_closed_pipe(call, outcome))
    return words +
           "; 141 is SIGPIPE: a command of the pipe ended before it had read all, as `head` does; `shell: sh` or "
           "`|| true` lets that pass";
  if (words.empty() && outcome.signal == 0 && has_several_lines(call.line) && is_posix_shell(call.program))
    return " (no message; `set -x` as its first line shows which line it was)";
  return words;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal)
                         : fmt::format("SIG{}", name);  // real-time signals have none
}

std::string detail_of(std::string_view stream) {
  if (stream.size() > kDetailBytes) {
    stream.remove_prefix(stream.size() - kDetailBytes);
    stream.remove_prefix(cut_off_at_front(stream));
  }
  return valid_utf8(std::string(stream));
}

Json details_of(const ProcessOutcome& outcome) {
  boost::json::object details;
  if (outcome.signal != 0) {
    details["signal"] = outcome.signal;
    details["signal_name"] = signal_name(outcome.signal);
  } else {
    details["exit_code"] = outcome.exit_code;
  }
  details["stdout"] = detail_of(outcome.standard_output);
  details["stderr"] = detail_of(outcome.standard_error);
  return details;
}

// The value that standard output is, if it is JSON as a whole. A bare number is one only if it would be printed as it
// stands there: 1.10 may be a version, and 4567e12 a hash. Error: `limit_exceeded` if it is nested too deep.
Result<Json> as_json(const ProcessOutcome& outcome) {
  constexpr std::string_view kFirstOfValue = "{[\"-0123456789tfn";  // spares most plain text the parser
  const std::string_view text = outcome.standard_output;
  const std::size_t first = text.find_first_not_of(kJsonSpace);
  if (outcome.stdout_dropped != 0 || first == std::string_view::npos || !kFirstOfValue.contains(text[first]))
    return fail(ErrorCode::invalid_argument, "not JSON");
  const std::string_view value = text.substr(first, text.find_last_not_of(kJsonSpace) - first + 1);
  Result<Json> json = parse_json(value);
  if (json && json->is_number() && to_json_text(*json) != value)
    return fail(ErrorCode::invalid_argument, "a version, a hash, or another text that reads like a number");
  return json;
}

// The kept end of a stream, and under `dropped_key` how much is missing before it.
std::string kept_text(std::string stream, std::uint64_t dropped, std::string_view dropped_key,
                      boost::json::object& result) {
  if (dropped != 0) {
    const std::size_t partial = cut_off_at_front(stream);
    stream.erase(0, partial);
    result[dropped_key] = dropped + partial;
  }
  return valid_utf8(std::move(stream));
}

std::size_t text_limit(const ExecCall& call) { return std::min(kTextBytes, call.max_result_bytes / kTextShare); }

Json text_result(ProcessOutcome outcome, std::size_t limit) {
  if (outcome.standard_output.size() > limit) {
    const std::size_t beyond = outcome.standard_output.size() - limit;
    outcome.standard_output.erase(0, beyond);
    outcome.stdout_dropped += beyond;
  }
  boost::json::object result;
  result["exit_code"] = outcome.exit_code;
  result["stdout"] = kept_text(std::move(outcome.standard_output), outcome.stdout_dropped, "stdout_dropped", result);
  result["stderr"] = kept_text(std::move(outcome.standard_error), outcome.stderr_dropped, "stderr_dropped", result);
  return result;
}

std::unexpected<TaskError> failed(std::string code, std::string message, const ProcessOutcome& outcome) {
  return std::unexpected(TaskError(std::move(code), std::move(message), details_of(outcome)));
}

// The same command would print the same again.
std::unexpected<TaskError> refused(std::string_view code, std::string message) {
  TaskError error(std::string(code), std::move(message));
  error.retryable = false;
  return std::unexpected(std::move(error));
}

// Whether all of it is one array or object of JSON, for then it was meant as that; a number alone may be anything.
bool is_structured(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kJsonSpace);
  if (first == std::string_view::npos || (text[first] != '[' && text[first] != '{')) return false;
  JsonStream stream;
  stream.add(text);
  return stream.is_document();
}

// What `truncate: false` makes of text that is too long.
std::unexpected<TaskError> too_long(std::string_view name, std::string_view stream, std::uint64_t bytes,
                                    std::size_t limit) {
  return refused("limit_exceeded",
                 fmt::format("{} of {} has {} bytes of text; the limit is {}, and `truncate` is false; "
                             "write it into a file instead",
                             stream, name, bytes, limit));
}

}  // namespace

TaskResult exec_result(const ExecCall& call, ProcessOutcome outcome) {
  if (outcome.spawn_error) {
    TaskError error("spawn_failed", valid_utf8(std::move(outcome.spawn_error->message)));
    error.retryable = is_retryable(outcome.spawn_error->code);
    return std::unexpected(std::move(error));
  }
  const std::string name = name_of(call);
  if (outcome.keeper_lost)
    return failed("signal", fmt::format("{} was killed: {}, and with it all that it kept", name, kKeeperLost), outcome);
  if (outcome.stopped) return failed("cancelled", fmt::format("{} was stopped", name), outcome);
  if (outcome.signal != 0)
    return failed("signal",
                  fmt::format("{} was ended by {}{}", name, signal_name(outcome.signal), own_words(call, outcome)),
                  outcome);
  if (outcome.exit_code != 0)
    return failed("exit_code", fmt::format("{} exited with {}{}", name, outcome.exit_code, own_words(call, outcome)),
                  outcome);
  if (outcome.stdout_is_long_json)
    return refused(
        "limit_exceeded",
        fmt::format("the JSON that {} printed has {} bytes; the limit of a result is {}; print what other tasks "
                    "need of it, or write it into a file and print its name",
                    name, outcome.standard_output.size() + outcome.stdout_dropped, call.max_result_bytes));
  Result<Json> json = as_json(outcome);
  if (json) return *std::move(json);
  const bool may_be_json = json.error().code == ErrorCode::limit_exceeded || !json.error().field.empty();
  if (may_be_json && is_structured(outcome.standard_output))
    return refused(to_string(json.error().code),
                   fmt::format("standard output of {}, {}", name, describe(json.error())));
  const std::size_t limit = text_limit(call);
  if (!call.truncate) {
    const std::uint64_t printed = outcome.standard_output.size() + outcome.stdout_dropped;
    if (printed > limit) return too_long(name, "standard output", printed, limit);
    const std::uint64_t complained = outcome.standard_error.size() + outcome.stderr_dropped;
    if (outcome.stderr_dropped != 0) return too_long(name, "standard error", complained, outcome.standard_error.size());
  }
  return text_result(std::move(outcome), limit);
}

}  // namespace pawl::runners
