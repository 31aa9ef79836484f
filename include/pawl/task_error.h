// TaskError says why an attempt of a task did not succeed.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "pawl/json.h"
#include "pawl/result.h"
#include "pawl/types.h"

namespace pawl {

// Codes Pawl itself gives: timeout, cancelled, exit_code, signal, spawn_failed, exception, expression_error,
// limit_exceeded, invalid_argument, unknown_handler, crashed, corruption. A handler may give any other, e.g.
// `network_error`; retry policies name them.
struct TaskError {
  std::string code{};
  std::string message{};
  Json details = nullptr;  // an object with more, e.g. {"exit_code": 1, "stderr": "..."}; null if there is none
  std::optional<Duration> retry_after{};  // do not try again sooner than this
  bool retryable = true;                  // false: another attempt cannot help, whatever the policy says

  TaskError() = default;
  TaskError(std::string error_code, std::string error_message, Json error_details = nullptr)
      : code(std::move(error_code)), message(std::move(error_message)), details(std::move(error_details)) {}
  // A failed operation inside a handler fails its attempt under the operation's own code, its message prefixed by the
  // field that is wrong. An invalid argument stays invalid, so it is not retried.
  TaskError(const Error& error)  // NOLINT: meant to convert
      : code(to_string(error.code)), message(describe(error)), retryable(error.code != ErrorCode::invalid_argument) {}
};

// What a handler returns. A Result<Json> converts to it, and so does a plain Json; ok() and error() make one.
using TaskResult = std::expected<Json, TaskError>;

// How a handler ends without success: `return pawl::error("network_error", "the bank does not answer");`. `details` is
// an object with more.
[[nodiscard]] inline TaskResult error(std::string code, std::string message, Json details = nullptr) {
  return std::unexpected(TaskError(std::move(code), std::move(message), std::move(details)));
}

}  // namespace pawl
