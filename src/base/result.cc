#include "pawl/result.h"

#include <fmt/format.h>

namespace pawl {
namespace {

struct CodeRow {
  std::string_view name;
  int exit_code;
  bool retryable;
};

// The one table of what a code means outside, in the order of ErrorCode.
constexpr CodeRow kCodes[] = {
    {"invalid_argument", 2, false},  {"not_found", 2, false}, {"already_exists", 2, false},
    {"invalid_state", 1, false},     {"conflict", 1, false},  {"limit_exceeded", 2, false},
    {"permission_denied", 2, false}, {"timeout", 3, true},    {"cancelled", 3, false},
    {"unavailable", 4, true},        {"fenced", 4, false},    {"corruption", 1, false},
    {"internal", 1, false},
};
static_assert(std::size(kCodes) == static_cast<std::size_t>(ErrorCode::internal) + 1);

const CodeRow& row(ErrorCode code) { return kCodes[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view to_string(ErrorCode code) { return row(code).name; }
int exit_code(ErrorCode code) { return row(code).exit_code; }
bool is_retryable(ErrorCode code) { return row(code).retryable; }

Error Error::within(std::string_view context) && {
  message = fmt::format("{}: {}", context, message);
  return std::move(*this);
}

std::string describe(const Error& error, std::string_view file) {
  std::string out(file);
  if (error.line != 0) out += fmt::format("{}{}:{}", file.empty() ? "line " : ":", error.line, error.column);
  if (!out.empty()) out += ": ";
  if (!error.field.empty()) out += error.field + ": ";
  return out + error.message;
}

NoValue::NoValue(Error error) : std::bad_expected_access<Error>(std::move(error)) {
  what_ = fmt::format("{}: {}", to_string(this->error().code), describe(this->error()));
}

namespace detail {

void throw_no_value(const Error& error) { throw NoValue(error); }

}  // namespace detail

}  // namespace pawl
