#include "persistence/rocksdb/manifest_check.h"

#include <cstdint>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

#include "persistence/rocksdb/log_reader.h"

namespace pawl {
namespace {

// Of the fields of a record, those that may come with the one that begins a family. All others come in records that do
// not.
enum class Field : std::uint8_t {
  comparator = 1,
  log_number = 2,
  next_file = 3,
  last_sequence = 4,
  previous_log = 9,
  least_log = 10,
  family = 200,
  name = 201,
  most_families = 203
};

// Reads a number of 7 bits a byte, the lowest first.
std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64U && !bytes.empty(); shift += 7U) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80U) return number;
  }
  return std::nullopt;
}

// The number of the family that the record begins, if it begins one.
std::optional<std::uint64_t> family_begun(std::string_view record) {
  bool begins = false;
  std::uint64_t family = 0;
  while (!record.empty()) {
    const std::optional<std::uint64_t> field = take_number(record);
    if (!field) return std::nullopt;
    switch (static_cast<Field>(*field)) {
      case Field::comparator:
      case Field::name: {
        begins |= static_cast<Field>(*field) == Field::comparator;
        const std::optional<std::uint64_t> size = take_number(record);
        if (!size || *size > record.size()) return std::nullopt;
        record.remove_prefix(*size);
        break;
      }
      case Field::log_number:
      case Field::next_file:
      case Field::last_sequence:
      case Field::previous_log:
      case Field::least_log:
      case Field::most_families:
        if (!take_number(record)) return std::nullopt;
        break;
      case Field::family: {
        const std::optional<std::uint64_t> number = take_number(record);
        if (!number) return std::nullopt;
        family = *number;
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return begins ? std::optional(family) : std::nullopt;
}

}  // namespace

bool has_repeated_families(const std::string& folder) {
  std::ifstream current(folder + "/CURRENT");
  std::string list;
  if (!std::getline(current, list)) return false;
  LogReader records(folder + "/" + list);
  std::set<std::uint64_t> begun;
  while (const std::optional<std::string> record = records.next())
    if (const auto family = family_begun(*record); family && !begun.insert(*family).second) return true;
  return false;
}

}  // namespace pawl
