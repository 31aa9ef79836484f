// What measurements share: a stopwatch, percentiles, and what this process uses.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pawl::load {

using Clock = std::chrono::steady_clock;

inline double ns_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::nano>(to - from).count();
}

// The value below which `fraction` of the samples lie; 0 if there are none. Sorts them.
double percentile(std::vector<double>& samples, double fraction);

// To three significant digits or so: the rest is noise.
double rounded(double value);

// Of this process, so far: memory it has now, processor time, bytes given to disks.
std::size_t resident_bytes();
double cpu_seconds();
std::uint64_t bytes_written();

}  // namespace pawl::load
