// The record of a definition: its canonical form, by its hash. A definition is stored once for all its workflows.
#pragma once

#include <string>
#include <string_view>

#include "model/records/record.h"

namespace pawl {

[[nodiscard]] RecordChange definition_record(const std::string& hash, std::string_view canonical);

}  // namespace pawl
