// The tree of a document and what every format refuses; what is particular to one stands in its own tests.
#include "definition/document.h"

#include <gtest/gtest.h>

#include "definition/document_testing.h"

namespace pawl::definition {
namespace {

TEST(Document, reads_every_kind_of_value) {
  const std::string text =
      R"({"n": null, "b": true, "i": -7, "u": 18446744073709551615, "d": 1.5, "s": "x", "a": [1], "o": {}})";
  for (const Format format : {Format::json, Format::yaml}) {
    const Document document = *Document::parse(text, format);
    std::vector<NodeKind> kinds;
    for (const auto [key, value] : document.root().members()) kinds.push_back(value.kind());
    EXPECT_EQ(kinds, (std::vector{NodeKind::null, NodeKind::boolean, NodeKind::integer, NodeKind::unsigned_integer,
                                  NodeKind::number, NodeKind::string, NodeKind::array, NodeKind::object}));
    EXPECT_EQ(document.root().to_json(), *parse_json(text));
  }
}

TEST(Document, gives_values_by_kind) {
  const std::string text = R"([null, true, -7, 18446744073709551615, 1.5, "x"])";
  const Document document = *Document::parse(text, Format::json);
  auto element = document.root().elements().begin();
  EXPECT_TRUE((*element).is_null());
  EXPECT_TRUE((*++element).boolean());
  EXPECT_EQ((*++element).integer(), -7);
  EXPECT_EQ((*element).number(), -7.0);
  EXPECT_EQ((*++element).number(), 18446744073709551615.0);
  EXPECT_EQ((*++element).number(), 1.5);
  EXPECT_EQ((*++element).string(), "x");
  EXPECT_EQ(++element, document.root().elements().end());
}

TEST(Document, iterates_members_in_order_and_steps_over_subtrees) {
  const std::string text = R"({"b": {"x": [1, [2]]}, "a": [], "c": "last"})";
  const Document document = *Document::parse(text, Format::json);
  static_assert(std::forward_iterator<Node::Elements::Iterator>);
  static_assert(std::forward_iterator<Node::Members::Iterator>);
  std::string keys;
  for (const auto [key, value] : document.root().members()) keys += key.string();
  EXPECT_EQ(keys, "bac");
  EXPECT_EQ(document.root().size(), 3U);
  const auto first = *document.root().members().begin();
  EXPECT_EQ(to_json_text(first.value.to_json()), R"({"x":[1,[2]]})");
}

TEST(DocumentDeathTest, asking_for_another_kind_is_a_bug) {
  const Document document = *Document::parse("[1]", Format::json);
  EXPECT_DEATH((void)document.root().string(), "is an array");
  EXPECT_DEATH((void)document.root().members(), "is an array");
}

TEST(Document, keeps_the_value_that_it_is_made_from) {
  const Json value =
      *parse_json(R"({"a": [1, {"b": null}], "c": "text", "d": 0.1, "e": 18446744073709551615, "f": [], "g": {}})");
  const Document document = Document::from_json(value);
  EXPECT_EQ(document.root().to_json(), value);
  EXPECT_EQ(document.root().position().line, 0U);
  EXPECT_EQ(document.root().position().column, 0U);
  EXPECT_EQ(Document::from_json(Json(std::uint64_t{5})).root().kind(), NodeKind::integer);
}

TEST(Document, takes_values_of_any_depth_without_recursion) {
  Json value = nullptr;
  for (int i = 0; i < 10'000; ++i) {
    boost::json::array outer;
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  EXPECT_EQ(Document::from_json(value).root().to_json().get_array().size(), 1U);
}

TEST(Document, refuses_what_is_larger_than_the_limit_with_both_numbers) {
  for (const Format format : {Format::json, Format::yaml}) {
    const Error error = refusal("[1, 2, 3]", format, {.max_bytes = 8});
    EXPECT_EQ(error.code, ErrorCode::limit_exceeded);
    EXPECT_EQ(error.message, "the document has 9 bytes; the limit is 8");
    EXPECT_TRUE(Document::parse("[1, 2, 3]", format, {.max_bytes = 9}).has_value());
  }
}

TEST(Document, refuses_more_nodes_than_the_limit_where_they_begin) {
  for (const Format format : {Format::json, Format::yaml}) {
    EXPECT_TRUE(Document::parse("[1,\n 2]", format, {.max_nodes = 3}).has_value());
    EXPECT_EQ(refused("[1,\n 2]", format, {.max_nodes = 2}), "2:2: the document has more than 2 nodes, the limit");
  }
}

TEST(Document, refuses_deeper_nesting_than_the_limit) {
  for (const Format format : {Format::json, Format::yaml}) {
    EXPECT_TRUE(Document::parse("{\"a\": [[0]]}", format, {.max_depth = 3}).has_value());
    EXPECT_EQ(refused("{\"a\": [\n[0]]}", format, {.max_depth = 2}),
              "2:1: arrays and objects are nested deeper than 2 levels, the limit");
  }
}

TEST(Document, refuses_endless_nesting_without_running_out_of_stack) {
  const std::string brackets(1'000'000, '[');
  EXPECT_EQ(refused(brackets, Format::json), "1:101: arrays and objects are nested deeper than 100 levels, the limit");
  EXPECT_FALSE(Document::parse(brackets, Format::json, {.max_depth = 1000}).has_value());
}

TEST(Document, refuses_duplicate_keys_at_the_second_and_names_the_line_of_the_first) {
  for (const Format format : {Format::json, Format::yaml}) {
    EXPECT_EQ(refused("{\"a\": 1,\n \"b\": {\"a\": 1},\n  \"a\": 2}", format),
              "3:3: duplicate key \"a\": the first one is in line 1");
  }
  EXPECT_EQ(refused(R"({"a": 1, "\u0061": 2})", Format::json), "1:10: duplicate key \"a\": the first one is in line 1");
}

TEST(Document, finds_the_first_duplicate_among_very_many_keys) {
  constexpr int kKeys = 100'000;
  std::string text = "{";
  for (int i = 0; i < kKeys; ++i) text += "\"key" + std::to_string(i) + "\": 0,\n";
  EXPECT_TRUE(Document::parse(text + "\"last\": 0}", Format::json).has_value());
  EXPECT_EQ(refused(text + "\"key77\": 0,\n\"key5\": 0}", Format::json),
            "100001:1: duplicate key \"key77\": the first one is in line 78");
}

TEST(Document, refuses_nul_bytes_where_they_stand) {
  for (const Format format : {Format::json, Format::yaml}) {
    EXPECT_EQ(refused(std::string("[1,\n  \"a\0b\"]", 12), format), "2:5: a NUL byte: is this a text file?");
  }
}

TEST(Document, refuses_escaped_nul_at_the_string_that_contains_it) {
  for (const Format format : {Format::json, Format::yaml}) {
    EXPECT_EQ(refused("[1,\n  \"a\\u0000b\"]", format),
              "2:3: the string \"a\\x00b\" contains the character U+0000, which is not accepted");
    EXPECT_FALSE(Document::parse("{\"\\u0000\": 1}", format).has_value());
  }
}

TEST(Document, refuses_invalid_utf8_where_it_stands) {
  for (const Format format : {Format::json, Format::yaml}) {
    EXPECT_EQ(refused("[1,\n  \"a\xFF\"]", format),
              "2:5: the byte 0xFF is not valid UTF-8 here; save the document as UTF-8");
  }
}

TEST(Document, says_that_utf16_must_be_saved_as_utf8) {
  using namespace std::string_literals;
  for (const std::string& text : {"\xFF\xFE{\0}\0"s, "\xFE\xFF\0{\0}"s, "{\0}\0"s, "\0{\0}"s})
    EXPECT_EQ(refused(text, Format::json), "1:1: the document looks like UTF-16; save it as UTF-8");
}

TEST(Document, accepts_a_byte_order_mark_which_is_in_no_column) {
  for (const Format format : {Format::json, Format::yaml}) {
    const std::string text = "\xEF\xBB\xBF[1, 2]";
    const Document document = *Document::parse(text, format);
    EXPECT_EQ(to_json_text(document.root().to_json()), "[1,2]");
    EXPECT_EQ(at((*++document.root().elements().begin()).position()), "1:5");
    EXPECT_EQ(guess_format("", "\xEF\xBB\xBF {}"), Format::json);
  }
}

TEST(Document, refuses_an_empty_document) {
  for (const std::string_view text : {"", " \n\t\n", "\xEF\xBB\xBF"}) {
    for (const Format format : {Format::json, Format::yaml})
      EXPECT_EQ(refused(text, format), "1:1: the document is empty");
  }
}

TEST(GuessFormat, goes_by_the_name_and_then_by_the_first_character) {
  EXPECT_EQ(guess_format("a.json", "a: 1"), Format::json);
  EXPECT_EQ(guess_format("a.yaml", "{}"), Format::yaml);
  EXPECT_EQ(guess_format("a.yml", "{}"), Format::yaml);
  EXPECT_EQ(guess_format("", "\n {}"), Format::json);
  EXPECT_EQ(guess_format("-", "a: 1"), Format::yaml);
  EXPECT_EQ(guess_format("workflow", ""), Format::yaml);
}

TEST(DescribeKind, reads_as_a_noun) {
  EXPECT_EQ(describe_kind(NodeKind::null), "null");
  EXPECT_EQ(describe_kind(NodeKind::unsigned_integer), "an integer");
  EXPECT_EQ(describe_kind(NodeKind::object), "an object");
}

}  // namespace
}  // namespace pawl::definition
