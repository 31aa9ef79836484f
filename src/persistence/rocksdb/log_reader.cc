#include "persistence/rocksdb/log_reader.h"

#include <boost/crc.hpp>

namespace pawl {
namespace {

constexpr std::size_t kBlockBytes = 32'768;
// Checksum, 4 bytes; length, 2, little-endian both; type, 1.
constexpr std::size_t kPieceHeaderBytes = 7;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kTypeAt = 6;

std::uint32_t number_at(std::string_view bytes, std::size_t position, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[position + i]);
  return number;
}

// CRC-32C, turned and moved so that a checksum over bytes that hold one is none of theirs.
std::uint32_t checksum(std::string_view bytes) {
  boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t plain = crc.checksum();
  return (plain >> 15U | plain << 17U) + 0xa282ead8U;
}

}  // namespace

std::optional<std::string> LogReader::next() {
  skipped_ = false;
  std::optional<std::string> record;  // what there is of it
  bool skipped_before = false;        // in front of its beginning
  while (const std::optional<Piece> piece = next_piece()) {
    if (piece->type == Type::full) return std::string(piece->bytes);
    if (piece->type == Type::first) {
      record = piece->bytes;
      skipped_before = skipped_;
    } else if (!record || skipped_ != skipped_before) {
      record.reset();  // its beginning is lost, or may be that of another one
      skipped_ = true;
    } else {
      record->append(piece->bytes);
      if (piece->type == Type::last) return record;
    }
  }
  return std::nullopt;
}

std::optional<LogReader::Piece> LogReader::next_piece() {
  for (;;) {
    for (; position_ + kPieceHeaderBytes <= block_.size(); ++position_) {
      if (const std::optional<Piece> piece = piece_at(position_)) {
        position_ += kPieceHeaderBytes + piece->bytes.size();
        return piece;
      }
      skipped_ = true;
    }
    block_.resize(kBlockBytes);
    file_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
    block_.resize(static_cast<std::size_t>(file_.gcount()));
    position_ = 0;
    if (block_.empty()) return std::nullopt;
  }
}

std::optional<LogReader::Piece> LogReader::piece_at(std::size_t position) const {
  const std::string_view rest = std::string_view(block_).substr(position);
  const auto type = static_cast<unsigned char>(rest[kTypeAt]);
  const std::size_t size = number_at(rest, kLengthAt, 2);
  if (type < static_cast<unsigned char>(Type::full) || type > static_cast<unsigned char>(Type::last) ||
      kPieceHeaderBytes + size > rest.size() || number_at(rest, 0, 4) != checksum(rest.substr(kTypeAt, 1 + size)))
    return std::nullopt;
  return Piece{.type = static_cast<Type>(type), .bytes = rest.substr(kPieceHeaderBytes, size)};
}

}  // namespace pawl
