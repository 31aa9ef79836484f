// What kinds of values inputs and results are, as far as a definition tells, and what of that can never be: a number
// that equals a text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pawl/definition.h"

#include "expression/expression.h"

namespace pawl::definition {

// Whether a task is a command: exec.run or exec.shell.
[[nodiscard]] bool is_command(const HandlerName& handler);

// The kind of what is read, unless it is null; of an input the kind of its default in `declared`. Nothing where it is
// not known.
[[nodiscard]] std::optional<expression::ValueKind> kind_of(const expression::Access& access,
                                                           const Definition& definition, const Json& declared);

// Whether an input is a list by default.
[[nodiscard]] bool is_list(const expression::Access& access, const Json& declared);

// A text that a value may well be, if one is known: of an input its default, of what a command printed a line.
[[nodiscard]] std::optional<std::string_view> example_of(const expression::Access& access, const Json& declared);

// "a text", "a number", "a list or an object", "true or false".
[[nodiscard]] std::string_view name_of(expression::ValueKind kind);

// What to say of a comparison with a literal that holds never or always, and of one of what a command printed with a
// text without the line break that is at its end as a rule.
[[nodiscard]] std::optional<std::string> doubt_comparison(const expression::Access& access,
                                                          const Definition& definition, const Json& declared);

// What to say of an input that is given and of another kind than its default.
[[nodiscard]] std::optional<std::string> doubt_given(const Json& given, const Json& by_default);

}  // namespace pawl::definition
