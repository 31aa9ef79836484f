#include "runners/exec/utf8.h"

namespace pawl::runners {
namespace {

constexpr std::size_t kMaxContinuation = 3;  // bytes of a character after its first

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// How long a character is that starts with `lead`.
std::size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

}  // namespace

std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= kMaxContinuation && back <= text.size(); ++back) {
    const char c = text[text.size() - back];
    if (!is_continuation(c)) return sequence_length(c) > back ? text.size() - back : text.size();
  }
  return text.size();
}

std::size_t cut_off_at_front(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && count < kMaxContinuation && is_continuation(text[count])) ++count;
  return count;
}

}  // namespace pawl::runners
