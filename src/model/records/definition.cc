#include "model/records/definition.h"

#include "model/encoding.h"

namespace pawl {

RecordChange definition_record(const std::string& hash, std::string_view canonical) {
  return {.kind = RecordKind::definition, .key = to_stored_hash(hash), .value = std::string(canonical)};
}

}  // namespace pawl
