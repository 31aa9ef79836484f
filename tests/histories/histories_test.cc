// Stored histories of this version and of every one before: each is read for ever, and means what it meant.
//
// A file holds what was stored (definitions, runs of events and the state as hex) and what that is in words: the events
// and the report as JSON. PAWL_WRITE_HISTORIES=FOLDER writes those of the present version; what is kept is never
// written over. README.md says when that is called for.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include <gtest/gtest.h>

#include "pawl/orchestrator.h"

#include "core/evolve.h"
#include "core/harness_test.h"
#include "core/stored_state.h"
#include "model/event_rows.h"
#include "model/stored.pb.h"
#include "monitor/workflow_event.h"
#include "orchestrator/report.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using core::Harness;
using testing::define;
using testing::task;

std::string to_hex(std::string_view bytes) { return from_stored_hash(bytes); }

std::string from_hex(std::string_view hex) { return to_stored_hash(hex); }

// As a test of one of the histories sees it.
struct Story {
  std::string name;
  core::Workflow state;
  std::vector<Event> events;
};

Story story(std::string name, Harness& harness) {
  return {.name = std::move(name), .state = harness.workflow, .events = std::move(harness.turn.events)};
}

TaskSpec with_retries(TaskSpec spec) {
  spec.retry_policy = RetryPolicy{.max_attempts = 3, .backoff = Backoff::fixed, .base_delay = std::chrono::seconds(1)};
  return spec;
}

Story completed() {
  TaskSpec skipped = task("skipped", {"first"});
  skipped.when = "false";
  TaskSpec allowed = task("allowed", {"first"});
  allowed.allow_failure = true;
  Harness h(define({task("first"), with_retries(task("flaky", {"first"})), skipped, allowed,
                    task("last", {"flaky", "skipped", "allowed"})}),
            {{"text", "grün"}, {"numbers", {1, -2.5, 1e300}}});
  h.start();
  (void)h.complete("first", {{"rows", 1461}, {"note", "\"quoted\"\n"}});
  (void)h.fail("flaky", {"network_error", "no route"});
  (void)h.send(command::ExpireWait{h.index("flaky"), 1});
  h.start_ready();
  (void)h.complete("flaky");
  (void)h.fail("allowed");
  (void)h.complete("last", "done");
  return story("completed", h);
}

Story failed() {
  Harness h(define({task("bad"), task("other"), task("after", {"bad"})}));
  h.start();
  (void)h.fail("bad");
  (void)h.fail("other", {"cancelled", "it was told to stop"});
  return story("failed", h);
}

Story cancelled() {
  Harness h(define({task("runs"), task("waits", {"runs"})}));
  (void)h.send(command::QueueWorkflow{});
  h.start();
  (void)h.send(command::CancelWorkflow{.reason = "not needed", .grace = {}});
  (void)h.fail("runs", {"cancelled", "it was told to stop"});
  return story("cancelled", h);
}

Story paused() {
  Harness h(define({task("a"), task("b", {"a"}), task("c", {"b"})}));
  h.start();
  (void)h.send(command::PauseWorkflow{});
  (void)h.complete("a", 1);
  (void)h.send(command::ResumeWorkflow{});
  h.start_ready();
  (void)h.send(command::SkipTask{h.index("c")});
  (void)h.send(command::PauseWorkflow{});
  return story("paused", h);
}

Story interrupted() {
  Harness h(define({task("a"), task("b"), with_retries(task("c"))}));
  h.start();
  (void)h.fail("c", {"network_error", "no route"});
  (void)h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 5});
  h.start_ready();
  (void)h.send(command::RecoverWorkflow{.crashed = false, .max_crashes = 5});
  h.start_ready();
  (void)h.complete("a");
  return story("interrupted", h);
}

Story restored() {
  Harness h(define({task("a"), task("b", {"a"}), task("c", {"b"})}));
  h.start();
  (void)h.complete("a", 1);
  const command::RestoreWorkflow snapshot{.snapshot = "w-1@s",
                                          .taken_at = h.inputs.now,
                                          .facts = h.workflow.facts,
                                          .state = std::make_shared<const std::string>(core::encode_state(h.workflow))};
  (void)h.complete("b", 2);
  (void)h.complete("c", 3);
  (void)h.send(snapshot);
  h.start_ready();
  return story("restored", h);
}

