// How deep JSON may nest: arrays and objects that stand one inside the other. Each limit is larger than the one before,
// so that what was accepted can be built into something, and what was built can be read back.
#pragma once

#include <cstddef>

namespace pawl {

// What comes in from outside: inputs, handlers' results, JSON on standard output, policies.
inline constexpr std::size_t kAcceptedDepth = 200;
// What the engine makes of it: expanded args, outputs.
inline constexpr std::size_t kMadeDepth = 1'000;
// What is read back from where it was stored. Whoever walks a value may recurse this deep.
inline constexpr std::size_t kStoredDepth = 2'000;

}  // namespace pawl
