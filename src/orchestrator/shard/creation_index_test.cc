// The newest come first, whatever order they were added in, and holes go.
#include "orchestrator/shard/creation_index.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace pawl::testing {
namespace {

Timestamp at(int microseconds) { return Timestamp(std::chrono::microseconds(microseconds)); }
AttemptRoute route(std::uint32_t place, std::uint64_t generation) {
  return {.shard = 0, .place = place, .generation = generation};
}

struct OneIndex {
  CreationIndex index;

  std::vector<std::uint32_t> newest_from(const CreationIndex::Entry& from, std::size_t most = 100) {
    std::vector<std::uint32_t> places;
    index.visit_newest(from, [&](const CreationIndex::Entry& entry) {
      places.push_back(entry.place);
      return places.size() < most;
    });
    return places;
  }
  std::vector<std::uint32_t> newest() { return newest_from(CreationIndex::end_of(Timestamp::max())); }
};

using Places = std::vector<std::uint32_t>;

TEST(CreationIndex, begins_with_the_newest) {
  OneIndex it;
  for (std::uint32_t place = 0; place < 5; ++place) it.index.add(at(10), route(place, place + 1));
  it.index.add(at(20), route(5, 6));
  EXPECT_EQ(it.newest(), (Places{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(it.newest_from(CreationIndex::end_of(Timestamp::max()), 2), (Places{5, 4}));
}

TEST(CreationIndex, goes_on_where_it_was_left) {
  OneIndex it;
  for (std::uint32_t place = 0; place < 6; ++place)
    it.index.add(at(static_cast<int>(place / 2)), route(place, place + 1));
  EXPECT_EQ(it.newest_from(CreationIndex::end_of(at(1))), (Places{3, 2, 1, 0}));
  EXPECT_EQ(it.newest_from(CreationIndex::Entry{.created_at = at(1), .place = 3, .generation = 4}), (Places{2, 1, 0}));
  EXPECT_EQ(it.newest_from(CreationIndex::end_of(at(-1))), Places());
}

TEST(CreationIndex, sorts_what_comes_in_any_order) {
  OneIndex it;
  const std::vector<int> times = {50, 10, 40, 40, 20, 60, 30};
  for (std::uint32_t place = 0; place < times.size(); ++place) it.index.add(at(times[place]), route(place, place + 1));
  EXPECT_EQ(it.newest(), (Places{5, 0, 3, 2, 6, 4, 1}));
  it.index.add(at(15), route(7, 8));
  it.index.add(at(55), route(8, 9));
  EXPECT_EQ(it.newest(), (Places{5, 8, 0, 3, 2, 6, 4, 7, 1}));
}

TEST(CreationIndex, drops_holes_once_they_are_many) {
  OneIndex it;
  constexpr std::uint32_t kMany = 3000;
  for (std::uint32_t place = 0; place < kMany; ++place)
    it.index.add(at(static_cast<int>(place)), route(place, place + 1));
  std::size_t holes = 0;
  while (!it.index.has_many_holes()) {
    it.index.note_hole();
    ++holes;
  }
  EXPECT_GT(holes, kMany / 2);
  it.index.drop_holes([](const CreationIndex::Entry& entry) { return entry.place % 3 == 0; });
  EXPECT_EQ(it.index.size(), kMany / 3);
  EXPECT_FALSE(it.index.has_many_holes());
  EXPECT_EQ(it.newest().front(), kMany - 3);
  it.index.add(at(kMany), route(7, kMany + 1));
  EXPECT_EQ(it.newest().front(), 7U);
}

}  // namespace
}  // namespace pawl::testing
