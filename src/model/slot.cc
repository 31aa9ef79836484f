#include "model/slot.h"

namespace pawl {
namespace {

constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
constexpr std::uint64_t kSeed = 0xc70f6907;

std::uint64_t mix(std::uint64_t value) { return value ^ (value >> 47U); }

// The bytes as a little-endian number, on every machine.
std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return number;
}

}  // namespace

std::uint64_t slot_hash(std::string_view id) {
  constexpr std::size_t kBlock = 8;
  std::uint64_t hash = kSeed ^ (id.size() * kMultiplier);
  for (; id.size() >= kBlock; id.remove_prefix(kBlock)) {
    hash ^= mix(number_of(id.substr(0, kBlock)) * kMultiplier) * kMultiplier;
    hash *= kMultiplier;
  }
  if (!id.empty()) {
    hash ^= number_of(id);
    hash *= kMultiplier;
  }
  return mix(mix(hash) * kMultiplier);
}

}  // namespace pawl
