// Text is written in order; a reader who does not keep up makes nobody wait, and is told how much was left out.
#include "cli/view/outlet.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/view/view.h"

namespace pawl::cli {
namespace {

// A pipe, whose end nobody reads until read_all().
class OutletTest : public ::testing::Test {
 protected:
  OutletTest() {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    read_ = ::fdopen(ends[0], "r");
    write_ = ::fdopen(ends[1], "w");
  }
  ~OutletTest() override {
    if (read_ != nullptr) std::fclose(read_);
    if (write_ != nullptr) std::fclose(write_);
  }

  // While `outlet` is closed, which may wait for it.
  std::string read_all(Outlet& outlet) {
    std::string all;
    std::thread reader([&] {
      for (int c = std::fgetc(read_); c != EOF; c = std::fgetc(read_)) all += static_cast<char>(c);
    });
    outlet.close();
    std::fclose(write_);
    write_ = nullptr;
    reader.join();
    return all;
  }

  std::FILE* read_ = nullptr;
  std::FILE* write_ = nullptr;
};

TEST_F(OutletTest, writes_all_that_it_has_room_for_in_order) {
  Outlet outlet(write_);
  outlet.put("a\n");
  outlet.put_output("b\nc\n", 2);
  outlet.put("d\n");
  EXPECT_EQ(read_all(outlet), "a\nb\nc\nd\n");
}

TEST_F(OutletTest, says_how_many_lines_it_has_left_out_and_goes_on_with_what_matters) {
  constexpr std::size_t kRoom = 1000;
  constexpr std::size_t kBlocks = 10'000;
  const std::string block = std::string(98, 'x') + "\n" + std::string(98, 'y') + "\n";
  Outlet outlet(write_, kRoom);
  // More than the pipe and the outlet hold: nobody reads yet, and nothing here waits.
  for (std::size_t i = 0; i < kBlocks; ++i) outlet.put_output(block, 2);
  outlet.put("the end\n");
  const std::string all = read_all(outlet);
  std::size_t left_out = 0;  // once for each time that there was no room
  for (std::size_t at = all.find("... "); at != std::string::npos; at = all.find("... ", at + 1)) {
    std::string number = all.substr(at + 4, all.find(" line", at) - at - 4);
    std::erase(number, ',');
    left_out += std::stoul(number);
  }
  const std::size_t shown = static_cast<std::size_t>(std::count(all.begin(), all.end(), 'x')) / 98 * 2;
  EXPECT_GT(left_out, 0U);
  EXPECT_EQ(left_out + shown, 2 * kBlocks);
  EXPECT_TRUE(all.ends_with(" lines left out, written faster than they are read\nthe end\n"));
}

TEST_F(OutletTest, says_at_its_end_what_is_left_out_last) {
  Outlet outlet(write_, 10);
  outlet.put_output("too long for that room\n", 1);
  EXPECT_EQ(read_all(outlet), "... 1 line left out, written faster than they are read\n");
}

TEST_F(OutletTest, takes_and_drops_what_nobody_can_be_given) {
  ::signal(SIGPIPE, SIG_IGN);
  std::fclose(read_);
  read_ = nullptr;
  Outlet outlet(write_, 100);
  for (int i = 0; i < 1000; ++i) outlet.put("x\n");
  outlet.close();
  EXPECT_NE(std::ferror(write_), 0);
}

}  // namespace
}  // namespace pawl::cli
