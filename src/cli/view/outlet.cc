#include "cli/view/outlet.h"

#include <utility>

#include <fmt/format.h>

#include "cli/view/view.h"

namespace pawl::cli {
namespace {

// "1,234,567"
std::string with_commas(std::size_t number) {
  std::string digits = fmt::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string told(std::size_t left_out) {
  return fmt::format("... {} line{} left out, written faster than they are read\n", with_commas(left_out),
                     left_out == 1 ? "" : "s");
}

}  // namespace

Outlet::Outlet(std::FILE* out, std::size_t room) : out_(out), room_(room), thread_([this] { run(); }) {}

void Outlet::put(std::string_view text) {
  const MutexLock lock(mutex_);
  if (text_.size() + text.size() > 2 * room_) {
    ++left_out_;
  } else {
    take(text);
  }
}

void Outlet::put_output(std::string_view text, std::size_t lines) {
  const MutexLock lock(mutex_);
  is_full_ = text_.size() + text.size() > (is_full_ ? room_ / 2 : room_);
  if (is_full_) {
    left_out_ += lines;
  } else {
    take(text);
  }
}

void Outlet::take(std::string_view text) {
  if (left_out_ > 0) text_ += told(std::exchange(left_out_, 0));
  text_ += text;
  has_text_.notify_one();
}

void Outlet::close() {
  {
    const MutexLock lock(mutex_);
    if (left_out_ > 0) text_ += told(std::exchange(left_out_, 0));
    closing_ = true;
    has_text_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Outlet::run() {
  std::string writing;
  bool fails = false;
  MutexLock lock(mutex_);
  while (!closing_ || !text_.empty()) {
    while (!closing_ && text_.empty()) has_text_.wait(mutex_);
    writing.clear();
    std::swap(writing, text_);
    lock.unlock();
    if (!fails) fails = !cli::put(out_, writing);  // and then nobody reads it: what comes is taken and dropped
    lock.lock();
  }
}

}  // namespace pawl::cli
