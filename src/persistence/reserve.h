// The reserve is a file that takes up room on the disk, so that there is some left when the disk is full: given up,
// it lets ended workflows be deleted and a process end in order.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pawl/result.h"

namespace pawl {

inline constexpr std::string_view kReserveFile = "reserve";

class Reserve {
 public:
  // `directory` is a data directory; `bytes` none: a quarter of the files in it and no less than its logs take,
  // between 4 and 24 MiB; 0: there is never a reserve.
  Reserve(std::string directory, std::optional<std::uint64_t> bytes);

  // Makes it, and leaves as much free besides, up to 4 MiB: a full disk would be full again with the next write; or
  // makes it larger. Error: `unavailable` if there is no room. Where the file system cannot keep room there is none.
  Result<void> make();
  // Makes its room free.
  void give_up();
  [[nodiscard]] bool exists() const;

 private:
  [[nodiscard]] std::uint64_t wanted() const;

  const std::string directory_;
  const std::string file_;
  const std::optional<std::uint64_t> bytes_;
};

}  // namespace pawl
