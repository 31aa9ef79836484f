// Names that expressions of other workflow systems use, and how the same is written here. Those of definitions are in
// definition/foreign_words.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expression/tokens.h"

namespace pawl::expression {

// What to write in place of the unknown name `tokens[at]` and of the members behind it: " (write `input.who`)" for
// `inputs.who`, or nothing if no other system is known to have it.
[[nodiscard]] std::string foreign_name_hint(const std::vector<Token>& tokens, std::size_t at);

// What `ti.xcom_pull("a")` is, whose `xcom_pull` is `tokens[at]`: `tasks.a.result`, as far as the id is told.
[[nodiscard]] std::string pulled_result(const std::vector<Token>& tokens, std::size_t at);

// The same of `tasks.ID.MEMBER`, where a task has no such member; `otherwise` if no other system has it either.
[[nodiscard]] std::string foreign_member_hint(std::string_view task, std::string_view member, std::string otherwise);

// How a function is written that other languages have as `object.method(...)`: "write `#input.list`".
[[nodiscard]] std::string foreign_method_hint(std::string_view object, std::string_view method);

// The first class of Lua's patterns, `%a`, in a pattern that an expression has literally, and how RE2 has it: {"%a",
// "[A-Za-z]"}; empty if there is none.
[[nodiscard]] std::pair<std::string_view, std::string_view> find_lua_class(std::string_view expression);

// The same of an expression that is none for it marks its variables as shells and templates do: `$X`, `{{ x }}`.
[[nodiscard]] std::string foreign_mark_hint(std::string_view expression);

}  // namespace pawl::expression