Story redefined() {
  Harness h(define({task("a")}));
  const auto facts = std::make_shared<WorkflowFacts>(*h.workflow.facts);
  facts->definition = define({task("a"), task("b", {"a"})});
  core::Decision decision(h.workflow, h.inputs, h.evaluator, h.turn);
  EXPECT_TRUE(core::decide(decision, command::RedefineWorkflow{facts}));
  return story("redefined", h);
}

// Decides by stored policies, and is held by a circuit breaker.
Story held() {
  TaskSpec first = task("first");
  first.retry_policy_name = "gentle";
  TaskSpec second = task("second", {"first"});
  second.circuit_breaker = "payments";
  second.schedule_to_close = std::chrono::minutes(1);
  WorkflowSpec spec = testing::workflow({first, second});
  spec.timeout_policy = "short";
  policy::Catalog policies;
  policies.put("gentle",
               {.version = 3, .config = RetryPolicy{.max_attempts = 2, .base_delay = std::chrono::seconds(1)}});
  policies.put("short", {.version = 2, .config = TimeoutPolicy{.default_timeout = std::chrono::seconds(5)}});
  Harness h(define(spec));
  h.inputs.policies = &policies;
  h.start();
  (void)h.fail("first");
  (void)h.send(command::ExpireWait{0, 1});
  h.start_ready();
  (void)h.send(command::CompleteTask{0, 2, {}});
  (void)h.send(command::HoldTask{.action = 1, .until = h.inputs.now + std::chrono::seconds(30)});
  (void)h.send(command::ReleaseTask{1});
  (void)h.send(command::HoldTask{.action = 1, .until = h.inputs.now + std::chrono::seconds(30)});
  return story("held", h);
}

TaskSpec with_compensation(TaskSpec spec) {
  spec.compensation = Compensation{.module = "test", .function = "echo", .args = {"${{ task.result }}"}};
  return spec;
}

// Undone, with one compensation that fails for good and whose letter is discarded; then done again.
Story compensated() {
  TaskSpec fragile = with_compensation(task("fragile", {"first"}));
  fragile.compensation->retry_policy = RetryPolicy{.max_attempts = 2, .base_delay = std::chrono::seconds(1)};
  Harness h(define({with_compensation(task("first")), fragile, task("last", {"fragile"})}));
  const ActionId undo_first = *h.workflow.definition().compensation_of(0);
  const ActionId undo_fragile = *h.workflow.definition().compensation_of(1);
  h.start();
  (void)h.complete("first", 1);
  (void)h.complete("fragile", 2);
  (void)h.fail("last");
  (void)h.send(command::RecoverWorkflow{.crashed = true, .max_crashes = 5});
  h.start_ready();
  (void)h.send(command::FailTask{undo_fragile, 2, {"boom", "it broke"}});
  (void)h.send(command::ExpireWait{undo_fragile, 2});
  h.start_ready();
  (void)h.send(command::FailTask{undo_fragile, 3, {"boom", "it broke"}});
  h.start_ready();
  (void)h.send(command::CompleteTask{undo_first, 1, {}});
  (void)h.send(command::DiscardDeadLetter{.action = undo_fragile, .reason = "refunded by hand"});
  (void)h.send(command::ReviveWorkflow{.start = h.index("last")});
  h.start_ready();
  return story("compensated", h);
}

Story registered() {
  Harness h(define({task("a"), with_compensation(task("b"))}));
  h.start();
  const auto facts = std::make_shared<WorkflowFacts>(*h.workflow.facts);
  facts->definition = define({with_compensation(task("a")), with_compensation(task("b"))});
  (void)h.send(command::RegisterCompensation{facts});
  (void)h.complete("b");
  (void)h.complete("a");
  (void)h.send(command::CompensateWorkflow{{h.index("a")}});
  h.start_ready();
  return story("registered", h);
}

