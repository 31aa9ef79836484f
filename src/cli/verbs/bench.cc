// pawl bench NAME: how fast this machine is with Pawl, and what it could do at most.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/view/view.h"
#include "load/load.h"

namespace pawl::cli {
namespace {

constexpr std::int64_t kMostInFlight = 1'000'000;
constexpr std::int64_t kMostWorkflows = 10'000'000;
constexpr std::int64_t kMostSeconds = 86'400;

struct BenchArguments {
  std::string name;
  std::string output = "human";
  std::int64_t seconds = 20;
  std::optional<std::string> sync_delay;
  load::LoadOptions load;
};

struct Bench {
  const char* name;
  Result<boost::json::object> (*run)(const load::LoadOptions& options);
};

constexpr Bench kBenches[] = {{"chain3", load::bench_chain3},     {"chain3_policies", load::bench_chain3_policies},
                              {"fan100", load::bench_fan100},     {"latency", load::bench_latency},
                              {"recovery", load::bench_recovery}, {"idle", load::bench_idle}};

// A line for each figure; those of the machine itself are indented.
void print(const boost::json::object& figures, const std::string& indent) {
  for (const auto& [name, value] : figures) {
    const std::string title = indent + std::string(name);
    if (const boost::json::object* const inner = value.if_object()) {
      put(stdout, title + "\n");
      print(*inner, indent + "  ");
    } else {
      put(stdout,
          fmt::format("{:<22} {}\n", title, value.is_string() ? std::string(value.get_string()) : to_json_text(value)));
    }
  }
}

int bench(BenchArguments arguments) {
  arguments.load.duration = std::chrono::seconds(arguments.seconds);
  if (arguments.sync_delay) {
    const Result<Duration> delay = parse_duration(*arguments.sync_delay);
    if (!delay) return report(delay.error(), "--sync-delay");
    arguments.load.sync_delay = *delay;
  }
  for (const Bench& each : kBenches) {
    if (each.name != arguments.name) continue;
    const Result<boost::json::object> figures = each.run(arguments.load);
    if (!figures) return report(figures.error());
    if (arguments.output == "json") {
      put(stdout, to_json_text(Json(*figures)) + "\n");
    } else {
      print(*figures, "");
    }
    return kDone;
  }
  return kBadUsage;  // not reached: the names are checked
}

constexpr const char* kBenchHelp =
    "  chain3    three no-op tasks in a row, --in-flight workflows at a time; chain3_policies: with stored policies\n"
    "  fan100    100 parallel no-op tasks and a join\n"
    "  latency   one chain3 after the other\n"
    "  recovery  opening a data directory with --workflows live ones\n"
    "  idle      memory, processor and disk that --workflows waiting ones cost\n"
    "\n"
    "  pawl bench chain3 --in-flight 1000 --seconds 20 --output json\n"
    "\n"
    "It works in a folder of its own in --folder, and removes it; name one on the disk that you want to know about.\n"
    "\"limits\" is what the disk can do by itself: fdatasync, and synced batches of N rows in RocksDB.";

}  // namespace

void add_bench(Verb& program) {
  Verb verb = program.add_verb("bench", "Measure how fast Pawl is on this machine");
  const auto arguments = std::make_shared<BenchArguments>();
  verb.add("NAME", arguments->name, "What is measured")
      .required()
      .one_of({"chain3", "chain3_policies", "fan100", "latency", "recovery", "idle"});
  verb.add("--store", arguments->load.store, "memory or rocksdb").one_of({"memory", "rocksdb"}).shows_default();
  verb.add("--sync-delay", arguments->sync_delay, "Sync to disk at most this much later (default: immediately)");
  verb.add("--in-flight", arguments->load.in_flight, "Workflows at a time").between(1, kMostInFlight).shows_default();
  verb.add("--workflows", arguments->load.workflows, "Of recovery and idle").between(1, kMostWorkflows).shows_default();
  verb.add("--seconds", arguments->seconds, "How long, after a warm-up").between(1, kMostSeconds).shows_default();
  verb.add("--folder", arguments->load.folder, "Where to write (default: here)").not_empty();
  add_output(verb, arguments->output, "human: lines; json: one document");
  verb.teaches(kBenchHelp);
  verb.on_call([arguments] { return bench(*arguments); });
}

}  // namespace pawl::cli
