#include "load/measure.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace pawl::load {

double percentile(std::vector<double>& samples, double fraction) {
  if (samples.empty()) return 0;
  std::ranges::sort(samples);
  return samples[static_cast<std::size_t>(fraction * static_cast<double>(samples.size() - 1))];
}

double rounded(double value) {
  const double scale = value >= 100 ? 1 : value >= 10 ? 10 : 1000;
  return std::round(value * scale) / scale;
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t bytes_written() {
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    std::uint64_t value = 0;
    io >> value;
    if (name == "write_bytes:") return value;
  }
  return 0;
}

}  // namespace pawl::load
