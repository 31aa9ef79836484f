// A disk of 256 MiB that can be filled up. Skips its tests where it cannot be mounted.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/mount.h>

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

  void fill_disk() const {
    std::ofstream ballast(folder.path() / "ballast", std::ios::binary);
    const std::string piece(64 << 10U, 'x');
    while (ballast.write(piece.data(), static_cast<std::streamsize>(piece.size()))) {
    }
  }
  void make_room() const { std::filesystem::remove(folder.path() / "ballast"); }

  TemporaryFolder folder;

 private:
  bool mounted_ = false;
};

}  // namespace pawl::testing
