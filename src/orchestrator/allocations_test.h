// How many bytes this test program has asked for so far: what a call costs, without a clock.
#pragma once

#include <cstddef>

namespace pawl {

[[nodiscard]] std::size_t bytes_allocated();

}  // namespace pawl