Story rerun() {
  Harness h(define({task("a"), task("b", {"a"})}));
  h.start();
  (void)h.complete("a", 1);
  (void)h.complete("b", 2);
  (void)h.send(command::ReviveWorkflow{.start = h.index("b"), .rerun = true});
  h.start_ready();
  (void)h.send(command::CancelWorkflow{.reason = "", .grace = {}, .compensate = true});
  return story("rerun", h);
}

// Done over twice, by a rerun and by a restore; then the latest of its completions is undone.
Story done_over() {
  Harness h(define({with_compensation(task("a")), with_compensation(task("b", {"a"}))}));
  h.start();
  (void)h.complete("a", 1);
  const command::RestoreWorkflow snapshot{.snapshot = "w-1@s",
                                          .taken_at = h.inputs.now,
                                          .facts = h.workflow.facts,
                                          .state = std::make_shared<const std::string>(core::encode_state(h.workflow))};
  (void)h.complete("b", 2);
  (void)h.send(command::ReviveWorkflow{.start = h.index("a"), .rerun = true});
  h.start_ready();
  (void)h.complete("a", 3);
  (void)h.complete("b", 4);
  (void)h.send(snapshot);
  h.start_ready();
  (void)h.complete("b", 5);
  (void)h.send(command::CompensateWorkflow{});
  h.start_ready();
  (void)h.send(command::CompleteTask{*h.workflow.definition().compensation_of(h.index("b")), 1, {}});
  h.start_ready();
  return story("done_over", h);
}

// By request, behind a task that fails and is redriven while what was to come after runs.
Story skipped() {
  WorkflowSpec spec = testing::workflow({task("bad"), task("skipped", {"bad"}), task("after", {"skipped"})});
  spec.on_failure = OnFailure::continue_;
  Harness h(define(spec));
  h.start();
  (void)h.send(command::SkipTask{h.index("skipped")});
  h.start_ready();
  (void)h.fail("bad");
  (void)h.send(command::ReviveWorkflow{.start = h.index("bad")});
  h.start_ready();
  (void)h.fail("bad");
  return story("skipped", h);
}

// Undone before it is rerun.
Story undone_first() {
  Harness h(define({with_compensation(task("a")), with_compensation(task("b", {"a"}))}));
  h.start();
  (void)h.complete("a", 1);
  (void)h.complete("b", 2);
  (void)h.send(command::ReviveWorkflow{.start = h.index("a"), .rerun = true, .undo_first = true});
  h.start_ready();
  (void)h.send(command::CompleteTask{*h.workflow.definition().compensation_of(h.index("b")), 1, {}});
  h.start_ready();
  return story("undone_first", h);
}

// More attempts than 16 bits count, and more interruptions than a record does.
Story counted() {
  Harness h(define({with_retries(task("a"))}));
  h.start();
  h.workflow = {};
  for (Event& event : h.turn.events) {
    if (auto* const started = std::get_if<event::TaskStarted>(&event)) started->attempt = 70'000;
    core::evolve(h.workflow, event);
  }
  for (int i = 0; i < 40; ++i) {
    (void)h.send(command::RecoverWorkflow{.crashed = false, .max_crashes = 5});
    h.start_ready();
  }
  (void)h.fail("a");
  return story("counted", h);
}

// A compensation is registered in front of one that has failed, been discarded and had another go.
Story registered_late() {
  Harness h(define({task("a"), with_compensation(task("b", {"a"})), task("c", {"b"})}));
  h.start();
  (void)h.complete("a", 1);
  (void)h.complete("b", 2);
  (void)h.fail("c");
  const ActionId undo_b = ActionId::undo_of(h.index("b"));
  (void)h.send(command::FailTask{undo_b, 1, {"boom", "it broke"}});
  (void)h.send(command::DiscardDeadLetter{.action = undo_b, .reason = "refunded by hand"});
  const auto facts = std::make_shared<WorkflowFacts>(*h.workflow.facts);
  facts->definition = define({with_compensation(task("a")), with_compensation(task("b", {"a"})), task("c", {"b"})});
  (void)h.send(command::RegisterCompensation{facts});
  (void)h.send(command::CompensateWorkflow{});
  h.start_ready();
  (void)h.send(command::CompleteTask{undo_b, 2, {}});
  h.start_ready();
  return story("registered_late", h);
}

