// A disk of 256 MiB that can be filled up. Skips its tests where it cannot be mounted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "tests/support/temporary_folder.h"

namespace pawl::testing {

class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=256m") != 0)
      GTEST_SKIP() << "cannot mount a small disk: needs root";
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) ::umount2(folder.path().c_str(), MNT_DETACH);
  }

  // Until `leave` bytes are free. Room that a file has been given already, as a log is ahead of its writes, is not
  // free.
  void fill_disk(std::uint64_t leave = 0) const {
    std::ofstream ballast(folder.path() / "ballast", std::ios::binary | std::ios::app);
    const std::string piece(64 << 10U, 'x');
    while ((leave == 0 || free_bytes() > leave) &&
           ballast.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }
  [[nodiscard]] std::uint64_t free_bytes() const {
    struct statvfs disk{};
    EXPECT_EQ(::statvfs(folder.path().c_str(), &disk), 0);
    return std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  void make_room() const { std::filesystem::remove(folder.path() / "ballast"); }

  TemporaryFolder folder;

 private:
  bool mounted_ = false;
};

}  // namespace pawl::testing
