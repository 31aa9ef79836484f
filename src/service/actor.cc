#include "service/actor.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "definition/checks.h"

namespace pawl {

std::string to_string(const Actor& actor) { return actor.kind + ":" + actor.name; }

bool is_text_of(const Actor& actor, std::string_view text) {
  return text.size() == actor.kind.size() + 1 + actor.name.size() && text.starts_with(actor.kind) &&
         text[actor.kind.size()] == ':' && text.ends_with(actor.name);
}

Result<void> check_actor(const Actor& actor) {
  for (const auto& [part, text] : {std::pair("kind", &actor.kind), std::pair("name", &actor.name)})
    if (auto ok = definition::check_name(*text, {"actor", part}); !ok)
      return std::unexpected(definition::to_error(std::move(ok.error())));
  if (actor.kind.contains(':'))
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} contains `:`, which stands between kind and name", in_quotes(actor.kind)),
                "actor.kind");
  return {};
}

}  // namespace pawl
