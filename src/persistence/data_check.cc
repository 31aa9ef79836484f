#include "persistence/data_check.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/json_parse.h"
#include "base/text.h"
#include "model/encoding.h"
#include "model/event_encoding.h"
#include "model/event_rows.h"
#include "model/records/breaker.h"
#include "model/records/policy.h"
#include "model/records/snapshot.h"
#include "model/stored.pb.h"
#include "persistence/births.h"
#include "persistence/data_directory.h"
#include "persistence/keys.h"
#include "persistence/record_rows.h"
#include "persistence/rocksdb/in_child.h"
#include "persistence/rocksdb/rocksdb_rows.h"
#include "persistence/row_store.h"
#include "persistence/stored_rows.h"

namespace pawl {
namespace {

constexpr std::size_t kMostProblems = 1000;
constexpr std::size_t kHashBytes = 32;

template <class Message>
bool parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Of a key of history, as far as it is one.
std::string_view id_of(std::string_view key) { return key.substr(0, key.find('\0')); }

class Checker {
 public:
  explicit Checker(Rows& rows) : rows_(rows) {}

  DataReport check() {
    check_meta();
    check_definitions();
    check_workflows();
    check_by_state();
    check_by_name();
    check_snapshots();
    check_dead_letters();
    check_policies();
    return std::move(report_);
  }

 private:
  void add(std::string_view workflow, std::string where, std::string what) {
    ++report_.problem_count;
    if (report_.problems.size() < kMostProblems)
      report_.problems.push_back(
          {.what = std::move(what), .where = std::move(where), .workflow = std::string(workflow)});
  }
  void add(std::string_view workflow, Space space, std::string what) {
    add(workflow, std::string(kSpaceNames[static_cast<std::size_t>(space)]), std::move(what));
  }

  template <class Visit>
  void each(Space space, Visit visit) {
    const Result<void> scanned =
        rows_.scan(space, {}, Order::ascending, [&](std::string_view key, std::string_view value) {
          visit(key, value);
          return true;
        });
    if (!scanned) add({}, space, scanned.error().message);
  }

  std::optional<std::string> get(Space space, std::string_view key, std::string_view workflow) {
    Result<std::optional<std::string>> value = rows_.get(space, key);
    if (value) return *std::move(value);
    add(workflow, space, value.error().message);
    return std::nullopt;
  }

  void check_meta();
  bool is_empty();
  void check_definitions();
  void check_definition_of(std::string_view workflow, std::string where, const std::string& stored_hash);
  void check_identity(std::string_view workflow, const std::string& where, std::string_view id,
                      const std::string& stored_hash);
  void check_facts(std::string_view workflow, const std::string& where, const stored::Facts& facts);
  void check_json(std::string_view workflow, const std::string& where, std::string_view what, std::string_view json);
  void check_text(std::string_view workflow, const std::string& where, std::string_view what, std::string_view text);
  void check_state(std::string_view workflow, const std::string& where, const stored::State& state);
  void check_event(std::string_view workflow, const std::string& where, const Event& event);
  void check_restored(std::string_view workflow, const std::string& where, std::string_view bytes);

  void read_lists();
  bool exists(std::string_view workflow);
  void check_workflows();
  void check_workflow(const std::string& id);
  void check_summary(const std::string& id, std::string_view bytes, Space space);
  void note_tail(const std::string& id);
  std::uint64_t check_checkpoint(const std::string& id);
  void check_history(const std::string& id, std::uint64_t from);
  void check_tail_before(const std::string& id, std::optional<std::uint64_t> first);
  void check_next(const std::string& id, std::uint64_t first, std::string_view bytes);
  std::size_t check_run(std::string_view id, std::uint64_t first, std::string_view bytes);

  void check_by_state();
  void check_by_name();
  void check_indexed(Space space, const keys::Place& place, WorkflowState state, std::optional<std::string_view> name);
  void check_snapshots();
  void check_dead_letters();
  void check_policies();
  void check_policy(std::string_view id, std::string_view value);

  // The id of the first of these rows, or nothing at their end.
  std::optional<std::string> next_id();

