// What a screen shows of an output: all of a small one, and of a large one something of each member.
#include "cli/view/output_lines.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/view/view.h"

namespace pawl::cli {
namespace {

using boost::json::array;
using boost::json::object;

bool has_line(const OutputLines& shown, std::string_view part) {
  return std::ranges::any_of(shown.lines, [&](const std::string& line) { return line.contains(part); });
}

TEST(OutputLines, show_a_small_output_as_it_is) {
  const OutputLines shown = output_lines(object{{"a", 1}, {"b", array{"x"}}}, 80, 60);
  EXPECT_EQ(shown.lines, (std::vector<std::string>{"{", "  \"a\": 1,", "  \"b\": [", "    \"x\"", "  ]", "}"}));
  EXPECT_FALSE(shown.is_cut);
  EXPECT_EQ(output_lines(Json("text"), 80, 60).lines, (std::vector<std::string>{"\"text\""}));
}

// One large result hides no other member, wherever it stands.
TEST(OutputLines, shorten_each_member_for_itself) {
  const std::string large(1'000'000, 'x');
  for (const Json& output :
       {Json(object{{"big", large}, {"other", "seen"}}), Json(object{{"other", "seen"}, {"big", large}}),
        Json(object{{"big", object{{"stdout", large}, {"exit_code", 0}}}, {"other", "seen"}}),
        Json(array{large, "seen"})}) {
    const OutputLines shown = output_lines(output, 80, 60);
    EXPECT_TRUE(has_line(shown, "\"seen\""));
    EXPECT_TRUE(has_line(shown, "xxx ... xxx"));
    EXPECT_TRUE(shown.is_cut);
    for (const std::string& line : shown.lines) EXPECT_LE(width_of(line), 80U);
  }
}

TEST(OutputLines, are_a_line_for_each_member_where_they_would_be_too_many) {
  array rows;
  for (int i = 0; i < 10'000; ++i) rows.push_back(i);
  const OutputLines shown = output_lines(object{{"rows", rows}, {"count", 10'000}, {"more", rows}}, 80, 60);
  EXPECT_LE(shown.lines.size(), kMostOutputLines);
  EXPECT_TRUE(has_line(shown, "  \"rows\": [0,1,2"));
  EXPECT_TRUE(has_line(shown, "  \"count\": 10000"));
  EXPECT_TRUE(has_line(shown, "  \"more\": [0,1,2"));
  EXPECT_TRUE(shown.is_cut);
}

TEST(OutputLines, are_bounded_whatever_there_is) {
  object wide;
  for (int i = 0; i < 5'000; ++i) wide[fmt::format("member-{:04}", i)] = i;
  const OutputLines shown = output_lines(wide, 80, 60);
  EXPECT_EQ(shown.lines.size(), kMostOutputLines);
  EXPECT_TRUE(has_line(shown, "\"member-0000\": 0"));
  EXPECT_TRUE(has_line(shown, "  ... and 4979 more"));
  EXPECT_TRUE(shown.is_cut);
  Json deep = array(30, Json(1));
  for (int i = 0; i < 2; ++i) deep = array(30, deep);
  EXPECT_LE(output_lines(deep, 80, 60).lines.size(), kMostOutputLines);
}

// 24 members that fit are all there: nothing is said to be left out.
TEST(OutputLines, that_are_complete_are_not_said_to_be_cut) {
  object flat;
  for (int i = 0; i < 20; ++i) flat[fmt::format("m{}", i)] = array{i, i};
  const OutputLines shown = output_lines(flat, 80, 60);
  EXPECT_EQ(shown.lines.size(), 22U);
  EXPECT_TRUE(has_line(shown, "  \"m19\": [19,19]"));
  EXPECT_FALSE(shown.is_cut);
}

}  // namespace
}  // namespace pawl::cli
