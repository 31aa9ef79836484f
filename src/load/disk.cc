// What the disk can do, and RocksDB on it: the yardstick for durable figures.
#include <chrono>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "load/load.h"
#include "load/measure.h"
#include "persistence/rocksdb/rocksdb_rows.h"

namespace pawl::load {
namespace {

constexpr std::chrono::milliseconds kFor(300);
constexpr std::size_t kRowBytes = 100;

template <class Once>
double per_second(Once once) {
  const auto begin = Clock::now();
  double count = 0;
  while (Clock::now() < begin + kFor) count += once();
  return count / (ns_between(begin, Clock::now()) / 1e9);
}

double fdatasyncs(const std::string& folder) {
  const int file = ::open((folder + "/sync").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return 0;
  const std::string row(kRowBytes, 'x');
  const double rate =
      per_second([&] { return ::write(file, row.data(), row.size()) > 0 && ::fdatasync(file) == 0 ? 1.0 : 0.0; });
  ::close(file);
  return rate;
}

}  // namespace

boost::json::object measure_disk(const std::string& folder) {
  boost::json::object rates;
  // What the engine's rows profit from must not move what they are compared with.
  if (const auto rows = RocksDbRows::open(folder + "/limits", {.insertion = Insertion::plain})) {
    const std::unique_ptr<RowBatch> batch = (*rows)->new_batch();
    const std::string value(kRowBytes, 'x');
    std::uint64_t number = 0;
    for (const int size : {1, 10, 100, 1000})
      rates[std::to_string(size)] = rounded(per_second([&] {
        batch->clear();
        for (int i = 0; i < size; ++i) batch->put(Space::history, fmt::format("{:020}", ++number), value);
        return (*rows)->write(*batch, Sync::yes) ? static_cast<double>(size) : 0.0;
      }));
  }
  return {{"fdatasync_per_s", rounded(fdatasyncs(folder))}, {"rocksdb_rows_per_s", std::move(rates)}};
}

}  // namespace pawl::load
