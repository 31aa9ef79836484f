// Whatever keys and values stand in the rows, each read of a store gives a result or an error; lists leave out what is
// damaged, keep their order and end, and the check of the data finds a problem wherever they have left something out.
//
// The input is a list of changes to rows that are sound: rows put, removed, cut, bent, or under the key of another.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/json_parse.h"
#include "base/log.h"
#include "base/time.h"
#include "core/harness_test.h"
#include "core/stored_state.h"
#include "model/records/breaker.h"
#include "model/records/policy.h"
#include "model/records/snapshot.h"
#include "orchestrator/policy_book.h"
#include "orchestrator/replay.h"
#include "orchestrator/report.h"
#include "persistence/damaged_rows_test.h"
#include "persistence/data_check.h"
#include "persistence/keys.h"
#include "persistence/memory/memory_rows.h"
#include "persistence/records.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"
#include "tests/fuzz/bytes.h"
#include "tests/support/store_shard.h"

namespace {

using pawl::Space;
using pawl::WorkflowState;

constexpr std::size_t kMostChanges = 64;
constexpr std::size_t kPage = 3;

struct Row {
  Space space;
  std::string key;
  std::string value;
};

pawl::DefinitionPtr saga() {
  using pawl::testing::task;
  static const pawl::DefinitionPtr definition = [] {
    std::vector<pawl::TaskSpec> tasks = {task("a"), task("b", {"a"})};
    tasks[0].compensation = pawl::Compensation{.module = "test", .function = "noop"};
    return pawl::testing::define(tasks);
  }();
  return definition;
}

pawl::WorkflowSummary summary_of(const std::string& id, WorkflowState state, pawl::Timestamp created_at) {
  pawl::WorkflowSummary summary{.status = {}, .definition = saga()->hash()};
  summary.status.id = id;
  summary.status.name = "w";
  summary.status.state = state;
  summary.status.created_at = created_at;
  if (is_terminal(state)) summary.status.completed_at = created_at;
  summary.status.tasks_total = 2;
  return summary;
}

// Workflow `id` as far as `events` of them go, with a checkpoint after `checkpoint`.
void add_workflow(std::vector<Row>& rows, const std::string& id, WorkflowState state, int number) {
  pawl::core::Harness h(saga(), boost::json::object{{"n", number}});
  h.workflow.facts = std::make_shared<const pawl::WorkflowFacts>(
      pawl::WorkflowFacts{.id = pawl::WorkflowId(id), .definition = saga(), .input = pawl::JsonText()});
  std::get<pawl::event::WorkflowCreated>(h.turn.events.front()).facts = h.workflow.facts;
  h.start();
  (void)h.complete("a", number);
  const std::string checkpoint = pawl::core::encode_state(h.workflow);
  const std::uint64_t covered = h.workflow.event_count;
  if (state == WorkflowState::failed) (void)h.fail("b");
  if (state == WorkflowState::completed) (void)h.complete("b");
  const std::span<const pawl::Event> events(h.turn.events);
  for (const auto& [first, run] :
       {std::pair(std::uint64_t{0}, events.first(covered)), std::pair(covered, events.subspan(covered))}) {
    std::string bytes;
    if (run.empty()) continue;
    PAWL_ASSERT(pawl::EventEncoder().encode(std::span(&run, 1), bytes).has_value(), "events are not encoded");
    rows.push_back({.space = Space::history, .key = pawl::keys::history(id, first), .value = bytes});
  }
  if (number % 2 == 0)
    rows.push_back({.space = Space::checkpoints,
                    .key = id,
                    .value = encode(pawl::StoredCheckpoint{.events = covered, .state = checkpoint})});
  const pawl::Timestamp created_at = h.workflow.created_at + std::chrono::seconds(number);
  std::string summary;
  encode(summary_of(id, state, created_at), summary);
  rows.push_back({.space = is_terminal(state) ? Space::ended : Space::live, .key = id, .value = summary});
  rows.push_back({.space = Space::snapshots,
                  .key = pawl::snapshot_key(id, "s"),
                  .value = encode(pawl::StoredSnapshot{
                      .id = "s", .workflow = id, .created_at = created_at, .label = "l", .state = checkpoint})});
  if (!is_terminal(state)) return;
  rows.push_back({.space = Space::by_state,
                  .key = pawl::keys::by_state(state, created_at, id),
                  .value = pawl::keys::sortable(created_at)});
  rows.push_back({.space = Space::by_name,
                  .key = pawl::keys::by_name("w", created_at, id),
                  .value = std::string(1, static_cast<char>(state))});
  if (state != WorkflowState::failed) return;
  const pawl::DeadLetter letter{.id = {.workflow = id, .task = "b", .compensation = number % 2 == 0},
                                .name = "w",
                                .failed_at = created_at,
                                .attempts = 1,
                                .error = pawl::JsonText::copy_of(R"({"code":"boom"})")};
  rows.push_back({.space = Space::dead_letters, .key = pawl::keys::dead_letter(letter.id), .value = encode(letter)});
}

std::vector<Row> sound_rows() {
  std::vector<Row> rows;
  const std::array kStates = {WorkflowState::running, WorkflowState::completed, WorkflowState::failed};
  for (int i = 0; i < 6; ++i)
    add_workflow(rows, std::string(1, static_cast<char>('p' + i)), kStates[static_cast<std::size_t>(i) % 3], i);
  rows.push_back(
      {.space = Space::definitions, .key = pawl::to_stored_hash(saga()->hash()), .value = to_canonical_json(*saga())});
  for (const char* const key : {"format", "owner/0000", "released/0000"})
    rows.push_back({.space = Space::meta, .key = key, .value = pawl::keys::big_endian(1)});
  pawl::StoredPolicy policy{.id = "breaker",
                            .kind = pawl::PolicyKind::circuit_breaker,
                            .versions = {{.number = 1, .at = {}, .config = R"({"failure_threshold":2})"}}};
  const pawl::BreakerReport state{.state = pawl::BreakerState::open};
  rows.push_back({.space = Space::policies,
                  .key = pawl::keys::records(pawl::RecordKind::breaker) + policy.id,
                  .value = encode(state)});
  rows.push_back({.space = Space::policies, .key = policy.id, .value = encode(policy)});
  policy.id = "retry";
  policy.kind = pawl::PolicyKind::retry;
  policy.versions[0].config = R"({"max_attempts":2})";
  rows.push_back({.space = Space::policies, .key = policy.id, .value = encode(policy)});
  return rows;
}

class RowBytes : public pawl::fuzz::Bytes {
 public:
  using Bytes::Bytes;

