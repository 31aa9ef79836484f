// YAML as a document: keys, aliases, positions, and the refusals that are YAML's own.
#include "definition/yaml_document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "definition/document_testing.h"
#include "definition/yaml_input.h"

namespace pawl::definition {
namespace {

TEST(YamlDocument, reads_block_and_flow_style) {
  EXPECT_EQ(yaml("a:\n  - 1\n  - b: x\n    c: [y, {d: e}]\nf: {}\ng:\n- []\n"),
            R"({"a":[1,{"b":"x","c":["y",{"d":"e"}]}],"f":{},"g":[[]]})");
  EXPECT_EQ(yaml("# comment\n---\n? a\n: 1\n...\n"), R"({"a":1})");
  EXPECT_EQ(yaml("[a: 1, b]"), R"([{"a":1},"b"])");
  EXPECT_EQ(yaml("{a, b: }"), R"({"a":null,"b":null})");
  EXPECT_EQ(yaml("a:\r\n  - x\r\n"), R"({"a":["x"]})");
  EXPECT_EQ(yaml("a: one\n  two\n\n  three"), R"({"a":"one two\nthree"})");
}

TEST(YamlDocument, scalars_as_keys_are_strings_as_written) {
  EXPECT_EQ(yaml("1: a\ntrue: b\n0x1: c\n1.50: d\nnull: e\n~: f\n!!str 2: g\n'': h"),
            R"({"1":"a","true":"b","0x1":"c","1.50":"d","null":"e","~":"f","2":"g","":"h"})");
}

TEST(YamlDocument, refuses_keys_that_are_no_strings) {
  EXPECT_EQ(yaml("a: 1\n[b]: 2"), "2:1: a key must be a string, not an array (or is a bracket left open?)");
  EXPECT_EQ(yaml("? {b: 1}\n: 2"), "1:3: a key must be a string, not an object (or is a bracket left open?)");
  EXPECT_EQ(yaml("a: &x 1\n*x : 2"), "2:1: a key must be a string, not an integer");
  EXPECT_EQ(yaml("!!int 1: 2"), "1:1: a key must be a string, not an integer");
  EXPECT_EQ(yaml("{a: 1, : 2}"), "1:8: a key is missing");
  EXPECT_EQ(yaml("[1, , 2]"), "1:5: a value is missing before this comma");
}

TEST(YamlDocument, knows_where_every_node_stands) {
  const std::string text = "# c\nname: x\ntasks:\n  a: {b: [1, two]}\n  left_out:\n  c: 'q'\n";
  const Document document = *Document::parse(text, Format::yaml);
  const auto tasks = *++document.root().members().begin();
  EXPECT_EQ(at(document.root().position()), "2:1");
  EXPECT_EQ(at(tasks.key.position()) + " " + at(tasks.value.position()), "3:1 4:3");
  std::string positions;
  for (const auto [key, value] : tasks.value.members())
    positions += at(key.position()) + "=" + at(value.position()) + " ";
  EXPECT_EQ(positions, "4:3=4:6 5:3=5:3 6:3=6:6 ");
  const auto b = *(*tasks.value.members().begin()).value.members().begin();
  EXPECT_EQ(at((*++b.value.elements().begin()).position()), "4:14");
}

TEST(YamlDocument, values_that_are_left_out_stand_at_their_keys) {
  const std::string text = "a:\nnull:\n~ :\nb: ~\nnullable: null";
  const Document document = *Document::parse(text, Format::yaml);
  std::string positions;
  for (const auto [key, value] : document.root().members())
    positions += std::string(key.string()) + "=" + at(value.position()) + " ";
  EXPECT_EQ(positions, "a=1:1 null=2:1 ~=3:1 b=4:4 nullable=5:11 ");
}

TEST(YamlDocument, positions_hold_where_a_bracket_opens_the_document) {
  const std::string text = "# c\n\n  {a: 1,\n b: [x, y]}";
  const Document document = *Document::parse(text, Format::yaml);
  EXPECT_EQ(at(document.root().position()), "3:3");
  const auto a = *document.root().members().begin();
  EXPECT_EQ(at(a.key.position()) + " " + at(a.value.position()), "3:4 3:7");
  const auto b = *++document.root().members().begin();
  EXPECT_EQ(at(b.value.position()) + " " + to_json_text(b.value.to_json()), "4:5 [\"x\",\"y\"]");
  EXPECT_EQ(yaml("\n  {a: 1, a: 2}"), "2:10: duplicate key \"a\": the first one is in line 2");
}

TEST(YamlDocument, aliases_stand_for_copies_at_their_own_position) {
  const std::string text = "a: &x {k: [1, s]}\nb: *x\nc: &k key\n*k : *k\nd: &x 2\ne: *x";
  const Document document = *Document::parse(text, Format::yaml);
  EXPECT_EQ(to_json_text(document.root().to_json()),
            R"({"a":{"k":[1,"s"]},"b":{"k":[1,"s"]},"c":"key","key":"key","d":2,"e":2})");
  const auto b = *++document.root().members().begin();
  EXPECT_EQ(at(b.value.position()), "2:4");
  EXPECT_EQ(at((*b.value.members().begin()).value.position()), "2:4");
}

TEST(YamlDocument, refuses_aliases_that_lead_nowhere_or_in_a_circle) {
  EXPECT_EQ(yaml("a: *x"), "1:4: not valid YAML: an alias (*name) to an anchor (&name) that is not defined before it");
  EXPECT_EQ(yaml("a: &x\n  b: [*x]"), "2:7: an alias to a value that it is itself a part of");
}

TEST(YamlDocument, refuses_aliases_that_expand_without_measure) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  const Error error = refusal(bomb, Format::yaml);
  EXPECT_EQ(error.code, ErrorCode::limit_exceeded);
  EXPECT_EQ(error.message, "aliases expand to more than 1000000 nodes, the limit");
  EXPECT_EQ(error.line, 10U);
  EXPECT_EQ(refused("a: &a [1, 2]\nb: *a\nc: *a", Format::yaml, {.max_alias_nodes = 5}),
            "3:4: aliases expand to more than 5 nodes, the limit");
  EXPECT_EQ(refused("a: &a [1, 2]\nb: *a", Format::yaml, {.max_nodes = 8}),
            "2:4: with its aliases expanded the document has more than 8 nodes, the limit");
  EXPECT_TRUE(Document::parse("a: &a [1, 2]\nb: *a", Format::yaml, {.max_nodes = 9, .max_alias_nodes = 3}).has_value());
}

TEST(YamlDocument, counts_the_depth_of_aliases) {
  const std::string_view text = "a: &a [[1]]\nb: [*a]";
  EXPECT_TRUE(Document::parse(text, Format::yaml, {.max_depth = 4}).has_value());
  EXPECT_EQ(refused(text, Format::yaml, {.max_depth = 3}),
            "2:5: with this alias, arrays and objects are nested deeper than 3 levels, the limit");
}

TEST(YamlDocument, refuses_duplicate_keys_however_they_are_written) {
  EXPECT_EQ(yaml("a: 1\nb: 2\n'a': 3"), "3:1: duplicate key \"a\": the first one is in line 1");
  EXPECT_EQ(yaml("t:\n  x: &k x\n  y: 1\n  *k : 2"), "4:3: duplicate key \"x\": the first one is in line 2");
}

TEST(YamlDocument, a_forgotten_quote_takes_no_lines_below_it) {
  constexpr std::string_view kRest = "; a text in quotes that goes on in a next line is indented deeper there";
  const auto open = [&](std::string_view place, int line) {
    return fmt::format("{}: the quote of line {} is not closed{}", place, line, kRest);
  };
  EXPECT_EQ(yaml("a:\n  b: \"x\n  c: [y]\n"), open("2:6", 2));
  EXPECT_EQ(yaml("a:\n  b: 'x\n  c: it''s\nd: 'y'\n"), open("2:6", 2));
  EXPECT_EQ(yaml("a: \"x\nb: \"y\"\n"), open("1:4", 1));
  EXPECT_EQ(yaml("a: \"x\nb: \"y: z\"\n"), open("1:4", 1));
  EXPECT_EQ(yaml("a: 1\n\"b: 2\nc: 3\n"), open("2:1", 2));
  EXPECT_EQ(yaml("a:\n- \"x\n- \"y\"\n"), open("2:3", 2));
  EXPECT_EQ(yaml("a:\n  b: [x, \"y]\n  c: \"z\"]\n"), open("2:10", 2));
  EXPECT_EQ(yaml("a: &t !!str \"x\nb: \"\n"), open("1:4", 1));
  EXPECT_EQ(yaml("a: \"x\n"), open("1:4", 1));
  EXPECT_EQ(yaml("a: \"x\\\"\n"), open("1:4", 1));
}

TEST(YamlDocument, expressions_within_brackets_need_quotes) {
  constexpr std::string_view kHint = "; within { } and [ ] an expression stands in quotes: write \"${{ ... }}\"";
  for (const std::string text : {"a: {b: ${{ input.x }}}", "a: {\n  b: ${{ input.x }},\n  c: 1}"})
    EXPECT_TRUE(yaml(text).ends_with("a \"{\" is not closed, or a comma is missing" + std::string(kHint)))
        << yaml(text);
  EXPECT_TRUE(yaml("a: [b, ${{ input.x }}]").ends_with(kHint)) << yaml("a: [b, ${{ input.x }}]");
  EXPECT_EQ(yaml("a: {b: \"${{ input.x }}\"}"), R"({"a":{"b":"${{ input.x }}"}})");
  EXPECT_FALSE(yaml("a: {b: 1").ends_with(kHint));
}

TEST(YamlDocument, quotes_may_span_lines_that_are_indented_deeper) {
  EXPECT_EQ(yaml("a: \"x\n y\n\n z\"\nb: 'p\n \n  it''s'\n"), R"({"a":"x y\nz","b":"p\nit's"})");
  EXPECT_EQ(yaml("a:\n- \"x\n  y\"\n- [p, \"q\n  r\"]\n"), R"({"a":["x y",["p","q r"]]})");
  EXPECT_EQ(yaml("a: \"x\\\n  y\"\n"), R"({"a":"xy"})");
  EXPECT_EQ(yaml("{a: \"x\ny\"}"), R"({"a":"x y"})");
}

TEST(YamlDocument, refuses_merge_keys_but_not_the_quoted_word) {
  EXPECT_EQ(yaml("a: &a {x: 1}\nb:\n  <<: *a").substr(0, 42), "3:3: the merge key << is not supported; wr");
  EXPECT_EQ(yaml("'<<': 1"), R"({"<<":1})");
}

TEST(YamlDocument, refuses_more_than_one_document) {
  EXPECT_EQ(yaml("a: 1\n---\nb: 2"), "2:1: a second document begins; only one is accepted");
  EXPECT_EQ(yaml("a: 1\n...\nb: 2"), "3:1: the document has ended before this");
  EXPECT_EQ(yaml("[1, 2] 3"), "1:8: the document has ended before this");
}

TEST(YamlDocument, refuses_a_document_without_content) {
  EXPECT_EQ(yaml("# only\n  # comments\n"), "1:1: the document is empty");
  EXPECT_EQ(yaml("%YAML 1.2\n"), "1:1: the document is empty");
  EXPECT_EQ(refusal("---\n", Format::yaml).message, "the document is empty");
  EXPECT_EQ(refusal("---\n...\n", Format::yaml).message, "the document is empty");
}

TEST(YamlDocument, places_syntax_errors_and_explains_them) {
  EXPECT_EQ(yaml("a: b: c").substr(0, 60), "1:5: not valid YAML: a \": \" where no value can stand (quote ");
  EXPECT_EQ(yaml("a: 1\n  b: 2").substr(0, 52), "2:4: not valid YAML: a \": \" where no value can stand");
  EXPECT_EQ(yaml("a:\n  b: 1\n c: 2").substr(0, 50), "3:2: not valid YAML: this does not belong to the o");
  EXPECT_EQ(yaml("a: [1, 2\n"), "1:4: not valid YAML: a \"[\" is not closed, or a comma is missing");
  EXPECT_EQ(yaml("a: {b: 1\n"), "1:4: not valid YAML: a \"{\" is not closed, or a comma is missing");
  EXPECT_EQ(yaml("a: [{b: 1\n"), "1:5: a key must be a string, not an object (or is a bracket left open?)");
  EXPECT_EQ(yaml("a: [1, 2: 3 4: 5]"), "1:14: not valid YAML: a \"[\" is not closed, or a comma is missing");
  EXPECT_EQ(yaml("a: \"b"), "1:6: not valid YAML: the document ends inside of a quoted string");
  EXPECT_EQ(yaml("a: @b"), "1:4: not valid YAML: no value can start with this character (quote it if it is a string)");
  EXPECT_EQ(yaml("{a: ]}"), "1:5: not valid YAML: a \"]\" or \"}\" that closes nothing");
  EXPECT_EQ(yaml("a: \"\\q\""), "1:7: not valid YAML: unknown escape character: q");
  EXPECT_EQ(yaml("a: \"\\ud83d\\ude00\"").substr(0, 53), "1:11: not valid YAML: an escape that is not a Unicode");
}

// Whatever yaml-cpp takes it for.
TEST(YamlDocument, a_tab_as_indentation_is_reported_as_that) {
  const std::string why =
      "not valid YAML: a tab in the indentation; YAML is indented with spaces only: write two for each tab";
  EXPECT_EQ(yaml("a:\n\tb:\n\t\tc: 1\n"), "2:1: " + why);
  EXPECT_EQ(yaml("a:\n  b:\n\tc: 1\n"), "3:1: " + why);
  EXPECT_EQ(yaml("a:\n  b: 1\n  \tc: 2\n"), "3:3: " + why);
  EXPECT_EQ(yaml("a:\n  \tb: 1\n  \tc: 2\n"), "2:3: " + why);
  EXPECT_EQ(yaml("a:\n\t- b\n"), "2:1: " + why);
  EXPECT_EQ(yaml("\ta: 1\n"), "1:1: " + why);
  EXPECT_EQ(yaml("a: |\n\tx\n"), "2:1: " + why);
  // Where no value is indented by them they are white space, or text; and another line's tab is not this line's fault.
  EXPECT_EQ(yaml("a: \t1\nb: {\n\tc: 2\n}\n"), R"({"a":1,"b":{"c":2}})");
  EXPECT_EQ(yaml("a: |\n  x\n  \ty\n"), R"({"a":"x\n\ty\n"})");
  EXPECT_EQ(yaml("a: |\n  x\n  \ty\nb: c: d\n").substr(0, 4), "4:5:");
}

TEST(YamlDocument, refuses_characters_that_yaml_does_not_allow) {
  EXPECT_EQ(yaml("a: 1\nb: \x04"),
            "2:4: the control character U+0004 is not allowed in YAML; in double quotes, write \\x04");
  EXPECT_EQ(yaml("a: 1\rb: 2"), "1:5: a carriage return without a line feed; lines end in LF or CR LF");
  EXPECT_EQ(yaml("a: \"\\x04\""), R"({"a":"\u0004"})");
}

TEST(YamlDocument, refuses_endless_nesting_without_running_out_of_stack) {
  for (const std::string_view piece : {"[", "{", "- ", "? ", "[a: ", "{a: ", "[{", "- ? "}) {
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    EXPECT_FALSE(Document::parse(text, Format::yaml).has_value()) << piece;
    EXPECT_FALSE(Document::parse("a: " + text, Format::yaml, {.max_depth = 1'000'000}).has_value()) << piece;
  }
  EXPECT_EQ(yaml("a: " + std::string(100, '[') + std::string(100, ']')),
            "1:103: arrays and objects are nested deeper than 100 levels, the limit");
}

TEST(YamlDocument, refuses_what_makes_the_parser_hoard) {
  const std::string brackets(YamlInput::kMaxHoarded * 2, '[');
  const Error error = refusal("a: 1\nb: " + brackets, Format::yaml);
  EXPECT_EQ(error.code, ErrorCode::limit_exceeded);
  EXPECT_EQ(at({.line = error.line, .column = error.column}), "2:4");
  EXPECT_EQ(error.message.substr(0, 45), "nothing is complete within 2097152 bytes from");
}

TEST(YamlDocument, reads_large_documents_in_brackets_piece_by_piece) {
  std::string text = "{";
  for (int i = 0; text.size() < YamlInput::kMaxHoarded * 2; ++i)
    text += "\"task" + std::to_string(i) + "\": [" + std::string(1000, '7') + "x],\n";
  EXPECT_TRUE(Document::parse(text + "}", Format::yaml).has_value());
}

}  // namespace
}  // namespace pawl::definition
