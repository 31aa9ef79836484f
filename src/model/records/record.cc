#include "model/records/record.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pawl {

std::unexpected<Error> missing_row(std::string_view what, std::string_view id) {
  return fail(ErrorCode::not_found, fmt::format("there is no {} {}", what, in_quotes(id)));
}

std::unexpected<Error> corrupt_row(std::string_view what, std::string_view id) {
  return fail(ErrorCode::corruption, fmt::format("the stored {} of {} is invalid", what, in_quotes(id)));
}

}  // namespace pawl
