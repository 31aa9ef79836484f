// An outlet writes text to where people look, on a thread of its own: whoever puts text into it never waits, however
// slowly it is read.
//
// It holds a bounded number of bytes. What tasks write faster than it is read is left out, and how many lines that were
// is said in their place; what the workflow itself has to say goes before.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.h"

namespace pawl::cli {

class Outlet {
 public:
  static constexpr std::size_t kRoom = std::size_t{8} << 20U;

  explicit Outlet(std::FILE* out, std::size_t room = kRoom);
  ~Outlet() { close(); }
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  // Takes what the workflow has to say, as long as there is twice the room.
  void put(std::string_view text);
  // Takes `lines` lines that a task wrote if there is room for them, and counts them otherwise.
  void put_output(std::string_view text, std::size_t lines);
  // Returns when all that was taken is written, or cannot be.
  void close();

 private:
  void take(std::string_view text) PAWL_REQUIRES(mutex_);
  void run();

  std::FILE* const out_;
  const std::size_t room_;
  Mutex mutex_;
  ConditionVariable has_text_;
  std::string text_ PAWL_GUARDED_BY(mutex_);
  std::size_t left_out_ PAWL_GUARDED_BY(mutex_) = 0;  // lines, since the last text that was taken
  bool is_full_ PAWL_GUARDED_BY(mutex_) = false;      // until half of the room is free
  bool closing_ PAWL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace pawl::cli
