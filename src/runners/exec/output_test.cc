// What is kept of a stream, and how it is cut: at the limit, into lines, never inside a character.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/text.h"
#include "runners/exec/line_splitter.h"
#include "runners/exec/output_tail.h"
#include "runners/exec/utf8.h"

namespace pawl::runners {
namespace {

std::vector<std::string> split(const std::vector<std::string>& pieces) {
  std::vector<std::string> lines;
  LineSplitter splitter([&](std::string_view line) { lines.emplace_back(line); });
  for (const std::string& piece : pieces) splitter.add(piece);
  splitter.end();
  return lines;
}

using Lines = std::vector<std::string>;

TEST(OutputTail, is_the_end_of_all_that_was_added_however_it_came) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& pieces) {
    const std::size_t limit = *rc::gen::inRange<std::size_t>(0, 40);
    OutputTail tail(limit);
    std::string all;
    for (const std::string& piece : pieces) {
      tail.add(piece);
      all += piece;
    }
    const std::size_t dropped = all.size() - std::min(all.size(), limit);
    RC_ASSERT(tail.dropped() == dropped);
    RC_ASSERT(tail.take() == all.substr(dropped));
  }));
}

TEST(LineSplitter, ends_lines_at_newlines_with_or_without_carriage_return) {
  EXPECT_EQ(split({"a\nb\r\n\n\r\nlast"}), (Lines{"a", "b", "", "", "last"}));
  EXPECT_EQ(split({"a\r", "\nb", "c", "\n"}), (Lines{"a", "bc"}));
  EXPECT_EQ(split({"10%\r20%\n"}), (Lines{"10%\r20%"}));
  EXPECT_EQ(split({}), Lines{});
}

TEST(LineSplitter, gives_a_long_line_in_pieces) {
  const std::string full(LineSplitter::kLongest, 'x');
  EXPECT_EQ(split({full + full + "y\nz"}), (Lines{full, full, "y", "z"}));
  EXPECT_EQ(split({full + "\nz\n"}), (Lines{full, "z"}));
  EXPECT_EQ(split({full + "\r\nz\n"}), (Lines{full, "z"}));
  EXPECT_EQ(split({full, full, "\n"}), (Lines{full, full}));
}

TEST(LineSplitter, does_not_cut_a_character) {
  const std::string almost(LineSplitter::kLongest - 1, 'x');
  EXPECT_EQ(split({almost + "\xE2\x82\xAC"
                            "y\n"}),
            (Lines{almost,
                   "\xE2\x82\xAC"
                   "y"}));
}

TEST(LineSplitter, loses_and_adds_nothing_wherever_the_stream_is_torn) {
  EXPECT_TRUE(rc::check([](std::vector<std::string> pieces) {
    for (std::string& piece : pieces) std::erase(piece, '\r');
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    RC_ASSERT(split(pieces) == split({all}));
    std::string joined;
    for (const std::string& line : split({all})) joined += line + "\n";
    if (!all.empty() && !all.ends_with('\n')) all += '\n';
    RC_ASSERT(joined == all);
  }));
}

TEST(Utf8, replaces_what_is_invalid_and_keeps_the_rest) {
  EXPECT_EQ(valid_utf8("plain \xC3\xA9"), "plain \xC3\xA9");
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b\xC3"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(Utf8, knows_characters_cut_at_either_end) {
  EXPECT_EQ(whole_characters("ab\xE2\x82"), 2U);
  EXPECT_EQ(whole_characters("ab\xE2\x82\xAC"), 5U);
  EXPECT_EQ(whole_characters(""), 0U);
  EXPECT_EQ(whole_characters("\x80\x80\x80\x80"), 4U);  // no character: left to valid_utf8
  EXPECT_EQ(cut_off_at_front("\x82\xAC"
                             "ab"),
            2U);
  EXPECT_EQ(cut_off_at_front("ab"), 0U);
}

}  // namespace
}  // namespace pawl::runners
