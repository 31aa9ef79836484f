// Births are rows of the space `live` that list what a turn created, so that a workflow which is over soon costs no row
// of its own there, nor its removal.
//
// A workflow that is listed lives if it has no row in `live` or `ended`, and there is anything else of it. One that
// outlives its list for some turns gets a row in `live`, and so does all that is listed when the store is acquired.
// What is listed is kept in memory, too: nobody looks for an id in these rows while commits go on.
//
// Threads: any. Errors: `corruption`, `unavailable`.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/mutex.h"
#include "persistence/rows.h"

namespace pawl {

struct Birth {
  std::string id;
  std::string summary;  // as encode(WorkflowSummary) wrote it
};

[[nodiscard]] std::string encode_births(const std::vector<Birth>& births);
[[nodiscard]] Result<std::vector<Birth>> decode_births(std::string_view bytes);

// What the rows of births say.
struct StoredBirths {
  std::map<std::string, std::string, std::less<>> living;  // id and summary of those that are listed and live
  // Those of which it cannot be told whether they live: what else there is of them is damaged.
  std::map<std::string, Error, std::less<>> doubtful;
  std::vector<std::string> keys;  // of the lists that can go
  std::uint64_t next = 0;         // the number of the next row
  std::optional<Error> damage;    // why not all of them can be read
};
// Whether there is a history or a checkpoint: nothing is left of a workflow that was removed, while its list goes on.
[[nodiscard]] Result<bool> has_state(Rows& rows, std::string_view id);
[[nodiscard]] Result<StoredBirths> read_births(Rows& rows);
// Gives each that lives a row of its own, and removes the lists.
void fold_births(const StoredBirths& births, RowBatch& batch);

struct BirthLimits {
  std::size_t fewest = 4;      // created in one turn; fewer, or more than `listed`, have rows of their own at once
  std::uint64_t turns = 32;    // until what still lives gets a row of its own
  std::size_t listed = 4'096;  // ids at most; the oldest get rows of their own before
};

// What one stream of commits has listed. All commits of a workflow belong to the same stream, and are written in its
// order.
class Births {
 public:
  explicit Births(const BirthLimits& limits) : limits_(limits) {}

  // The workflow is created in this turn.
  void add(std::string_view id, std::string_view summary);
  // The workflow has ended, or has a row of its own from now on. False if it has one already.
  bool take(std::string_view id);
  // Adds to `batch`, which is all that the turn writes, what this turn means; `number` has never been used.
  void end_turn(std::uint64_t number, RowBatch& batch);
  // `batch` is durable.
  void written(const RowBatch& batch);

  // Of those whose creation is durable: whether it is listed and lives, or what ends that is not durable yet.
  [[nodiscard]] bool contains(std::string_view id) const { return summary_of(id).has_value(); }
  [[nodiscard]] std::optional<std::string> summary_of(std::string_view id) const;
  void copy_to(std::map<std::string, std::string, std::less<>>& all) const;

 private:
  struct Entry {
    std::uint32_t id_at = 0;
    std::uint32_t summary_at = 0;
    std::uint32_t end = 0;
    bool taken = false;
  };
  // What a turn has listed.
  struct List {
    std::string bytes;  // ids and summaries, one after the other
    std::vector<Entry> entries;
    std::uint64_t number = 0;
    std::uint64_t turn = 0;
    std::size_t open = 0;  // entries that are not taken
    bool durable = false;
    bool closed = false;  // its row is removed

    [[nodiscard]] std::string_view id(const Entry& entry) const {
      return std::string_view(bytes).substr(entry.id_at, entry.summary_at - entry.id_at);
    }
    [[nodiscard]] std::string_view summary(const Entry& entry) const {
      return std::string_view(bytes).substr(entry.summary_at, entry.end - entry.summary_at);
    }
  };
  struct Place {
    List* list;
    std::size_t entry;
  };
  // What becomes true once a batch is durable: a list is made, and others, or entries of them, are not needed any more.
  struct Taken {
    const List* list;
    std::string_view id;
  };
  struct Turn {
    const RowBatch* batch = nullptr;
    List* made = nullptr;
    std::vector<Taken> taken;
    std::vector<std::unique_ptr<List>> closed;
  };

  void write_fresh(std::uint64_t number, RowBatch& batch);
  void close_lists(RowBatch& batch);
  void erase(std::string_view id, const List& list);

  const BirthLimits limits_;
  mutable Mutex mutex_;
  std::unique_ptr<List> fresh_ = std::make_unique<List>();     // of the turn that goes on
  std::deque<std::unique_ptr<List>> lists_;                    // open ones, the oldest first
  boost::unordered_flat_map<std::string_view, Place> places_;  // of all lists, by id
  Turn present_;                                               // the turn that goes on
  std::deque<Turn> on_their_way_;
  std::uint64_t turn_ = 0;
  std::size_t listed_ = 0;  // entries of lists_
};

}  // namespace pawl
