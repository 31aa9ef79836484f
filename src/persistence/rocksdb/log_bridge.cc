#include "persistence/rocksdb/log_bridge.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "base/log.h"

namespace pawl {

// It has much to say: what nobody asks for is not even put into words.
LogBridge::LogBridge()
    : rocksdb::Logger(log().should_log(spdlog::level::debug) ? rocksdb::InfoLogLevel::INFO_LEVEL
                                                             : rocksdb::InfoLogLevel::WARN_LEVEL) {}

void LogBridge::Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) {
  // Headers tell all settings, each time.
  if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
  const auto severity = level >= rocksdb::InfoLogLevel::ERROR_LEVEL ? spdlog::level::info : spdlog::level::debug;
  if (!log().should_log(severity)) return;
  std::array<char, 1024> text{};  // longer ones are cut off
  if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
  std::string_view line(text.data());
  while (line.ends_with('\n')) line.remove_suffix(1);
  log().log(severity, "rocksdb: {}", line);
}

void LogBridge::Logv(const char* format, std::va_list arguments) {
  Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
}

}  // namespace pawl
