// A Result outlives nothing it should not: what is taken out of a temporary is a value of its own, and the value that
// is not there is never read.
#include "pawl/result.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace pawl {
namespace {

// Longer than a std::string holds in itself, so that AddressSanitizer sees a use after its end.
const std::string kLong(100, 'x');

struct Report {
  std::vector<std::string> tasks;
};

Result<std::vector<std::string>> names() { return std::vector<std::string>{kLong, kLong}; }
Result<Report> report() { return Report{{kLong, kLong}}; }
Result<int> failed() { return fail(ErrorCode::not_found, kLong, "id"); }

TEST(Result, a_loop_over_the_value_of_a_temporary_is_safe) {
  std::size_t seen = 0;
  for (const std::string& name : *names()) seen += name.size();
  for (const std::string& name : names().value()) seen += name.size();
  for (const std::string& task : (*report()).tasks) seen += task.size();
  for (const std::string& task : report().value().tasks) seen += task.size();
  EXPECT_EQ(seen, 8 * kLong.size());
}

TEST(Result, a_reference_to_the_value_or_error_of_a_temporary_is_safe) {
  const auto& kept = *names();
  EXPECT_EQ(kept[1], kLong);
  const Error& error = failed().error();
  EXPECT_EQ(error.message, kLong);
}

template <class T>
concept HasArrow = requires(T result) { std::forward<T>(result)->tasks; };

TEST(Result, an_arrow_of_a_temporary_does_not_compile) {
  static_assert(HasArrow<Result<Report>&>);
  static_assert(HasArrow<const Result<Report>&>);
  static_assert(!HasArrow<Result<Report>&&>);
}

TEST(Result, to_use_a_value_that_is_not_there_throws_the_error) {
  const Result<int> none = failed();
  const auto what = [](auto use) -> std::string {
    try {
      use();
    } catch (const NoValue& missing) {
      EXPECT_EQ(missing.error().code, ErrorCode::not_found);
      return missing.what();
    }
    return {};
  };
  const std::string expected = "not_found: id: " + kLong;
  EXPECT_EQ(what([&] { (void)*none; }), expected);
  EXPECT_EQ(what([&] { (void)none.value(); }), expected);
  EXPECT_EQ(what([&] { (void)*failed(); }), expected);
  EXPECT_EQ(what([&] { Result<void>(fail(ErrorCode::not_found, kLong, "id")).value(); }), expected);
  const Result<Report> no_report = fail(ErrorCode::not_found, kLong, "id");
  EXPECT_EQ(what([&] { (void)no_report->tasks; }), expected);
}

TEST(Result, a_copy_is_a_copy_whatever_it_holds) {
  Result<bool> no(false);
  Result<bool> copied(no);
  no = true;
  EXPECT_TRUE(copied.has_value());
  EXPECT_FALSE(*copied);
  Result<std::optional<int>> empty(std::nullopt);
  Result<std::optional<int>> also_empty(empty);
  empty = 7;
  EXPECT_TRUE(also_empty.has_value());
  EXPECT_FALSE(*also_empty);
}

TEST(Result, moves_and_converts_its_value) {
  Result<std::unique_ptr<int>> owned = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(owned);
  EXPECT_EQ(*taken, 7);
  const Result<std::shared_ptr<const int>> shared = Result<std::shared_ptr<int>>(std::make_shared<int>(8));
  EXPECT_EQ(**shared, 8);
  const Result<std::shared_ptr<const int>> still_failed =
      Result<std::shared_ptr<int>>(fail(ErrorCode::timeout, "late"));
  EXPECT_EQ(still_failed.error().code, ErrorCode::timeout);
  Result<int> changed = failed();
  changed = 3;
  EXPECT_EQ(*changed, 3);
}

}  // namespace
}  // namespace pawl
