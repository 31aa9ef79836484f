// JSON comes back from an expression as it went in: through proxies, and through values rebuilt by hand.
#include <bit>
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

rc::Gen<std::string> any_text() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "a", "Z", "0", " ", "\"", "\\", "\n", std::string(1, '\0'), "]]", "${{", "}}", "é", "€", "😀", "--")),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
      });
}

rc::Gen<Json> any_scalar() {
  const auto to_double = [](std::uint64_t bits) {
    const double number = std::bit_cast<double>(bits);
    return Json(std::isfinite(number) ? number : 0.5);
  };
  return rc::gen::oneOf(rc::gen::just(Json(nullptr)),
                        rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Json(b); }),
                        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t n) { return Json(n); }),
                        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t n) { return Json(n); }),
                        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), to_double),
                        rc::gen::map(any_text(), [](const std::string& text) { return Json(text); }));
}

rc::Gen<Json> any_json(int depth) {
  if (depth == 0) return any_scalar();
  const auto inside = any_json(depth - 1);
  const auto array = rc::gen::map(rc::gen::container<std::vector<Json>>(inside), [](const std::vector<Json>& elements) {
    return Json(boost::json::array(elements.begin(), elements.end()));
  });
  const auto object =
      rc::gen::map(rc::gen::container<std::vector<std::pair<std::string, Json>>>(rc::gen::pair(any_text(), inside)),
                   [](const std::vector<std::pair<std::string, Json>>& members) {
                     boost::json::object made;
                     for (const auto& [key, value] : members) made.insert_or_assign(key, value);
                     return Json(made);
                   });
  return rc::gen::oneOf(any_scalar(), array, object);
}

rc::Gen<Json> any_json() {
  return rc::gen::withSize([](int size) { return rc::gen::resize(std::min(size, 12), any_json(3)); });
}

// Rebuilds a value, element by element. Nulls at the end of an array are the one thing a table cannot hold, so a mark
// follows.
constexpr std::string_view kRebuild = R"((function()
  local function rebuild(v)
    if type(v) ~= 'table' then return v end
    local made, is_array = {}, v[1] ~= nil or #v > 0
    if is_array then
      made = array{}
      for i = 1, #v do made[i] = rebuild(v[i]) end
      made[#v + 1] = 'end'
    else
      for k, x in pairs(v) do made[k] = rebuild(x) end
    end
    return made
  end
  return rebuild(input) end)())";

// What kRebuild makes of it: nulls in objects are gone, empty arrays are empty tables.
Json as_rebuilt(const Json& json) {  // NOLINT(misc-no-recursion)
  if (json.is_array() && !json.get_array().empty()) {
    boost::json::array made;
    for (const Json& element : json.get_array()) made.push_back(as_rebuilt(element));
    made.push_back("end");
    return made;
  }
  if (!json.is_array() && !json.is_object()) return json;
  boost::json::object made;
  if (json.is_object())
    for (const auto& member : json.get_object())
      if (!member.value().is_null()) made.emplace(member.key(), as_rebuilt(member.value()));
  return made;
}

RC_GTEST_PROP(RoundTrip, input_passes_through_unchanged, ()) {
  static Evaluator evaluator;
  FakeScope scope;
  scope.input_value = *any_json();
  RC_ASSERT(to_json_text(*evaluator.evaluate("input", scope)) == to_json_text(scope.input_value));
  RC_ASSERT(to_json_text(*evaluator.evaluate("{x = array{1, input, 'end'}}", scope)) ==
            fmt::format("{{\"x\":[1,{},\"end\"]}}", to_json_text(scope.input_value)));
  RC_ASSERT(to_json_text(*evaluator.expand("${{ input }}", scope)) == to_json_text(scope.input_value));
  RC_ASSERT(*evaluator.test("input == input", scope));
}

RC_GTEST_PROP(RoundTrip, a_value_rebuilt_by_hand_is_the_same, ()) {
  static Evaluator evaluator({.instructions = 10'000'000});
  FakeScope scope;
  scope.input_value = *any_json();
  const Result<Json> rebuilt = evaluator.evaluate(kRebuild, scope);
  if (!rebuilt) RC_FAIL(rebuilt.error().message);
  RC_ASSERT(*rebuilt == as_rebuilt(scope.input_value));
}

// Whatever the text, the parsers of expressions end and say something.
RC_GTEST_PROP(RoundTrip, no_text_upsets_the_parsers, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "tasks", ".", "x", "-", "[", "]", "=", "\"", "'", "\\", "{", "}", "${{", "}}", "--", "[[", "]]", "\n", "(", ")",
      "1", "e", "function", "local", "end", "<", ">", ",", "\xff", std::string(1, '\0')));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  static Evaluator evaluator;
  FakeScope scope;
  const Result<std::vector<TaskReference>> references = analyse(text);
  RC_ASSERT(references.has_value() || references.error().column <= text.size() + 1);
  static_cast<void>(find_places(text));
  static_cast<void>(strip_place(text));
  const Result<Json> value = evaluator.evaluate(text, scope);
  RC_ASSERT(references.has_value() || !value.has_value());
  static_cast<void>(evaluator.expand(boost::json::string(text), scope));
}

}  // namespace
}  // namespace pawl::expression
