// What the tests of documents say shortly.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/number.h"
#include "definition/document.h"

namespace pawl::definition {

// The error of a text that must not parse; internal and empty if it does.
inline Error refusal(std::string_view text, Format format, const DocumentLimits& limits = {}) {
  const Result<Document> document = Document::parse(text, format, limits);
  return document ? Error{} : document.error();
}

// The same as "line:column: message".
inline std::string refused(std::string_view text, Format format, const DocumentLimits& limits = {}) {
  const Error error = refusal(text, format, limits);
  return fmt::format("{}:{}: {}", error.line, error.column, error.message);
}

inline std::string at(Position position) { return fmt::format("{}:{}", position.line, position.column); }

// The whole document as JSON text, or why there is none.
inline std::string as_json(std::string_view text, Format format) {
  const Result<Document> document = Document::parse(text, format);
  if (!document) return refused(text, format);
  const std::optional<Node> unkept = document->root().find_unkept();
  if (unkept) return fmt::format("{}: {}", at(unkept->position()), why_not_kept(unkept->written()));
  return to_json_text(document->root().to_json());
}

inline std::string yaml(std::string_view text) { return as_json(text, Format::yaml); }

}  // namespace pawl::definition
