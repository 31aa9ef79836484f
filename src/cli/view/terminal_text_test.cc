// What tasks say is shown as text, takes the room we think, and is cut between characters.
#include <gtest/gtest.h>

#include "cli/view/view.h"

namespace pawl::cli {
namespace {

TEST(Printable, leaves_out_escape_sequences_as_a_whole) {
  EXPECT_EQ(printable("a\033[1;31mred\033[0m b"), "ared b");
  EXPECT_EQ(printable("\033]0;title\ax\033]8;;http://x\033\\link\033]8;;\033\\"), "xlink");
  EXPECT_EQ(printable("a\033(Bb\033Mc\033cd\033[?25le"), "abcde");
}

TEST(Printable, leaves_no_control_character_whatever_is_cut_off) {
  EXPECT_EQ(printable("a\033"), "a");
  EXPECT_EQ(printable("a\033["), "a");
  EXPECT_EQ(printable("a\033[12"), "a");
  EXPECT_EQ(printable("a\033]never closed"), "anever closed");
  EXPECT_EQ(printable("a\033\033[2Jb\033[\033[2Jc"), "abc");
  EXPECT_EQ(printable("a\rb\bc\x7F\ad"), "abcd");
  EXPECT_EQ(printable("a\xC2\x9B"
                      "2Jb\xE2\x80\xAE"
                      "c\xE2\x80\xA8"
                      "d"),
            "a2Jbcd");
}

TEST(Printable, keeps_text_and_marks_what_is_none) {
  EXPECT_EQ(printable("a\tb\nc"), "a  b  c");
  EXPECT_EQ(printable("caf\xC3\xA9 \xE5\xA5\xBD \xF0\x9F\x98\x80"), "caf\xC3\xA9 \xE5\xA5\xBD \xF0\x9F\x98\x80");
  EXPECT_EQ(printable("a\xFF\xE2\x82z"),
            "a???"
            "z");
}

TEST(Width, counts_columns_not_bytes) {
  EXPECT_EQ(width_of("caf\xC3\xA9"), 4U);
  EXPECT_EQ(width_of("e\xCC\x81"), 1U) << "an accent stands on its letter";
  EXPECT_EQ(width_of("\xE5\xA5\xBD\xF0\x9F\x98\x80"), 4U);
  EXPECT_EQ(cut("a\xE5\xA5\xBD"
                "b",
                2),
            "a");
  EXPECT_EQ(cut("a\xE5\xA5\xBD"
                "b",
                3),
            "a\xE5\xA5\xBD");
  EXPECT_EQ(cut("abc", 0), "");
  EXPECT_EQ(cut("abc", 9), "abc");
}

}  // namespace
}  // namespace pawl::cli
