// JSON text means the same through both parsers, and the same as the value that it was written from.
#include <bit>
#include <cmath>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "definition/document.h"

namespace pawl::definition {
namespace {

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0U | (c >> 6U));
  } else {
    if (c < 0x10000) {
      byte(0xE0U | (c >> 12U));
    } else {
      byte(0xF0U | (c >> 18U));
      byte(0x80U | ((c >> 12U) & 0x3FU));
    }
    byte(0x80U | ((c >> 6U) & 0x3FU));
  }
  byte(0x80U | (c & 0x3FU));
}

// Often the characters that mean something in YAML or JSON; never NUL, and no surrogates.
rc::Gen<std::string> any_text() {
  const auto character = rc::gen::oneOf(
      rc::gen::map(rc::gen::elementOf(std::string("ab01 \t\n\r:#-?,[]{}&*!|>'\"%@`~<\\/.+eEnul\x01\x1b\x7f")),
                   [](char c) { return static_cast<char32_t>(static_cast<unsigned char>(c)); }),
      rc::gen::elementOf(std::vector<char32_t>{0x85, 0xA0, 0xE9, 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0x1F600, 0x10FFFF}),
      rc::gen::inRange<char32_t>(1, 0xD800), rc::gen::inRange<char32_t>(0xE000, 0x110000));
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(character),
                      [](const std::vector<char32_t>& characters) {
                        std::string text;
                        for (const char32_t c : characters) append_utf8(text, c);
                        return text;
                      });
}

rc::Gen<double> any_finite_double() {
  const auto bits =
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t b) { return std::bit_cast<double>(b); });
  return rc::gen::suchThat(rc::gen::oneOf(bits, rc::gen::arbitrary<double>()),
                           [](double d) { return std::isfinite(d); });
}

rc::Gen<Json> any_scalar() {
  const auto json = [](auto value) { return Json(std::move(value)); };
  return rc::gen::oneOf(rc::gen::just(Json(nullptr)), rc::gen::map(rc::gen::arbitrary<bool>(), json),
                        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), json),
                        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), json),
                        rc::gen::map(any_finite_double(), json),
                        rc::gen::map(any_text(), [](const std::string& text) { return Json(text); }));
}

rc::Gen<Json> any_value(int depth) {
  if (depth == 0) return any_scalar();
  const auto array =
      rc::gen::map(rc::gen::container<std::vector<Json>>(any_value(depth - 1)),
                   [](const auto& elements) { return Json(boost::json::array(elements.begin(), elements.end())); });
  const auto object = rc::gen::map(rc::gen::container<std::map<std::string, Json>>(any_text(), any_value(depth - 1)),
                                   [](const auto& members) {
                                     boost::json::object made;
                                     for (const auto& [key, value] : members) made.emplace(key, value);
                                     return Json(std::move(made));
                                   });
  return rc::gen::oneOf(any_scalar(), array, object);
}

rc::Gen<Json> any_value() { return rc::gen::scale(0.2, any_value(3)); }

std::string json_of(const std::string& text, Format format) {
  const Result<Document> document = Document::parse(text, format);
  return document ? to_json_text(document->root().to_json()) : describe(document.error());
}

RC_GTEST_PROP(DocumentProperty, json_text_means_its_value_through_both_parsers, ()) {
  const Json value = *any_value();
  for (const std::string& text : {to_json_text(value), to_pretty_json(value)}) {
    RC_ASSERT(json_of(text, Format::json) == to_json_text(value));
    RC_ASSERT(json_of(text, Format::yaml) == to_json_text(value));
  }
}

RC_GTEST_PROP(DocumentProperty, a_value_comes_back_from_its_document, ()) {
  const Json value = *any_value();
  RC_ASSERT(to_json_text(Document::from_json(value).root().to_json()) == to_json_text(value));
}

void expect_same_positions(Node a, Node b) {
  RC_ASSERT(a.position().line == b.position().line);
  RC_ASSERT(a.position().column == b.position().column);
  RC_ASSERT(a.kind() == b.kind());
  if (a.kind() == NodeKind::array) {
    auto other = b.elements().begin();
    for (const Node element : a.elements()) expect_same_positions(element, *other++);
  } else if (a.kind() == NodeKind::object) {
    auto other = b.members().begin();
    for (const auto [key, value] : a.members()) {
      const auto [other_key, other_value] = *other++;
      expect_same_positions(key, other_key);
      expect_same_positions(value, other_value);
    }
  }
}

RC_GTEST_PROP(DocumentProperty, both_parsers_find_every_node_at_the_same_place, ()) {
  const std::string text = to_pretty_json(*any_value());
  const Result<Document> json = Document::parse(text, Format::json);
  const Result<Document> yaml = Document::parse(text, Format::yaml);
  RC_ASSERT(json.has_value() && yaml.has_value());
  expect_same_positions(json->root(), yaml->root());
}

RC_GTEST_PROP(DocumentProperty, any_bytes_are_parsed_or_refused, ()) {
  const std::string text = *rc::gen::oneOf(any_text(), rc::gen::arbitrary<std::string>());
  for (const Format format : {Format::json, Format::yaml}) {
    const Result<Document> document = Document::parse(text, format);
    if (document) continue;
    RC_ASSERT(document.error().line >= 1U);
    RC_ASSERT(document.error().column >= 1U);
  }
}

}  // namespace
}  // namespace pawl::definition
