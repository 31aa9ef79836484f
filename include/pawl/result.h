// Result is what operations of Pawl return: a value, or an Error that says what went wrong, where, and what to do.
//
//   auto id = engine.orchestrator().start_workflow("hello", {task});
//   if (!id) std::cerr << pawl::describe(id.error()) << '\n';
//   for (const auto& reason : *engine.orchestrator().explain_workflow(*id)) std::cout << reason.text << '\n';
//
// A failed *operation* (bad input, a full disk, a refused command) is an Error. A failed *task* or a cancelled workflow
// is data, found in the workflow's report. Pawl throws only NoValue, and only where the missing value of a
// Result is used.
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
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
  limit_exceeded,     // a limit is reached
  permission_denied,  // no permission for the file or the operation
  timeout,            // it took longer than its limit
  cancelled,          // it was asked to stop
  unavailable,        // not now: full, stopping, or without its store. Try again
  fenced,             // a newer owner took over
  corruption,         // stored bytes are invalid
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
  std::string message{};   // what is wrong and what to do, one sentence or two
  std::string field{};     // which part of the input, e.g. `tasks.load.timeout`; empty if it is not a part of one
  std::uint32_t line = 0;  // 1-based position in the input file; 0 = unknown
  std::uint32_t column = 0;

  // This error, its message prefixed by what was being done: "reading a.yaml: ...".
  [[nodiscard]] Error within(std::string_view context) &&;
};

// "a.yaml:3:7: tasks.load.timeout: <message>", as far as the parts are known.
[[nodiscard]] std::string describe(const Error& error, std::string_view file = {});

// Thrown where the value of a Result is used (`*`, `->`, value()) that has none. what() is the error's description. A
// handler that throws it fails its attempt with the error's own code and message.
class NoValue final : public std::bad_expected_access<Error> {
 public:
  explicit NoValue(Error error);
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

namespace detail {

[[noreturn]] void throw_no_value(const Error& error);

template <class T>
void is_expected(const std::expected<T, Error>&);

// Said of Result, too, which must not be taken for a value.
template <class T>
concept Expected = requires(const std::remove_cvref_t<T>& value) { is_expected(value); };

}  // namespace detail

// A std::expected<T, Error> that must not be dropped, that throws NoValue when a missing value is used, and whose value
// outlives it: `*` and value() of a temporary return the value itself, not a reference into the temporary.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
  using Base = std::expected<T, Error>;

 public:
  Result() = default;
  template <class U = T>
    requires(!detail::Expected<U> && !std::same_as<std::remove_cvref_t<U>, std::in_place_t> &&
             !std::same_as<std::remove_cvref_t<U>, std::unexpected<Error>> && std::constructible_from<T, U>)
  explicit(!std::convertible_to<U, T>) Result(U&& value) : Base(std::in_place, std::forward<U>(value)) {}
  Result(const std::unexpected<Error>& error) : Base(error) {}        // NOLINT: meant to convert
  Result(std::unexpected<Error>&& error) : Base(std::move(error)) {}  // NOLINT: meant to convert
  Result(const Base& other) : Base(other) {}                          // NOLINT: meant to convert
  Result(Base&& other) : Base(std::move(other)) {}                    // NOLINT: meant to convert
  // From a Result whose value converts.
  template <class U>
    requires(!std::same_as<U, T> && std::convertible_to<U, T>)
  Result(std::expected<U, Error> other)  // NOLINT: meant to convert
      : Base(other ? Base(std::in_place, std::move(*other)) : Base(std::unexpect, std::move(other.error()))) {}

  [[nodiscard]] T& value() & { return checked(*this); }
  [[nodiscard]] const T& value() const& { return checked(*this); }
  [[nodiscard]] T value() && { return std::move(checked(*this)); }
  [[nodiscard]] T value() const&& { return checked(*this); }

  [[nodiscard]] T& operator*() & { return checked(*this); }
  [[nodiscard]] const T& operator*() const& { return checked(*this); }
  [[nodiscard]] T operator*() && { return std::move(checked(*this)); }
  [[nodiscard]] T operator*() const&& { return checked(*this); }

  [[nodiscard]] T* operator->() & { return &checked(*this); }
  [[nodiscard]] const T* operator->() const& { return &checked(*this); }
  // What it points to would be gone before a loop over it begins. Name the Result, or write (*result()).member.
  T* operator->() && = delete;
  const T* operator->() const&& = delete;

  [[nodiscard]] Error& error() & { return Base::error(); }
  [[nodiscard]] const Error& error() const& { return Base::error(); }
  [[nodiscard]] Error error() && { return std::move(Base::error()); }
  [[nodiscard]] Error error() const&& { return Base::error(); }

 private:
  template <class Self>
  static auto& checked(Self& self) {
    if (!self.has_value()) [[unlikely]]
      detail::throw_no_value(self.error());
    if constexpr (std::is_const_v<Self>) {
      return static_cast<const Base&>(self).operator*();
    } else {
      return static_cast<Base&>(self).operator*();
    }
  }
};

template <>
class [[nodiscard]] Result<void> : public std::expected<void, Error> {
  using Base = std::expected<void, Error>;

 public:
  Result() = default;
  Result(const std::unexpected<Error>& error) : Base(error) {}        // NOLINT: meant to convert
  Result(std::unexpected<Error>&& error) : Base(std::move(error)) {}  // NOLINT: meant to convert
  Result(const Base& other) : Base(other) {}                          // NOLINT: meant to convert
  Result(Base&& other) : Base(std::move(other)) {}                    // NOLINT: meant to convert

  void value() const {
    if (!has_value()) [[unlikely]]
      detail::throw_no_value(error());
  }
  void operator*() const { value(); }

  [[nodiscard]] Error& error() & { return Base::error(); }
  [[nodiscard]] const Error& error() const& { return Base::error(); }
  [[nodiscard]] Error error() && { return std::move(Base::error()); }
  [[nodiscard]] Error error() const&& { return Base::error(); }
};

// An error to return from a function whose type is a Result.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string field = {}) {
  return std::unexpected<Error>(Error{.code = code, .message = std::move(message), .field = std::move(field)});
}

}  // namespace pawl
