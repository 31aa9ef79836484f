// The whole state of a workflow as it is stored (model/stored.proto: State): for checkpoints, and for snapshots.
// Decoding what was encoded gives an equal state.
#pragma once

#include <string>
#include <string_view>

#include "core/workflow.h"
#include "model/encoding.h"

namespace pawl::core {

// So large a state fits into an event, or a row, that holds it: those take at most 2 GiB.
inline constexpr std::size_t kMostStateBytes = 2'000'000'000;

// Empty if it is more than 2 GiB, which Protocol Buffers do not take.
[[nodiscard]] std::string encode_state(const Workflow& workflow);

// Error: `corruption`, or whatever the source of definitions says.
[[nodiscard]] Result<Workflow> decode_state(std::string_view bytes, const DefinitionSource& definitions);

}  // namespace pawl::core
