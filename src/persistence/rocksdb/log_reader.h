// The records of one file of RocksDB's write-ahead log, as far as they can be read, whatever lies between them.
//
// RocksDB's own reader gives up the rest of a block after a record that is damaged; this one looks for the next that is
// whole, to learn whether it was written after the damaged one had been synced. The format is that of LevelDB: blocks
// of 32 KiB, in them pieces of records, each with a checksum, a length and a type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

class LogReader {
 public:
  explicit LogReader(const std::string& file) : file_(file, std::ios::binary) {}

  // The next record that is whole; none at the end.
  std::optional<std::string> next();
  // Whether there was something that could not be read in front of it.
  [[nodiscard]] bool skipped() const { return skipped_; }

 private:
  enum class Type : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };
  struct Piece {
    Type type;
    std::string_view bytes;
  };
  std::optional<Piece> next_piece();
  [[nodiscard]] std::optional<Piece> piece_at(std::size_t position) const;

  std::ifstream file_;
  std::string block_;
  std::size_t position_ = 0;  // in block_
  bool skipped_ = false;
};

}  // namespace pawl
