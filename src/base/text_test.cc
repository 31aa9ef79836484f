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
  EXPECT_EQ(did_you_mean("modul", known), " (did you mean \"module\"?)");
}

TEST(InQuotes, escapes_control_characters_and_cuts_at_a_character) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a\\x0ab\"");
  const std::string cut = in_quotes(std::string(79, 'x') + "\xC3\xA9tail");
  EXPECT_EQ(cut, "\"" + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace pawl