  Rows& rows_;
  DataReport report_;
  struct {
    std::uint64_t from = 0;                         // its checkpoint stands for all events before
    std::uint64_t next = 0;                         // the event after the runs that were seen
    bool complete = false;                          // something of it was seen
    std::optional<StoredRun> tail;                  // not seen yet
  } in_hand_;                                       // of the workflow that is checked
  std::set<std::string, std::less<>> definitions_;  // stored hashes
  StoredBirths listed_;
  decltype(listed_.living)::const_iterator next_listed_;
  std::unique_ptr<RowCursor> live_;
  std::unique_ptr<RowCursor> ended_;
  std::unique_ptr<RowCursor> checkpoint_;
  std::unique_ptr<RowCursor> run_;
};

void Checker::check_meta() {
  each(Space::meta, [&](std::string_view key, std::string_view value) {
    if (value.size() != keys::kNumberBytes) {
      add({}, Space::meta, fmt::format("\"{}\" is not a number", key));
    } else if (key == "format" && keys::from_big_endian(value) > kStorageFormat) {
      add({}, Space::meta,
          fmt::format("storage format {} is newer than this version of Pawl", keys::from_big_endian(value)));
    }
  });
  if (!get(Space::meta, "format", {}) && !is_empty()) add({}, Space::meta, "the storage format is not recorded");
}

// As it is made: nothing was stored in it.
bool Checker::is_empty() {
  for (std::size_t i = 0; i < kSpaceNames.size(); ++i) {
    const Result<std::unique_ptr<RowCursor>> row = rows_.new_cursor(static_cast<Space>(i), {});
    if (!row) return false;
    (*row)->first();
    if ((*row)->valid() || !(*row)->status()) return false;
  }
  return true;
}

void Checker::check_definitions() {
  each(Space::definitions, [&](std::string_view key, std::string_view value) {
    ++report_.definitions;
    definitions_.emplace(key);
    if (key.size() != kHashBytes || value.empty())
      return add({}, Space::definitions, fmt::format("{} is not a definition", from_stored_hash(key)));
    check_json({}, fmt::format("definitions, {}", from_stored_hash(key)), "it", value);
  });
}

void Checker::check_definition_of(std::string_view workflow, std::string where, const std::string& stored_hash) {
  if (definitions_.contains(stored_hash)) return;
  // It may lie behind what is damaged.
  if (get(Space::definitions, stored_hash, workflow)) {
    definitions_.insert(stored_hash);
  } else {
    add(workflow, std::move(where), fmt::format("definition {} is missing", from_stored_hash(stored_hash)));
  }
}

void Checker::check_identity(std::string_view workflow, const std::string& where, std::string_view id,
                             const std::string& stored_hash) {
  if (id != workflow) add(workflow, where, fmt::format("it is that of workflow \"{}\"", id));
  check_definition_of(workflow, where, stored_hash);
}

void Checker::check_facts(std::string_view workflow, const std::string& where, const stored::Facts& facts) {
  check_identity(workflow, where, facts.id(), facts.definition());
  check_json(workflow, where, "the input", facts.input());
}

// An empty one stands for null.
void Checker::check_json(std::string_view workflow, const std::string& where, std::string_view what,
                         std::string_view json) {
  if (!json.empty() && !is_stored_json(json)) add(workflow, where, fmt::format("{} is not valid JSON", what));
}

void Checker::check_text(std::string_view workflow, const std::string& where, std::string_view what,
                         std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos)
    add(workflow, where, fmt::format("{} is not valid UTF-8", what));
}

// Of a checkpoint, of a snapshot, or of one that was restored.
void Checker::check_state(std::string_view workflow, const std::string& where, const stored::State& state) {
  check_json(workflow, where, "the output", state.output());
  check_json(workflow, where, "the error", state.error());
  for (const stored::TaskOutcome& outcome : state.outcomes())
    check_json(workflow, where, fmt::format("the outcome of task number {}", outcome.task()), outcome.json());
  for (const stored::Completion& completion : state.compensation().earlier())
    check_json(workflow, where, fmt::format("an earlier result of task number {}", completion.task()),
               completion.result());
}

void Checker::check_event(std::string_view workflow, const std::string& where, const Event& event) {
  const auto check = [&](std::string_view what, const JsonText& json) {
    if (!json.is_null()) check_json(workflow, where, what, json.view());
  };
  std::visit(
      [&](const auto& happened) {
        if constexpr (requires { happened.output; }) check("the output", happened.output);
        if constexpr (requires { happened.result; }) check("the result", happened.result);
        if constexpr (requires { happened.error; }) check("the error", happened.error);
        if constexpr (requires { std::string_view(happened.reason); })
          check_text(workflow, where, "the reason", happened.reason);
        if constexpr (requires { happened.state; }) check_restored(workflow, where, *happened.state);
      },
      event);
}

void Checker::check_restored(std::string_view workflow, const std::string& where, std::string_view bytes) {
  stored::State state;
  if (!parse(bytes, state)) return add(workflow, where, "its state cannot be decoded");
  check_json(workflow, where, "the input", state.facts().input());
  check_state(workflow, where, state);
}

// Four spaces are ordered by workflow: they are walked side by side.
void Checker::check_workflows() {
  for (const auto& [space, cursor] : {std::pair(Space::live, &live_), std::pair(Space::ended, &ended_),
                                      std::pair(Space::checkpoints, &checkpoint_), std::pair(Space::history, &run_)}) {
    Result<std::unique_ptr<RowCursor>> made = rows_.new_cursor(space, {});
    if (!made) return add({}, space, made.error().message);
    *cursor = *std::move(made);
    (*cursor)->first();
  }
  read_lists();
  while (const std::optional<std::string> id = next_id()) check_workflow(*id);
  for (const auto& [space, cursor] : {std::pair(Space::live, &live_), std::pair(Space::ended, &ended_),
                                      std::pair(Space::checkpoints, &checkpoint_), std::pair(Space::history, &run_)})
    if (const Result<void> read = (*cursor)->status(); !read) add({}, space, read.error().message);
}

void Checker::read_lists() {
  if (Result<StoredBirths> read = read_births(rows_))
    listed_ = *std::move(read);
  else
    add({}, Space::live, read.error().message);
  if (listed_.damage) add({}, Space::live, listed_.damage->message);
  next_listed_ = listed_.living.begin();
}

bool Checker::exists(std::string_view workflow) {
  return get(Space::live, workflow, workflow) || get(Space::ended, workflow, workflow) ||
         listed_.living.contains(workflow);
}

std::optional<std::string> Checker::next_id() {
  while (live_->valid() && keys::births_of(live_->key())) live_->next();
  std::optional<std::string> id;
  if (next_listed_ != listed_.living.end()) id = next_listed_->first;
  for (const RowCursor* const row : {live_.get(), ended_.get(), checkpoint_.get()})
    if (row->valid() && (!id || row->key() < *id)) id = row->key();
  if (run_->valid()) {
    const std::string_view of = id_of(run_->key());
    if (!id || of < *id) id = of;
  }
  return id;
}

void Checker::check_workflow(const std::string& id) {
  const bool has_row = live_->valid() && live_->key() == id;
  const bool is_listed = next_listed_ != listed_.living.end() && next_listed_->first == id;
  const bool lives = has_row || is_listed;
  const bool ended = ended_->valid() && ended_->key() == id;
  const std::uint64_t problems = report_.problem_count;
  if (!keys::is_id(id)) add(id, "live, ended", "no workflow can have this id");
  if (lives && ended) add(id, "live, ended", "it is listed as alive and as ended");
  if (!lives && !ended && live_->status() && ended_->status())
    add(id, "live, ended", "there is history of it, but no workflow");
  if (is_listed) check_summary(id, (next_listed_++)->second, Space::live);
  if (has_row) {
    check_summary(id, live_->value(), Space::live);
    live_->next();
  }
  in_hand_ = {};
  if (ended) {
    note_tail(id);
    check_summary(id, ended_->value(), Space::ended);
    ended_->next();
  }
  const std::uint64_t from = check_checkpoint(id);
  check_history(id, from);
  if (report_.problem_count == problems) ++(lives ? report_.live : report_.ended);
}

void Checker::check_summary(const std::string& id, std::string_view bytes, Space space) {
  const Result<WorkflowSummary> summary = decode_summary(id, bytes);
  if (!summary) return add(id, space, summary.error().message);
  const WorkflowStatus& status = summary->status;
  check_definition_of(id, std::string(kSpaceNames[static_cast<std::size_t>(space)]),
                      to_stored_hash(summary->definition));
  if (is_terminal(status.state) != (space == Space::ended))
    return add(id, space, fmt::format("its state is {}", to_string(status.state)));
  if (space == Space::live) return;
  const auto by_state = get(Space::by_state, keys::by_state(status.state, status.created_at, id), id);
  if (!by_state || *by_state != keys::sortable(status.completed_at.value_or(status.created_at)))
    add(id, Space::by_state, "it is not found by its state");
  const auto by_name = get(Space::by_name, keys::by_name(status.name, status.created_at, id), id);
  if (!by_name || *by_name != std::string(1, static_cast<char>(status.state)))
    add(id, Space::by_name, "it is not found by its name");
}

// The number of the event from which on history is needed.
std::uint64_t Checker::check_checkpoint(const std::string& id) {
  if (!checkpoint_->valid() || checkpoint_->key() != id) return 0;
  ++report_.checkpoints;
  std::uint64_t events = 0;
  stored::State state;
  const Result<StoredCheckpoint> checkpoint = decode_checkpoint(id, checkpoint_->value());
  if (checkpoint) events = checkpoint->events;
  if (!checkpoint || !parse(checkpoint->state, state)) {
    add(id, Space::checkpoints, "it cannot be decoded");
  } else {
    if (state.events() != events)
      add(id, Space::checkpoints, fmt::format("it is of {} events, not of {}", state.events(), events));
    check_facts(id, "checkpoints", state.facts());
    check_state(id, "checkpoints", state);
  }
  checkpoint_->next();
  return events;
}

void Checker::note_tail(const std::string& id) {
  if (Result<std::optional<StoredRun>> tail = decode_tail(id, ended_->value())) in_hand_.tail = *std::move(tail);
}

void Checker::check_history(const std::string& id, std::uint64_t from) {
  in_hand_.from = from;
  in_hand_.complete = from > 0;  // a checkpoint needs no history
  for (; run_->valid() && id_of(run_->key()) == id; run_->next()) {
    const std::optional<std::uint64_t> first = keys::event_of(run_->key(), id);
    if (first) {
      check_tail_before(id, first);
      check_next(id, *first, run_->value());
    } else {
      ++report_.runs;
      add(id, Space::history, "a key names no event");
    }
  }
  check_tail_before(id, std::nullopt);
  if (!in_hand_.complete && run_->status()) add(id, Space::history, "there is none");
}

// It is a run like any other, wherever it lies.
void Checker::check_tail_before(const std::string& id, std::optional<std::uint64_t> first) {
  if (!in_hand_.tail || (first && *first <= in_hand_.tail->first_event)) return;
  const StoredRun tail = *std::exchange(in_hand_.tail, std::nullopt);
  check_next(id, tail.first_event, tail.events);
}

void Checker::check_next(const std::string& id, std::uint64_t first, std::string_view bytes) {
  ++report_.runs;
  const std::string where = fmt::format("history, event {}", first);
  const std::uint64_t from = in_hand_.from;
  // What a checkpoint stands for may be forgotten.
  if (first < in_hand_.next) add(id, where, "the run before reaches beyond it");
  if (first > std::max(in_hand_.next, from))
    add(id, where, fmt::format("those from {} on are missing", std::max(in_hand_.next, from)));
  in_hand_.next = first + check_run(id, first, bytes);
  if (first < from && in_hand_.next > from) add(id, where, "it reaches beyond the checkpoint");
  in_hand_.complete = true;
}

std::size_t Checker::check_run(std::string_view id, std::uint64_t first, std::string_view bytes) {
  stored::Run run;
  if (!parse(bytes, run) || run.events_size() == 0) {
    add(id, fmt::format("history, event {}", first), "it cannot be decoded");
    return 1;
  }
  std::string definition;  // of the facts that were decoded last
  const DefinitionSource note_definition = [&](const std::string& hash) -> Result<DefinitionPtr> {
    definition = to_stored_hash(hash);
    return nullptr;
  };
  EventDecoder decoder(note_definition);
  std::uint64_t number = first;
  for (const stored::Event& event : run.events()) {
    const std::string where = fmt::format("history, event {}", number);
    const Result<Event> decoded = decoder.decode(event, from_stored_time(run.at_us()));
    if (!decoded) {
      add(id, where, decoded.error().message);
    } else {
      if (number == 0 && !is_creation(*decoded)) add(id, where, "it is not the creation");
      if (const WorkflowFactsPtr facts = facts_in(*decoded)) check_identity(id, where, facts->id.text(), definition);
      check_event(id, where, *decoded);
    }
    ++number;
  }
  report_.events += number - first;
  return number - first;
}

void Checker::check_indexed(Space space, const keys::Place& place, WorkflowState state,
                            std::optional<std::string_view> name) {
  const std::optional<std::string> bytes = get(Space::ended, place.id, place.id);
  if (!bytes) return add(place.id, space, "there is no such ended workflow");
  const Result<WorkflowSummary> summary = decode_summary(place.id, *bytes);
  if (!summary) return;  // known already
  if (summary->status.state != state || summary->status.created_at != place.created_at ||
      (name && summary->status.name != *name))
    add(place.id, space, "it says something else than the workflow");
}

void Checker::check_by_state() {
  each(Space::by_state, [&](std::string_view key, std::string_view) {
    const std::optional<keys::Place> place = keys::place_of(key, 1);
    if (!place) return add({}, Space::by_state, "a key names no workflow");
    check_indexed(Space::by_state, *place, static_cast<WorkflowState>(key[0]), std::nullopt);
  });
}

void Checker::check_by_name() {
  each(Space::by_name, [&](std::string_view key, std::string_view value) {
    const std::size_t name = key.find('\0');
    const auto place = name == std::string_view::npos ? std::nullopt : keys::place_of(key, name + 1);
    if (!place || value.size() != 1) return add({}, Space::by_name, "a row names no workflow");
    check_indexed(Space::by_name, *place, static_cast<WorkflowState>(value[0]), key.substr(0, name));
  });
}

void Checker::check_snapshots() {
  each(Space::snapshots, [&](std::string_view key, std::string_view value) {
    ++report_.snapshots;
    const Result<StoredSnapshot> snapshot = decode_snapshot(key, value);
    stored::State state;
    if (!snapshot || !parse(snapshot->state, state)) return add({}, Space::snapshots, "one cannot be decoded");
    const std::string where = fmt::format("snapshots, {}", snapshot->id);
    check_facts(snapshot->workflow, where, state.facts());
    check_state(snapshot->workflow, where, state);
    check_text(snapshot->workflow, where, "its label", snapshot->label);
    if (!exists(snapshot->workflow)) add(snapshot->workflow, where, "it is of a workflow that does not exist");
  });
}

void Checker::check_dead_letters() {
  each(Space::dead_letters, [&](std::string_view key, std::string_view value) {
    const Result<DeadLetter> letter = decode_dead_letter(key, value);
    if (!letter) return add(id_of(key), Space::dead_letters, "one cannot be decoded");
    check_json(letter->id.workflow, "dead_letters", fmt::format("the error of task \"{}\"", letter->id.task),
               letter->error.view());
    if (!exists(letter->id.workflow))
      add(letter->id.workflow, Space::dead_letters,
          fmt::format("that of task \"{}\" is of a workflow that does not exist", letter->id.task));
  });
}

// And all records that have no space of their own.
void Checker::check_policies() {
  each(Space::policies, [&](std::string_view key, std::string_view value) {
    const std::optional<RecordKind> kind = kind_of_row(Space::policies, key);
    if (!kind) return add({}, Space::policies, fmt::format("{} is the key of no record", in_quotes(key)));
    if (kind == RecordKind::policy) return check_policy(key, value);
    const std::string_view id = key.substr(place_of(*kind).prefix.size());
    if (kind == RecordKind::breaker && !decode_breaker(id, value))
      add({}, Space::policies, fmt::format("the state of circuit breaker {} cannot be decoded", in_quotes(id)));
  });
}

void Checker::check_policy(std::string_view id, std::string_view value) {
  const Result<StoredPolicy> policy = decode_policy(id, value);
  if (!policy) return add({}, Space::policies, fmt::format("policy \"{}\" cannot be decoded", id));
  for (const StoredPolicy::Version& version : policy->versions)
    check_json({}, fmt::format("policies, \"{}\"", id), fmt::format("version {}", version.number), version.config);
}

}  // namespace

DataReport check_rows(Rows& rows) { return Checker(rows).check(); }

Result<DataReport> check_data_directory(const std::string& path) {
  Result<std::unique_ptr<FolderLock>> lock = lock_data_directory(path, FolderLock::Use::reading);
  if (!lock) return std::unexpected(std::move(lock.error()));
  DataReport report;
  const auto add = [&report](const Error& error) {
    ++report.problem_count;
    report.problems.push_back({.what = error.message, .where = "files", .workflow = {}});
  };
  if (is_single_threaded())
    if (const Result<void> opened = in_child([&] { return RocksDbRows::try_to_open(path); });
        !opened && opened.error().code == ErrorCode::corruption) {
      add(opened.error());
      return report;
    }
  const Result<std::unique_ptr<RocksDbRows>> rows =
      RocksDbRows::open(path, {.access = Access::read_only}, *std::move(lock));
  if (!rows && rows.error().code != ErrorCode::corruption) return std::unexpected(rows.error());
  if (!rows) {
    add(rows.error());
    return report;
  }
  report = check_rows(**rows);
  for (const Error& damaged : (*rows)->verify()) add(damaged);
  return report;
}

}  // namespace pawl