std::vector<Story> stories() {
  return {completed(),    failed(),  cancelled(),   paused(),         interrupted(), restored(),
          redefined(),    held(),    compensated(), registered(),     rerun(),       done_over(),
          undone_first(), skipped(), counted(),     registered_late()};
}

using Definitions = std::map<std::string, DefinitionPtr>;

DefinitionSource source_of(const Definitions& definitions) {
  return [&definitions](const std::string& hash) -> Result<DefinitionPtr> {
    const auto found = definitions.find(hash);
    if (found == definitions.end()) return fail(ErrorCode::not_found, "no definition " + hash);
    return found->second;
  };
}

// As `pawl history` tells them.
boost::json::array in_words(const core::Workflow& state, const std::vector<Event>& events) {
  boost::json::array told;
  for (const Event& event : events) {
    const HistoryEvent numbered{.number = told.size(),
                                .event = to_workflow_event(*state.facts, event, state.created_at)};
    told.push_back(*parse_json(to_json_text(numbered)));
  }
  return told;
}

Json report_in_words(const core::Workflow& state) { return *parse_json(to_json_text(report_of(state))); }

// A few events to a run, as turns would have them.
boost::json::array stored_runs(const std::vector<Event>& events) {
  constexpr std::size_t kPerRun = 4;
  boost::json::array runs;
  EventEncoder encoder;
  for (std::size_t first = 0; first < events.size(); first += kPerRun) {
    const auto run = std::span(events).subspan(first, std::min(kPerRun, events.size() - first));
    std::string bytes;
    EXPECT_TRUE(encoder.encode(std::vector<std::span<const Event>>{run}, bytes));
    runs.push_back({{"first", first}, {"run", to_hex(bytes)}});
  }
  return runs;
}

Json to_document(const Story& story) {
  boost::json::array definitions;
  std::set<std::string> seen;
  for (const Event& event : story.events) {
    const WorkflowFactsPtr facts = facts_in(event);
    if (facts != nullptr && seen.insert(facts->definition->hash()).second)
      definitions.push_back(*parse_json(to_canonical_json(*facts->definition)));
  }
  return {{"definitions", std::move(definitions)},
          {"runs", stored_runs(story.events)},
          {"state", to_hex(core::encode_state(story.state))},
          {"events", in_words(story.state, story.events)},
          {"report", report_in_words(story.state)}};
}

std::vector<fs::path> kept() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(PAWL_SOURCE "/tests/histories"))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Json read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const Result<Json> document = parse_json(text.str());
  EXPECT_TRUE(document) << path;
  return document ? *document : Json();
}

// What the file stores, read by this version.
struct Read {
  Definitions definitions;
  std::vector<Event> events;
  core::Workflow state;  // what the events add up to
  Result<core::Workflow> stored_state;
};

Read understand(const Json& document) {
  Read read{.definitions = {}, .events = {}, .state = {}, .stored_state = core::Workflow()};
  for (const Json& text : document.at("definitions").as_array()) {
    const Result<DefinitionPtr> definition = read_definition(to_json_text(text));
    EXPECT_TRUE(definition);
    if (definition) read.definitions.emplace((*definition)->hash(), *definition);
  }
  const DefinitionSource source = source_of(read.definitions);
  EventDecoder decoder(source);
  for (const Json& run : document.at("runs").as_array()) {
    EXPECT_EQ(run.at("first"), read.events.size());
    const Result<std::vector<Event>> events = decoder.decode_run(from_hex(run.at("run").as_string()));
    EXPECT_TRUE(events) << describe(events.error());
    if (events) read.events.insert(read.events.end(), events->begin(), events->end());
  }
  for (const Event& event : read.events) core::evolve(read.state, event);
  read.stored_state = core::decode_state(from_hex(document.at("state").as_string()), source);
  return read;
}

