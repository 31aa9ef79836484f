#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <string.h>

#include "base/text.h"
#include "runners/exec/exec_task.h"
#include "runners/exec/keeper.h"
#include "runners/exec/terminal_words.h"
#include "runners/exec/utf8.h"

namespace pawl::runners {
namespace {

// An error is kept in the workflow's history with every attempt, so its details are short.
constexpr std::size_t kDetailBytes = 16U << 10;
// Standard output that is no JSON is kept to be read, so the last of it will do.
constexpr std::size_t kTextBytes = 128U << 10;
// What of a program's own message fits into ours, which is one line.
constexpr std::size_t kQuotedBytes = 200;
constexpr std::string_view kJsonSpace = " \t\n\r";

// What people call it: the command line, not the shell that runs it.
std::string name_of(const std::vector<std::string>& argv) {
  const bool is_shell = argv.size() == 3 && argv[0] == "/bin/sh" && argv[1] == "-c";
  return valid_utf8(in_quotes(is_shell ? argv[2] : argv.front()));
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

// ": <the program's own words>", or nothing if it said nothing.
std::string own_words(const ProcessOutcome& outcome) {
  std::string line = last_line(outcome.standard_error);
  if (line.empty()) line = last_line(outcome.standard_output);
  const std::string hint = terminal_hint(outcome.standard_error);
  if (!line.empty()) line.insert(0, ": ");
  return hint.empty() ? line : line + "; " + hint;
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

// The value that standard output is, if it is JSON as a whole. Error: `limit_exceeded` if it is nested too deep.
Result<Json> as_json(const ProcessOutcome& outcome) {
  constexpr std::string_view kFirstOfValue = "{[\"-0123456789tfn";  // spares most plain text the parser
  const std::string_view text = outcome.standard_output;
  const std::size_t first = text.find_first_not_of(kJsonSpace);
  if (outcome.stdout_dropped != 0 || first == std::string_view::npos || !kFirstOfValue.contains(text[first]))
    return fail(ErrorCode::invalid_argument, "not JSON");
  return parse_json(text.substr(first, text.find_last_not_of(kJsonSpace) - first + 1));
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

Json text_result(ProcessOutcome outcome) {
  if (outcome.standard_output.size() > kTextBytes) {
    const std::size_t beyond = outcome.standard_output.size() - kTextBytes;
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

}  // namespace

TaskResult exec_result(const std::vector<std::string>& argv, ProcessOutcome outcome) {
  if (outcome.spawn_error) {
    TaskError error("spawn_failed", valid_utf8(std::move(outcome.spawn_error->message)));
    error.retryable = is_retryable(outcome.spawn_error->code);
    return std::unexpected(std::move(error));
  }
  const std::string name = name_of(argv);
  if (outcome.keeper_lost)
    return failed("signal", fmt::format("{} was killed: {}, and with it all that it kept", name, kKeeperLost), outcome);
  if (outcome.stopped) return failed("cancelled", fmt::format("{} was stopped", name), outcome);
  if (outcome.signal != 0)
    return failed("signal", fmt::format("{} was ended by {}{}", name, signal_name(outcome.signal), own_words(outcome)),
                  outcome);
  if (outcome.exit_code != 0)
    return failed("exit_code", fmt::format("{} exited with {}{}", name, outcome.exit_code, own_words(outcome)),
                  outcome);
  Result<Json> json = as_json(outcome);
  if (json) return *std::move(json);
  if (json.error().code == ErrorCode::limit_exceeded) {
    TaskError error("limit_exceeded", fmt::format("standard output, {}", describe(json.error())));
    error.retryable = false;
    return std::unexpected(std::move(error));
  }
  return text_result(std::move(outcome));
}

}  // namespace pawl::runners
