// What users are told about their text: where, what is wrong with it, what they may have meant.
#include "base/text.h"

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(Position, counts_lines_and_columns_from_one) {
  EXPECT_EQ(line_and_column("ab\ncd", 0).line, 1U);
  EXPECT_EQ(line_and_column("ab\ncd", 4).line, 2U);
  EXPECT_EQ(line_and_column("ab\ncd", 4).column, 2U);
  EXPECT_EQ(line_and_column("ab", 99).column, 3U);
}

TEST(Utf8, accepts_well_formed_text) {
  EXPECT_EQ(find_invalid_utf8("plain, \xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80"), std::string_view::npos);
}

TEST(Utf8, finds_overlong_surrogate_truncated_and_stray_bytes) {
  EXPECT_EQ(find_invalid_utf8("ab\xC0\xAF"), 2U);
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);
  EXPECT_EQ(find_invalid_utf8("x\xE2\x82"), 1U);
  EXPECT_EQ(find_invalid_utf8("\x80"), 0U);
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);
}

TEST(DidYouMean, suggests_the_nearest_word_or_stays_silent) {
  const std::string_view known[] = {"dependencies", "timeout", "module"};
  EXPECT_EQ(nearest("dependancies", known), "dependencies");
  EXPECT_EQ(nearest("tiemout", known), "timeout");
  EXPECT_EQ(nearest("colour", known), "");
  const std::vector<std::string_view> tasks = {"C", "B", "A"};
  EXPECT_EQ(nearest("x", tasks), "") << "a letter resembles every other one";
  EXPECT_EQ(nearest("b", tasks), "B") << "the other case before any other letter";
  EXPECT_EQ(did_you_mean("modul", known), " (did you mean \"module\"?)");
}

TEST(InQuotes, escapes_control_characters_and_cuts_at_a_character) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a\\nb\"");
  const std::string cut = in_quotes(std::string(79, 'x') + "\xC3\xA9tail");
  EXPECT_EQ(cut, "\"" + std::string(79, 'x') + "...\"");
}

// U+009B begins an escape sequence as ESC [ does; U+202E turns what follows around.
TEST(InQuotes, escapes_whatever_terminals_obey) {
  EXPECT_EQ(in_quotes("\x1B[2J\x7F"), "\"\\x1b[2J\\x7f\"");
  EXPECT_EQ(in_quotes("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0"), "\"\\u0080\\u009b\\u009f\xC2\xA0\"");
  EXPECT_EQ(in_quotes("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xAA"),
            "\"\xE2\x80\xA7\\u2028\\u202e\\u2066\xE2\x81\xAA\"");
}

TEST(InQuotes, escapes_bytes_that_are_no_text_and_leaves_the_rest) {
  EXPECT_EQ(in_quotes("a\xFFz\xE2\x82"), "\"a\\xffz\\xe2\\x82\"");
  EXPECT_EQ(in_quotes("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 \"q\""),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 \\\"q\\\"\"");
}

TEST(Character, is_decoded_with_its_size) {
  EXPECT_EQ(first_character("az").code, U'a');
  EXPECT_EQ(first_character("\xE2\x82\xAC!").code, U'\u20AC');
  EXPECT_EQ(first_character("\xE2\x82\xAC!").size, 3U);
  EXPECT_EQ(first_character("\xF0\x9F\x98\x80").code, U'\U0001F600');
  EXPECT_EQ(first_character("\xFF!").code, kNoCharacter);
}

}  // namespace
}  // namespace pawl
