// YAML into a Document: yaml-cpp's parser events.
#pragma once

#include <cstddef>
#include <string_view>

#include "definition/document_builder.h"

namespace pawl::definition {

// yaml-cpp 0.7 recurses into each level and gives up at 500.
inline constexpr std::size_t kMaxYamlDepth = 400;

// Adds what `text`, which must be UTF-8 without NUL and byte order mark, says to `builder`, whose depth limit must not
// exceed kMaxYamlDepth.
Result<void> read_yaml(std::string_view text, DocumentBuilder& builder);

}  // namespace pawl::definition
