// Records of RocksDB's log as RocksDB writes them, and pieces of them as it never would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/crc.hpp>

namespace pawl::log_format {

inline constexpr std::size_t kBlockBytes = 32'768;
inline constexpr std::size_t kPieceHeaderBytes = 7;

enum PieceType : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

inline std::string little_endian(std::uint64_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i, number >>= 8U) bytes += static_cast<char>(number & 0xffU);
  return bytes;
}

// With the right checksum.
inline std::string piece(std::uint8_t type, std::string_view bytes) {
  const std::string body = std::string(1, static_cast<char>(type)).append(bytes);
  boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc;
  crc.process_bytes(body.data(), body.size());
  const std::uint32_t plain = crc.checksum();
  const std::uint32_t masked = (plain >> 15U | plain << 17U) + 0xa282ead8U;
  return little_endian(masked, 4) + little_endian(bytes.size(), 2) + body;
}

// In as many pieces as the blocks of `log` ask for.
inline void append_record(std::string& log, std::string_view record) {
  for (bool begins = true;;) {
    const std::size_t room = kBlockBytes - log.size() % kBlockBytes;
    if (room < kPieceHeaderBytes) {
      log.append(room, '\0');
      continue;
    }
    const std::string_view taken = record.substr(0, room - kPieceHeaderBytes);
    record.remove_prefix(taken.size());
    const bool ends = record.empty();
    log += piece(begins ? (ends ? full : first) : (ends ? last : middle), taken);
    if (ends) return;
    begins = false;
  }
}

}  // namespace pawl::log_format
