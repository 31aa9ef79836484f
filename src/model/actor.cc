#include "model/actor.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {
namespace {

constexpr std::size_t kMostBytes = 256;

Result<void> check_part(std::string_view text, std::string field) {
  const auto refuse = [&](std::string what, ErrorCode code = ErrorCode::invalid_argument) {
    return fail(code, std::move(what), std::move(field));
  };
  if (text.empty()) return refuse("must not be empty");
  if (text.size() > kMostBytes)
    return refuse(fmt::format("has {} bytes; the limit is {}", text.size(), kMostBytes), ErrorCode::limit_exceeded);
  for (std::string_view rest = text; !rest.empty();) {
    const Character next = first_character(rest);
    if (next.code == kNoCharacter) return refuse("is not valid UTF-8");
    if (steers_terminal(next.code)) return refuse(fmt::format("{} contains a control character", in_quotes(text)));
    rest.remove_prefix(next.size);
  }
  return {};
}

}  // namespace

std::string to_string(const Actor& actor) { return actor.kind + ":" + actor.name; }

bool is_text_of(const Actor& actor, std::string_view text) {
  return text.size() == actor.kind.size() + 1 + actor.name.size() && text.starts_with(actor.kind) &&
         text[actor.kind.size()] == ':' && text.ends_with(actor.name);
}

Result<void> check_actor(const Actor& actor) {
  if (Result<void> ok = check_part(actor.kind, "actor.kind"); !ok) return ok;
  if (actor.kind.contains(':'))
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} contains `:`, which stands between kind and name", in_quotes(actor.kind)),
                "actor.kind");
  return check_part(actor.name, "actor.name");
}

}  // namespace pawl
