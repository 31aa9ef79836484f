#include "model/stored_values.h"

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace pawl {

std::unexpected<Error> corrupt_bytes(std::string_view what) {
  return fail(ErrorCode::corruption, fmt::format("stored bytes cannot be decoded: {}", what));
}

void to_stored_json(const JsonText& json, std::string* out) {
  if (json.is_null()) {
    out->clear();
  } else {
    out->assign(json.view());
  }
}

JsonText from_stored_json(const std::string& bytes) { return bytes.empty() ? JsonText() : JsonText::copy_of(bytes); }

std::string to_stored_hash(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string bytes(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(digit(hex[2 * i]) << 4U | digit(hex[2 * i + 1]));
  return bytes;
}

std::string from_stored_hash(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::int64_t to_stored_time(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp from_stored_time(std::int64_t us) {
  return std::clamp(Timestamp(std::chrono::microseconds(us)), kFirstTime, kLastTime);
}
Timestamp from_stored_time(std::int64_t us, std::int64_t after_us) {
  constexpr std::chrono::microseconds kMost = kLastTime - kFirstTime;
  return std::clamp(from_stored_time(us) + std::clamp(std::chrono::microseconds(after_us), -kMost, kMost), kFirstTime,
                    kLastTime);
}

}  // namespace pawl