  Space space() { return static_cast<Space>(next() % pawl::kSpaceNames.size()); }
  const Row& one_of(const std::vector<Row>& rows) { return rows[next() % rows.size()]; }
  // The text cut, longer, with other bytes inside, or itself.
  std::string bent(std::string text) {
    const std::uint8_t how = next();
    const std::size_t where = text.empty() ? 0 : next() % text.size();
    if (how % 4 == 0) text.resize(where);
    if (how % 4 == 1) text += this->text();
    if (how % 4 == 2) text.insert(where, this->text());
    if (how % 4 == 3 && !text.empty()) text[where] = static_cast<char>(next());
    return text;
  }
};

using Tables = pawl::MemoryRows::Tables;

Tables tables_of(RowBytes& bytes) {
  static const std::vector<Row> sound = sound_rows();
  static const Tables kSound = [] {
    Tables tables;
    for (const Row& row : sound) tables[static_cast<std::size_t>(row.space)].emplace(row.key, row.value);
    return tables;
  }();
  Tables tables = kSound;
  const auto put = [&](Space space, std::string key, std::string value) {
    tables[static_cast<std::size_t>(space)].insert_or_assign(std::move(key), std::move(value));
  };
  for (std::size_t i = 0; i < kMostChanges && !bytes.empty(); ++i) {
    const std::uint8_t kind = bytes.next();
    if (kind % 6 == 0) {
      const Space space = bytes.space();
      std::string key = bytes.text();
      put(space, std::move(key), bytes.text());
      continue;
    }
    const Row& row = bytes.one_of(sound);
    if (kind % 6 == 1) put(row.space, bytes.bent(row.key), row.value);
    if (kind % 6 == 2) put(row.space, row.key, bytes.bent(row.value));
    if (kind % 6 == 3) tables[static_cast<std::size_t>(row.space)].erase(row.key);
    if (kind % 6 == 4) put(row.space, row.key, bytes.one_of(sound).value);
    if (kind % 6 == 5) put(bytes.space(), row.key, row.value);
  }
  return tables;
}

void must_explain(const pawl::Error& error) { PAWL_ASSERT(!error.message.empty(), "an error without a message"); }

template <class T>
bool read(const pawl::Result<T>& result) {
  if (!result) must_explain(result.error());
  return result.has_value();
}

std::size_t read_pages(pawl::Store& store, pawl::SummaryQuery query) {
  std::size_t count = 0;
  std::optional<std::tuple<pawl::Timestamp, std::string>> last;
  query.limit = kPage;
  for (;;) {
    const auto page = store.list(query);
    PAWL_ASSERT(page.has_value(), "a list fails: {}", pawl::describe(page.error()));
    for (const auto& [status, definition] : *page) {
      PAWL_ASSERT(is_terminal(status.state) && (!query.state || status.state == *query.state) &&
                      (query.name.empty() || status.name == query.name) && (!query.sagas || status.saga),
                  "a list has what it was not asked for: {}", status.id);
      std::tuple place(status.created_at, status.id);
      PAWL_ASSERT(!last || place < *last, "a list is out of order at {}", status.id);
      last = std::move(place);
      PAWL_ASSERT(pawl::is_stored_json(pawl::to_json_text(status)), "a status is not JSON");
      ++count;
    }
    if (page->size() < kPage) return count;
    query.before = page->back().status.created_at;
    query.before_id = page->back().status.id;
  }
}

std::size_t read_letters(pawl::Store& store, const std::string& workflow) {
  std::optional<pawl::DeadLetterId> last;
  for (std::size_t count = 0;;) {
    std::size_t page = 0;
    const std::optional<pawl::DeadLetterId> after = last;
    const auto scanned = store.scan_dead_letters(after ? &*after : nullptr, workflow, [&](const auto& letter) {
      PAWL_ASSERT(!last || pawl::keys::dead_letter(*last) < pawl::keys::dead_letter(letter.id), "letters out of order");
      last = letter.id;
      return ++page < kPage;
    });
    PAWL_ASSERT(scanned.has_value(), "the scan of dead letters fails: {}", pawl::describe(scanned.error()));
    count += page;
    if (page < kPage) return count;
  }
}

// Of rows that are `sound`, as the check says, all can be read.
void read_workflow(pawl::Store& store, const std::string& id, const pawl::DefinitionSource& definitions, bool sound) {
  const auto known = store.contains(id);
  sound &= read(known) && *known;
  PAWL_ASSERT(read(store.read_summary(id)) || !sound, "the check does not find the summary of {}", id);
  for (const std::uint64_t from : {std::uint64_t{0}, std::uint64_t{2}, ~std::uint64_t{0}})
    PAWL_ASSERT(read(store.scan_history(id, from, 2,
                                        [&](const pawl::StoredRun& run) {
                                          (void)read(pawl::EventDecoder(definitions).decode_run(run.events));
                                          return true;
                                        })) ||
                    !sound,
                "the check does not find the history of {}", id);
  auto stored = store.read_workflow(id);
  PAWL_ASSERT(read(stored) || !sound, "the check does not find workflow {}", id);
  if (stored)
    if (const auto state = pawl::replay(*std::move(stored), definitions); read(state))
      PAWL_ASSERT(pawl::is_stored_json(pawl::to_json_text(pawl::report_of(*state))), "a report is not JSON");
  const auto snapshots = pawl::stored_snapshots(store, id);
  PAWL_ASSERT(snapshots.has_value(), "a list of snapshots fails: {}", pawl::describe(snapshots.error()));
  for (const pawl::StoredSnapshot& each : *snapshots) {
    const auto snapshot = pawl::stored_snapshot(store, id, each.id);
    PAWL_ASSERT(snapshot && snapshot->workflow == id && snapshot->id == each.id, "a snapshot is listed, but not there");
    (void)read(pawl::core::decode_state(snapshot->state, definitions));
  }
  read_letters(store, id);
}

// How many rows lists have left out, all lists together.
std::size_t read_lists(pawl::Store& store, const Tables& tables) {
  const auto rows_in = [&](Space space) { return tables[static_cast<std::size_t>(space)].size(); };
  std::size_t missing = rows_in(Space::ended) - read_pages(store, {});
  missing += rows_in(Space::dead_letters) - read_letters(store, "");
  const auto policies = pawl::stored_policies(store);
  PAWL_ASSERT(policies.has_value(), "the list of policies fails: {}", pawl::describe(policies.error()));
  const auto breakers = pawl::stored_breakers(store);
  PAWL_ASSERT(breakers.has_value(), "the list of breakers fails: {}", pawl::describe(breakers.error()));
  missing += rows_in(Space::policies) - policies->size() - breakers->size();
  read_pages(store, {.name = "w"});
  read_pages(store, {.sagas = true});
  for (const WorkflowState state : pawl::kTerminalStates) {
    read_pages(store, {.state = state});
    read_pages(store, {.state = state, .name = "w"});
  }
  return missing;
}

void read_live(pawl::Store& store, const pawl::DefinitionSource& definitions) {
  std::optional<std::string> last;
  (void)read(store.scan_live([](std::string_view) { return true; },
                             [&](pawl::Result<pawl::StoredWorkflow> workflow) {
                               if (!read(workflow)) return true;
                               PAWL_ASSERT(!last || *last < workflow->id, "live workflows out of order: {} after {}",
                                           workflow->id, *last);
                               last = workflow->id;
                               (void)read(pawl::replay(*std::move(workflow), definitions));
                               return true;
                             }));
  (void)read(store.scan_live_summaries([](std::string_view, const auto& summary) {
    (void)read(summary);
    return true;
  }));
}

// What is found has ended and can be removed, so that it is not found for ever.
void remove_expired(pawl::Store& store) {
  pawl::StoreShard shard(store);
  for (const WorkflowState state : pawl::kTerminalStates) {
    for (;;) {
      const auto expired = store.find_expired(state, pawl::kLastTime, kPage);
      PAWL_ASSERT(expired.has_value(), "{}", pawl::describe(expired.error()));
      for (const std::string& id : *expired) {
        const auto removed = shard.remove(id);
        PAWL_ASSERT(removed.has_value(), "what has expired is not removed: {}", pawl::describe(removed.error()));
      }
      if (expired->size() < kPage) break;
    }
  }
}

// With the rows of live workflows from `from` to `to` in a damaged block.
void read_all(const Tables& tables, const std::string& from, const std::string& to) {
  auto rows = std::make_unique<pawl::DamagedRows>(std::make_unique<pawl::MemoryRows>(tables), Space::live, from, to);
  const pawl::DataReport report = pawl::check_rows(*rows);
  auto opened = pawl::RowStore::open(std::move(rows), {.sync_delay = pawl::Duration(0), .own_threads = false});
  if (!read(opened)) return;
  const std::shared_ptr<pawl::Store> store = *std::move(opened);
  const pawl::DefinitionSource definitions = [&](const std::string& hash) -> pawl::Result<pawl::DefinitionPtr> {
    (void)read(pawl::stored_definition(*store, hash));
    return saga();
  };
  const std::size_t missing = read_lists(*store, tables);
  PAWL_ASSERT(missing == 0 || report.problem_count > 0, "lists leave {} rows out, and the check finds nothing",
              missing);
  read_live(*store, definitions);
  std::set<std::string> ids;
  for (const Space space : {Space::live, Space::ended, Space::checkpoints})
    for (const auto& [key, value] : tables[static_cast<std::size_t>(space)]) ids.insert(key);
  for (const Space space : {Space::history, Space::snapshots})
    for (const auto& [key, value] : tables[static_cast<std::size_t>(space)]) ids.insert(key.substr(0, key.find('\0')));
  for (const std::string& id : ids) read_workflow(*store, id, definitions, report.problem_count == 0);
  const pawl::SystemClock clock;
  pawl::PolicyBook policies(clock);
  if (auto stored = policies.read_from(*store); read(stored)) policies.adopt(*std::move(stored));
  if (!read(store->acquire())) return;
  remove_expired(*store);
  (void)read(store->release());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool silent = [] {
    pawl::log().set_level(spdlog::level::off);
    return true;
  }();
  (void)silent;
  RowBytes bytes({data, size});
  const std::uint8_t damage = bytes.next();
  const std::string from = damage % 4 == 1 ? std::string() : std::string(1, static_cast<char>('o' + damage / 4 % 8));
  const std::string to = damage % 2 == 0 ? from : std::string(1, static_cast<char>('p' + damage / 4 % 16));
  read_all(tables_of(bytes), from, to);
  return 0;
}
