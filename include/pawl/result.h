// What every operation of Pawl returns: a value, or one Error that says what went wrong, where, and what to do.
//
// A failed *operation* (bad input, a full disk, a refused command) is an Error. A failed *task* or a cancelled workflow
// is data, found in the workflow's report. Pawl throws nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace pawl {

// Why an operation failed. Exit codes, HTTP statuses and "is it worth trying again" each follow from the code alone
// (see exit_code and is_retryable).
enum class ErrorCode : std::uint8_t {
  invalid_argument,   // the caller's input is wrong: a definition, an option, a value
  not_found,          // no such workflow, task, file or handler
  already_exists,     // the name or id is taken
  invalid_state,      // the workflow or task is in a state that does not allow this
  conflict,           // another outcome was recorded first
  limit_exceeded,     // a configured limit stands in the way
  permission_denied,  // the file or the operation is not ours to touch
  timeout,            // it took longer than it may
  cancelled,          // it was told to stop
  unavailable,        // not now: full, stopping, or without its store. Try again
  fenced,             // a newer owner took over
  corruption,         // stored bytes do not make sense
  internal,           // a bug in Pawl
};

[[nodiscard]] std::string_view to_string(ErrorCode code);

// The exit code of a command-line verb that ends with this error: 2 bad usage or input, 3 cancelled or timed out,
// 4 unavailable, 1 anything else.
[[nodiscard]] int exit_code(ErrorCode code);

// Whether the same operation may succeed later without any change by the caller.
[[nodiscard]] bool is_retryable(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;     // what is wrong and what to do, one sentence or two
  std::string field;       // which part of the input, e.g. `tasks.load.timeout`; empty if it is no part of one
  std::uint32_t line = 0;  // 1-based position in the input file; 0 = unknown
  std::uint32_t column = 0;

  // This error, its message led by what was being done: "reading a.yaml: ...".
  [[nodiscard]] Error within(std::string_view context) &&;
};

// "a.yaml:3:7: tasks.load.timeout: <message>", as far as the parts are known.
[[nodiscard]] std::string describe(const Error& error, std::string_view file = {});

template <class T>
using Result = std::expected<T, Error>;

// An error to return from a function whose type is a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string field = {}) {
  return std::unexpected<Error>(Error{.code = code, .message = std::move(message), .field = std::move(field)});
}

}  // namespace pawl
