// What RocksDB has to say goes to the log of the engine: failures when `info` is asked for, all else with `debug`. What
// concerns callers they are told by errors.
//
// Its own logger would write a file beside the data, and in the packaged build ends the process on a full disk.
#pragma once

#include <cstdarg>

#include <rocksdb/env.h>

namespace pawl {

class LogBridge final : public rocksdb::Logger {
 public:
  LogBridge();

  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) override;
  void Logv(const char* format, std::va_list arguments) override;
};

}  // namespace pawl
