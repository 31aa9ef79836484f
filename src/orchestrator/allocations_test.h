// How many bytes this test program has asked for so far: what a call costs, without a clock.
#pragma once

#include <cstddef>

namespace pawl {

[[nodiscard]] std::size_t bytes_allocated();
// How many it has now, with what the allocator adds to round them up.
[[nodiscard]] std::size_t bytes_in_use();

}  // namespace pawl