// Where `wanted` says something, `is` says the same; a later version may tell more.
bool agrees(const Json& is, const Json& wanted) {
  if (wanted.is_array() && is.is_array()) return std::ranges::equal(is.get_array(), wanted.get_array(), agrees);
  if (!wanted.is_object() || !is.is_object()) return is == wanted;
  return std::ranges::all_of(wanted.get_object(), [&](const auto& each) {
    const Json* const found = is.get_object().if_contains(each.key());
    return found != nullptr && agrees(*found, each.value());
  });
}

// States of this version are encoded as they were read; older ones lack what is known now.
bool is_of_this_version(const fs::path& path) { return path.parent_path().filename() == "v4"; }

TEST(Histories, mean_what_they_meant) {
  ASSERT_FALSE(kept().empty());
  for (const fs::path& path : kept()) {
    SCOPED_TRACE(path);
    const Json document = read(path);
    const Read read = understand(document);
    EXPECT_TRUE(agrees(in_words(read.state, read.events), document.at("events")));
    EXPECT_TRUE(agrees(report_in_words(read.state), document.at("report")));
    ASSERT_TRUE(read.stored_state) << describe(read.stored_state.error());
    EXPECT_TRUE(agrees(report_in_words(*read.stored_state), document.at("report")));
    if (is_of_this_version(path)) {
      EXPECT_EQ(core::encode_state(*read.stored_state), core::encode_state(read.state));
      EXPECT_EQ(core::fingerprint(*read.stored_state), core::fingerprint(read.state));
    }
  }
}

TEST(Histories, have_every_kind_of_event) {
  std::set<std::size_t> kinds;
  for (const fs::path& path : kept())
    for (const Event& event : understand(read(path)).events) kinds.insert(event.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Event>) << "a new kind of event needs a stored history: see README.md";
}

// Versions before format 3 named what undoes a task by its position behind the tasks.
bool is_written_otherwise(const fs::path& path, std::span<const Event> events) {
  return !is_of_this_version(path) && std::ranges::any_of(events, [](const Event& event) {
    const std::optional<ActionId> action = action_of(event);
    return action && action->undo;
  });
}

// Whatever version wrote the events, this one writes them byte for byte as it did, but for what names an undo; and
// reads them as the same.
TEST(Histories, are_written_again_as_they_were_read) {
  for (const fs::path& path : kept()) {
    SCOPED_TRACE(path);
    const Json document = read(path);
    const Read read = understand(document);
    EventDecoder decoder(source_of(read.definitions));
    core::Workflow again;
    std::size_t first = 0;
    for (const Json& run : document.at("runs").as_array()) {
      const std::string bytes = from_hex(run.at("run").as_string());
      stored::Run message;
      ASSERT_TRUE(message.ParseFromString(bytes));
      const auto events = std::span(read.events).subspan(first, static_cast<std::size_t>(message.events_size()));
      first += events.size();
      std::string written;
      ASSERT_TRUE(EventEncoder().encode(std::vector<std::span<const Event>>{events}, written));
      EXPECT_EQ(written != bytes, is_written_otherwise(path, events)) << to_hex(written) << '\n' << to_hex(bytes);
      const Result<std::vector<Event>> decoded = decoder.decode_run(written);
      ASSERT_TRUE(decoded) << describe(decoded.error());
      for (const Event& event : *decoded) core::evolve(again, event);
    }
    EXPECT_EQ(core::fingerprint(again), core::fingerprint(read.state));
  }
}

// What this version writes is among what is kept; if it is not, the format has changed.
TEST(Histories, are_written_as_they_are_kept) {
  const char* const folder = std::getenv("PAWL_WRITE_HISTORIES");
  for (const Story& told : stories()) {
    const Json document = to_document(told);
    if (folder != nullptr) {
      const fs::path path = fs::path(folder) / (told.name + ".json");
      ASSERT_FALSE(fs::exists(path)) << path << " is kept as it is";
      std::ofstream(path) << to_pretty_json(document) << '\n';
    }
    const bool known = std::ranges::any_of(kept(), [&](const fs::path& path) { return read(path) == document; });
    EXPECT_TRUE(known) << told.name << " is stored in another way: write those of the new version, see README.md";
  }
}

}  // namespace
}  // namespace pawl
