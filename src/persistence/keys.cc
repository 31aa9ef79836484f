#include "persistence/keys.h"

#include "base/assert.h"

namespace pawl::keys {
namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;

}  // namespace

std::string big_endian(std::uint64_t number) {
  std::string bytes(kNumberBytes, '\0');
  for (std::size_t i = kNumberBytes; i-- > 0; number >>= 8U) bytes[i] = static_cast<char>(number & 0xffU);
  return bytes;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  PAWL_ASSERT(bytes.size() >= kNumberBytes, "a number of {} bytes", bytes.size());
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(0, kNumberBytes)) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

std::string sortable(Timestamp time) {
  return big_endian(static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ kSign);
}

Timestamp from_sortable(std::string_view bytes) {
  return Timestamp(std::chrono::microseconds(static_cast<std::int64_t>(from_big_endian(bytes) ^ kSign)));
}

bool is_id(std::string_view text) { return !text.empty() && !text.contains('\0'); }

std::string births(std::uint64_t number) { return prefix({}) + big_endian(number); }

std::optional<std::uint64_t> births_of(std::string_view key) { return event_of(key, {}); }

std::string history(std::string_view id, std::uint64_t event) { return prefix(id) + big_endian(event); }

std::optional<std::uint64_t> event_of(std::string_view key, std::string_view id) {
  if (key.size() != id.size() + 1 + kNumberBytes || !key.starts_with(id) || key[id.size()] != '\0') return std::nullopt;
  return from_big_endian(key.substr(id.size() + 1));
}

std::string records(RecordKind kind) { return {'\0', static_cast<char>(kind)}; }

std::string dead_letter(const DeadLetterId& id) {
  return prefix(id.workflow).append(prefix(id.task)).append(1, id.compensation ? '\1' : '\0');
}

std::string by_state(WorkflowState state, Timestamp created_at, std::string_view id) {
  return std::string(1, static_cast<char>(state)).append(sortable(created_at)).append(id);
}

std::string by_name(std::string_view name, Timestamp created_at, std::string_view id) {
  return prefix(name).append(sortable(created_at)).append(id);
}

std::optional<Place> place_of(std::string_view key, std::size_t prefix_bytes) {
  if (key.size() <= prefix_bytes + kNumberBytes || !is_id(key.substr(prefix_bytes + kNumberBytes))) return std::nullopt;
  return Place{.created_at = from_sortable(key.substr(prefix_bytes)), .id = key.substr(prefix_bytes + kNumberBytes)};
}

std::string prefix(std::string_view text) {
  std::string key(text);
  key += '\0';
  return key;
}

std::string after(std::string prefix) {
  ++prefix.back();
  return prefix;
}

}  // namespace pawl::keys
