// `string` with RE2's patterns: what it finds, and that its corners are Lua's.
#include <gmock/gmock.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

using ::testing::HasSubstr;
using StringLibrary = ExpressionTest;

TEST_F(StringLibrary, finds) {
  EXPECT_EQ(value_of("{('hello'):find('l+')}"), "[3,4]");
  EXPECT_EQ(value_of("{('hello'):find('(l)(x?)(o)')}"), R"([4,5,"l","","o"])");
  EXPECT_EQ(value_of("{('a.b'):find('.', 2, true)}"), "[2,2]");
  EXPECT_EQ(value_of("{('abc'):find('', 10)}"), "{}");
  EXPECT_EQ(value_of("{('abc'):find('', 4, true)}"), "[4,3]");
  EXPECT_EQ(value_of("{('abc'):find('c', -1)}"), "[3,3]");
  EXPECT_EQ(value_of("{('abc'):find('a', math.mininteger)}"), "[1,1]");
  EXPECT_EQ(value_of("('abc'):find('x')"), "null");
  EXPECT_EQ(value_of("('abc'):find('x', 1, true)"), "null");
}

TEST_F(StringLibrary, matches) {
  EXPECT_EQ(value_of(R"({('2024-05-01'):match('(\\d+)-(\\d+)')})"), R"(["2024","05"])");
  EXPECT_EQ(value_of(R"(('key=value'):match('=(.*)'))"), R"("value")");
  EXPECT_EQ(value_of("array{('b'):match('(a)|(b)')}"), R"([null,"b"])");
  EXPECT_EQ(value_of("('abc'):match('b', 3)"), "null");
}

TEST_F(StringLibrary, walks_over_matches) {
  EXPECT_EQ(
      value_of("(function() local t = {} for w in ('a bc d'):gmatch('[a-z]+') do t[#t + 1] = w end return t end)()"),
      R"(["a","bc","d"])");
  EXPECT_EQ(value_of("(function() local n = 0 for w in ('abc'):gmatch('[a-z]*') do n = n + 1 end return n end)()"),
            "1");
  EXPECT_EQ(value_of("(function() local n = 0 for w in ('abc'):gmatch('') do n = n + 1 end return n end)()"), "4");
}

TEST_F(StringLibrary, replaces) {
  EXPECT_EQ(value_of("{('hello'):gsub('l', 'L')}"), R"(["heLLo",2])");
  EXPECT_EQ(value_of("{('hello'):gsub('l', 'L', 1)}"), R"(["heLlo",1])");
  EXPECT_EQ(value_of("('ab'):gsub('(a)(b)', '%2%1%%%0')"), R"("ba%ab")");
  EXPECT_EQ(value_of("('ab'):gsub('a', '<%1>')"), R"("<a>b")");
  EXPECT_EQ(value_of("{('abc'):gsub('[a-z]*', 'x')}"), R"(["x",1])");
  EXPECT_EQ(value_of("{('abc'):gsub('', '-')}"), R"(["-a-b-c-",4])");
  EXPECT_EQ(value_of("('hé'):gsub('', '-')"), R"("-h-é-")");
  EXPECT_EQ(value_of("('a1b2'):gsub('\\\\d', {['1'] = 'one', ['2'] = false})"), R"("aoneb2")");
  EXPECT_THAT(error_of("('a1b2'):gsub('[0-9]', function(d) return d + 1 end)"), HasSubstr("arithmetic on the text"));
  EXPECT_EQ(value_of("('a1b2'):gsub('\\\\d', function(d) return tonumber(d) + 1 end)"), R"("a2b3")");
  EXPECT_THAT(error_of("('a'):gsub('a', '%')"), HasSubstr("names no group"));
  EXPECT_THAT(error_of("('a'):gsub('a', '%2')"), HasSubstr("names no group"));
  EXPECT_THAT(error_of("('a'):gsub('a', function() return {} end)"), HasSubstr("is a table, not a string"));
  EXPECT_THAT(error_of("('a'):gsub('a', true)"), HasSubstr("string/function/table"));
}

// The buffer of gsub lives on Lua's stack, and moves when it grows.
TEST_F(StringLibrary, a_replacing_function_may_use_the_library_itself) {
  EXPECT_EQ(
      value_of(
          "(('ab'):rep(300)):gsub('(a)(b)', function(x, y) return (y:rep(10):gsub('b', x)) end) == ('a'):rep(3000)"),
      "true");
  EXPECT_EQ(
      value_of(
          "(('x'):rep(100)):gsub('x', function() return ('%d'):format(#('ab'):gsub('b', 'c')) end) == ('2'):rep(100)"),
      "true");
  EXPECT_EQ(value_of("(function() local n = 0 return (('x'):rep(100):gsub('x', function() n = n + 1 return "
                     "(('y'):gsub('y{0,' .. n .. '}z?', 'k')) end)) == ('k'):rep(100) end)()"),
            "true");
  EXPECT_EQ(error_of("('abc'):rep(1000):gsub('b', function(x) error('stop') end)"), "stop");
}

TEST_F(StringLibrary, wrong_patterns_are_named) {
  EXPECT_EQ(error_of("('a'):find('(')"), R"(the pattern "(" is wrong: missing ): ()");
  EXPECT_THAT(error_of("('a'):find('(x{1000}){1000}')"), HasSubstr("is wrong"));
  EXPECT_EQ(error_of("('a'):find(('x'):rep(501))"), "the pattern has 501 bytes; the limit is 500");
}

TEST_F(StringLibrary, the_rest_is_luas) {
  EXPECT_EQ(
      value_of(
          "{('abc'):upper(), ('ABC'):lower(), ('abc'):reverse(), ('abc'):sub(2), ('abc'):len(), ('abc'):byte(-1)}"),
      R"(["ABC","abc","cba","bc",3,99])");
  EXPECT_EQ(value_of("string.char(72, 105) .. ('ab'):rep(3, '-') .. ('x'):rep(0) .. (''):rep(1e18)"),
            R"("Hiab-ab-ab")");
  EXPECT_EQ(value_of("('%5.1f|%-4s|%04d|%x|%q'):format(1.25, 'ab', 7, 255, 'a\"')"),
            R"("  1.2|ab  |0007|ff|\"a\\\"\"")");
  EXPECT_EQ(value_of("{utf8.len('hé'), utf8.char(233), utf8.codepoint('é')}"), R"([2,"é",233])");
  EXPECT_THAT(error_of("('x'):rep()"), HasSubstr("bad argument #1 to 'rep'"));
}

}  // namespace
}  // namespace pawl::expression
