#include "runners/exec/line_splitter.h"

#include "runners/exec/utf8.h"

namespace pawl::runners {

void LineSplitter::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = kLongest - pending_.size();
    const std::size_t newline = bytes.substr(0, room + 1).find('\n');  // + 1: it may follow a line of just that length
    if (newline != std::string_view::npos) {
      end_line(bytes.substr(0, newline));
      bytes.remove_prefix(newline + 1);
    } else if (bytes.size() <= room) {
      pending_ += bytes;
      return;
    } else {
      pending_ += bytes.substr(0, room);
      bytes.remove_prefix(room);
      emit_piece();
    }
  }
}

void LineSplitter::end() {
  if (!pending_.empty()) sink_(pending_);
  pending_.clear();
  continued_ = false;
}

void LineSplitter::end_line(std::string_view rest) {
  std::string_view line = rest;  // most lines come whole and are not copied
  if (!pending_.empty()) {
    pending_ += rest;
    line = pending_;
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool nothing_left = continued_ && line.empty();  // its last piece ended just where the line does
  if (!nothing_left) sink_(line);
  pending_.clear();
  continued_ = false;
}

void LineSplitter::emit_piece() {
  const std::size_t whole = whole_characters(pending_);
  sink_(std::string_view(pending_).substr(0, whole));
  pending_.erase(0, whole);
  continued_ = true;
}

}  // namespace pawl::runners
