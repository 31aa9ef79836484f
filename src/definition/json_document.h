// JSON, as text and as a value, into a Document: Boost.JSON's parser, and where a node stands in the text.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "definition/document_builder.h"

namespace pawl::definition {

// Adds what `text`, which must be UTF-8, says to `builder`.
Result<void> read_json(std::string_view text, DocumentBuilder& builder);

// Adds `value`, which a caller made, to `builder`, whose limits it must not exceed.
void add_json(const Json& value, DocumentBuilder& builder);

// Where the value or key number `ordinal`, counted from 0 in document order, starts in `text`. Up to there the text
// must be valid JSON.
[[nodiscard]] Position json_position(std::string_view text, std::uint32_t ordinal);

}  // namespace pawl::definition
