// A file descriptor with one owner.
#pragma once

#include <utility>

#include <unistd.h>

namespace pawl::runners {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Descriptor() { close(); }

  // Its error is not looked at: nothing is buffered in a pipe's, pidfd's or epoll's close, and the number is free
  // either way.
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  // It is the caller's to close.
  int release() { return std::exchange(fd_, -1); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace pawl::runners
