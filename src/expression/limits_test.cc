// Limits really stop what would not end, soon, and the evaluator is as good as new afterwards.
#include <chrono>

#include <gmock/gmock.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

using ::testing::HasSubstr;

#ifdef PAWL_SANITIZED
constexpr std::chrono::milliseconds kSoon{20'000};
#else
constexpr std::chrono::milliseconds kSoon{2'000};  // a few hundred on an idle machine
#endif

class Limited : public ExpressionTest {
 protected:
  Limited() { scope.input_value = json(R"({"s":"abc","list":[1,2,3]})"); }

  // Evaluates `body` as that of a function. It may succeed or fail, but soon, and leaves the evaluator well.
  Result<Json> ends_soon(const std::string& body) {
    const std::string expression = "(function() " + body + " end)()";
    const auto begin = std::chrono::steady_clock::now();
    Result<Json> value = evaluator.evaluate(expression, scope);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    EXPECT_LT(took, kSoon) << body;
    EXPECT_EQ(value_of("input.s .. #input.list"), R"("abc3")") << body;
    return value;
  }

  void stops(const std::string& body) {
    const Result<Json> value = ends_soon(body);
    ASSERT_FALSE(value.has_value()) << body;
    EXPECT_EQ(value.error().code, ErrorCode::limit_exceeded) << body << ": " << value.error().message;
  }
};

TEST_F(Limited, endless_loops) {
  for (const char* body :
       {"while true do end", "repeat until false", "::a:: goto a", "for i = 1, math.maxinteger do end",
        "for i = 1, 1e308 do end", "for i = math.mininteger, math.maxinteger do end",
        "local function f() return f() end return f()", "local t = {} while true do t[1] = 1 end",
        "while true do local x = tasks end", "while true do local x = input.list end", "while true do tostring(1) end",
        "local f = function() end while true do f() end", "while true do for k in pairs(input.list) do end end",
        "while true do ipairs({}) end"})
    stops(body);
}

TEST_F(Limited, recursion) {
  stops("local function f() return 1 + f() end return f()");
  (void)ends_soon("local function f(s) return (s:gsub('a', f)) end return f('a')");
  (void)ends_soon("local function f(a, b) table.sort({1, 2}, f) return true end return f()");
}

TEST_F(Limited, long_strings) {
  for (const char* body :
       {"local s = 'x' while true do s = s .. s end", "return ('x'):rep(1e9)", "return ('x'):rep(1e18)",
        "return ('x'):rep(1, ('y'):rep(1e7))", "return ('xy'):rep(math.maxinteger)",
        "local s = '' while true do s = s .. 'x' end", "local t = {} while true do t[#t + 1] = 'x' table.concat(t) end",
        "local s = ('x'):rep(1000) return (s:gsub('', ('y'):rep(100000)))"})
    stops(body);
  EXPECT_EQ(value_of("(''):rep(1000000000000000000)"), R"("")");
  for (const char* body : {"return ('%99.99f'):rep(500):format(1e308)", "return ('%999999d'):format(1)",
                           "local t = {} for i = 1, 5000 do t[i] = i end return string.char(table.unpack(t))"})
    (void)ends_soon(body);
}

TEST_F(Limited, large_tables) {
  for (const char* body :
       {"local t = {} while true do t[#t + 1] = {} end", "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} for i = 1, 1e9 do t[i * 7919] = i end", "return table.unpack({}, 1, 1e6)",
        "return table.unpack({}, 1, 1e7)", "local t = {} while true do t[{}] = t end",
        "local t = {} while true do t = {t} end", "local t = {} while true do table.insert(t, 1, 1) end",
        "return {table.unpack({}, -1e9, 1e9)}", "return table.concat({}, '', 1, 1e9)",
        "return table.concat({}, '', 1, math.maxinteger)",
        "local t = {} for i = 1, 2000 do t[i] = i end while true do table.remove(t, 1) t[#t + 1] = 1 end",
        "local t = {} for i = 1, 2000 do t[i] = i end while true do for k in pairs(t) do break end end",
        "local t = {} for i = 1, 2000 do t[i] = i end while true do table.sort(t) end",
        "local t = {} for i = 1, 2000 do t[i] = i end while true do select('#', table.unpack(t)) end"})
    stops(body);
}

// Each makes single instructions or calls touch megabytes.
TEST_F(Limited, work_on_long_strings) {
  const std::string two = "local a, b = 'x', 'x' for i = 1, 20 do a, b = a .. a, b .. b end ";
  const std::string zeros = "local a, b = '\\0', '\\0' for i = 1, 20 do a, b = a .. a, b .. b end ";
  const std::string half = "local a = 'x' for i = 1, 21 do a = a .. a end ";
  for (const std::string& body :
       {two + "a, b = a .. 'y', b .. 'z' while true do local x = a == b end",
        two + "while true do local x = a == b end",
        two + "a, b = a .. 'y', b .. 'z' while true do local x = a < b end",
        zeros + "while true do local x = a <= b end",
        two + "while true do local t = {[a] = 1, [b] = 2} end",
        two + "local t = {[a] = 1} while true do local x = t[b] end",
        two + "while true do local x = a .. '' end",
        half + "while true do utf8.len(a) end",
        half + "while true do tonumber(a) end",
        half + "while true do math.floor('1', a) end",
        std::string() + "local n = ('1'):rep(1000000 // 64) n = n .. n .. n .. n while true do math.floor(n) end",
        std::string() + "local n = ('1'):rep(10000) n = n .. n .. n .. n while true do tonumber(n, 10) end",
        half + "while true do a:find('y', 1, true) end",
        half + "while true do a:upper() end",
        half + "while true do a:rep(1) end",
        half + "while true do ('%s'):format(a) end",
        half + "while true do utf8.offset(a, -1, 1) utf8.codepoint(a, 1, -1) end",
        half + "while true do utf8.offset(a, 2097152) end",
        half + "while true do a:byte(1, -1) end",
        half + "return a:find(a:sub(1, 1000000) .. 'y', 1, true), a:find(a:sub(1, 1000000) .. 'y', 1, true), "
               "('x'):rep(1e9)",
        half + "while true do select('#', a:byte(1, 100000)) end",
        half + "while true do tostring(a) end",
        two + "local t = {a, b} while true do table.sort(t) end",
        half + "while true do local x = input[a] end",
        half + "while true do tasks[a] = 1 end while true do end"})
    (void)ends_soon(body);
}

TEST_F(Limited, many_arguments) {
  const std::string many = "local t = {} for i = 1, 5000 do t[i] = 65 end ";
  for (const std::string& body :
       {many + "local function f(...) while true do local x = select('#', ...) end end f(table.unpack(t))",
        many + "local function f(...) while true do string.char(...) end end f(table.unpack(t))",
        many + "local function f(...) while true do math.max(...) end end f(table.unpack(t))",
        many + "local function f(...) while true do local t = {...} end end f(table.unpack(t))",
        std::string("local function f(...) while true do local t = {...} end end f(table.unpack({}, 1, 50000))"),
        std::string("local function f(...) while true do local x = ... end end f(table.unpack({}, 1, 90000))"),
        std::string("local function f(...) return f(1, ...) end return f()")})
    stops(body);
}

TEST_F(Limited, searches) {
  const std::string text = "local s = 'ax' for i = 1, 19 do s = s .. s end ";
  for (const std::string& body :
       {text + "return s:gsub('', '')", text + "for x in s:gmatch('') do end", text + "return s:gsub('a', 'b')",
        text + "return s:find('x[a-z]{100}y')", text + "return s:find('(a?){400}y')",
        text + "return s:find('(.*)x(.*)')", text + "while true do s:find('y') end",
        text + "while true do s:find('y', -10) end", text + "while true do s:match('(a*)(x*)(a*)(.*)') end",
        std::string("local s = ('ax'):rep(500) while true do s:find('(?:(?:a?){30}x?){20}y') end"),
        std::string("local s = ('a'):rep(2000) while true do s:find('(a?){900}y') end"),
        std::string("local s = ('ax'):rep(500) return s:gsub('x[a-z]{14}|a', '')"),
        std::string("for i = 1, 1e9 do ('x'):find('\\\\pL{' .. i % 100 .. '}' .. i) end"),
        std::string("for i = 1, 1e9 do ('x'):find(('\\\\pL|'):rep(100) .. i) end"),
        std::string("for i = 1, 1e9 do ('x'):find('(x{999}){' .. i .. '}') end"),
        std::string("for i = 1, 1e9 do ('x'):find('y' .. i) end")})
    (void)ends_soon(body);
}

TEST_F(Limited, values_that_are_larger_than_their_tables) {
  const std::string doubled = "local t = {1} for i = 1, 40 do t = {t, t} end return t";
  stops(doubled);
  stops("local s = ('x'):rep(10000) local t = {s} for i = 1, 20 do t = {t, t} end return t");
  // Much to look at in the heap, little in the value.
  stops("local t = table.pack(table.unpack({}, 1, 40000)) for i = 1, 40 do t = {t, t} end return t");
  stops("return array{[math.maxinteger] = 1}");
  stops("local t = array{} for i = 1, 90 do t = array{t, [900000] = 1} end return t");
  (void)ends_soon("local t = {} for i = 1, 90 do t = {t, t} t[1] = t end return t");
  scope.input_value = json(R"({"s":"abc","list":[1,2,3],"long":")" + std::string(1'000'000, 'x') + R"("})");
  stops("local t = {} for i = 1, 1000 do t[i] = input end return t");
}

TEST_F(Limited, comparisons_of_inputs) {
  Json many = boost::json::array(100'000, 1);
  scope.input_value = json(R"({"s":"abc","list":[1,2,3]})");
  scope.input_value.as_object()["a"] = many;
  scope.input_value.as_object()["b"] = many;
  stops("while true do local x = input.a == input.b end");
  EXPECT_EQ(value_of("(function() local n = 0 for i = 1, 1000 do if input.list == input.list then n = n + 1 end end "
                     "return n end)()"),
            "1000");
}

TEST_F(Limited, sources) {
  for (const std::string& source : {std::string(30'000, '(') + "1" + std::string(30'000, ')'), std::string(60'000, '{'),
                                    std::string(60'000, '-') + "1",
                                    [] {
                                      std::string s = "'x'";
                                      while (s.size() < 60'000) s += "..'x'";
                                      return s;
                                    }(),
                                    [] {
                                      std::string s = "1";
                                      while (s.size() < 60'000) s += "+1";
                                      return s;
                                    }(),
                                    [] {
                                      std::string s = "{";
                                      while (s.size() < 60'000) s += "{},";
                                      return s + "}";
                                    }(),
                                    [] {
                                      std::string s;
                                      while (s.size() < 60'000) s += "function() return ";
                                      return s;
                                    }(),
                                    "'" + std::string(60'000, 'x')}) {
    const auto begin = std::chrono::steady_clock::now();
    const Result<Json> value = evaluator.evaluate(source, scope);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
    if (!value) {
      EXPECT_LT(value.error().message.size(), 600U);
    }
  }
  EXPECT_EQ(evaluator.evaluate(std::string(70'000, ' ') + "1", scope).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(value_of("1"), "1");
}

TEST_F(Limited, modest_work_is_within_the_limits) {
  EXPECT_EQ(value_of("(function() local n = 0 for i = 1, 20000 do n = n + i end return n end)()"), "200010000");
  EXPECT_EQ(
      value_of("(function() local t = {} for i = 1, 3000 do t[i] = {id = i, name = 'n' .. i} end return #t end)()"),
      "3000");
  EXPECT_EQ(
      value_of(
          "(function() local t = {} for i = 1, 2000 do t[i] = (i * 7919) % 2003 end table.sort(t) return t[1] end)()"),
      "1");
  scope.input_value = json(R"({"log":")" + std::string(1'000'000, '.') + R"( ERROR"})");
  EXPECT_EQ(value_of("input.log:find('ERROR')"), "1000002");
  EXPECT_EQ(value_of("input.log:find('ERROR', 1, true)"), "1000002");
}

// Every allocation of an evaluation fails once: it ends with its value or with the limit, and never in a crash or a
// leak.
TEST_F(Limited, the_places_of_one_value_together) {
  const std::string slow = "(function() for i = 1, 20000 do end end)()";
  boost::json::array places;
  for (int i = 0; i < 100; ++i) places.emplace_back("${{ " + slow + " }}");
  const Result<Json> value = evaluator.expand(places, scope);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, ErrorCode::limit_exceeded);
  EXPECT_THAT(value.error().message, HasSubstr("together"));
  EXPECT_EQ(value_of(slow), "null") << "each has its own limit again";
}

TEST_F(Limited, many_modest_places_are_within_the_limits) {
  boost::json::array places;
  for (int i = 0; i < 10'000; ++i) places.emplace_back("a ${{ input.s }} b");
  const Result<Json> value = evaluator.expand(places, scope);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->at(9'999).as_string(), "a abc b");
}

TEST(Limits, any_allocation_may_fail) {
  constexpr std::string_view kExpression =
      R"((function() local t = {} for k, v in pairs({b = 1, a = 'x', [3] = true}) do t[#t + 1] = tostring(k) .. tostring(v) end
          table.sort(t, function(a, b) return a > b end) table.insert(t, 1, 'first')
          for w in ('ab cd'):gmatch('(\\w)') do t[#t + 1] = w end
          t[#t + 1] = ('x'):rep(300):gsub('x', function(x) return ('%s-%5d'):format(x, 3) end)
          t[#t + 1] = tasks.a.result.list[1] .. workflow.id .. table.concat({table.unpack(input.list)}, ',') .. input.big
          for k, v in pairs(input) do t[#t + 1] = k end
          return array{t, input, ('a1'):gsub('%d', '<%0>'), utf8.char(233, 8364), math.max(1, 2)} end)())";
  FakeScope scope;
  scope.input_value = json(R"({"list":[1,2,3],"s":"abc","big":18446744073709551615})");
  scope.tasks["a"] = {.state = TaskState::completed, .result = json(R"({"list":["r"]})"), .error = {}};
  const Result<Json> expected = Evaluator().evaluate(kExpression, scope);
  ASSERT_TRUE(expected.has_value()) << expected.error().message;
  std::size_t failures = 0;
  std::size_t successes = 0;
  for (std::size_t bytes = 0; successes < 20; bytes += 16) {
    Evaluator evaluator({.memory_bytes = bytes});
    for (int round = 0; round < 2; ++round) {
      const Result<Json> value = evaluator.evaluate(kExpression, scope);
      if (value) {
        EXPECT_EQ(*value, *expected) << bytes;
      } else {
        ASSERT_EQ(value.error().code, ErrorCode::limit_exceeded) << bytes << ": " << value.error().message;
      }
      ++(value ? successes : failures);
    }
    ASSERT_LT(bytes, 1'000'000U);
  }
  EXPECT_GT(failures, 100U);
}

// The same for the work, which may run out inside any library call.
TEST(Limits, work_may_run_out_anywhere) {
  FakeScope scope;
  scope.input_value = json(R"({"list":[1,2,3],"s":"abc"})");
  for (std::uint64_t instructions = 0; instructions < 1500; instructions += 7) {
    Evaluator evaluator({.instructions = instructions});
    for (const char* expression : {"('x'):rep(300):gsub('x', function(x) return ('%s-%5d'):format(x, 3) end)",
                                   "{input == input, table.concat(input.list, ','), ('a b c'):find('c')}"}) {
      const Result<Json> value = evaluator.evaluate(expression, scope);
      if (!value) {
        EXPECT_EQ(value.error().code, ErrorCode::limit_exceeded) << value.error().message;
      }
    }
  }
}

TEST(Limits, an_error_after_a_collection_is_not_taken_for_the_limit) {
  Evaluator evaluator({.instructions = 10'000'000, .memory_bytes = 1'000'000});
  FakeScope scope;
  const Result<Json> value = evaluator.evaluate(
      "(function() for i = 1, 100 do local s = ('x'):rep(100000) .. i end error('mine') end)()", scope);
  ASSERT_FALSE(value.has_value());
  EXPECT_THAT(value.error().message, HasSubstr("mine"));
  EXPECT_EQ(value.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace pawl::expression
