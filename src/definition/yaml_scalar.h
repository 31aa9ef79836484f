// What a YAML scalar means, by the 1.2 core schema.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "definition/document_scalar.h"

namespace pawl::definition {

struct YamlScalar {
  Scalar value;
  bool is_kept = true;  // false: a number that no JSON value keeps, and `value` is what is nearest
};

// `tag` as yaml-cpp says it: "?" for a plain scalar without a tag, "!" for a quoted one or one that is to be a string,
// else the tag written, in full. A string stays a view into `text`. The error is a message for the user.
[[nodiscard]] std::expected<YamlScalar, std::string> resolve_yaml_scalar(std::string_view tag, std::string_view text);

// Whether `tag` may stand before an array (`sequence`) or an object (`mapping`).
[[nodiscard]] bool fits_yaml_sequence(std::string_view tag);
[[nodiscard]] bool fits_yaml_mapping(std::string_view tag);

// Whether a plain scalar of this text is null.
[[nodiscard]] bool is_yaml_null(std::string_view text);

// The tag as a user writes it: "!!int" for "tag:yaml.org,2002:int".
[[nodiscard]] std::string show_yaml_tag(std::string_view tag);

}  // namespace pawl::definition
