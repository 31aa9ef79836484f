// More workflows at the same moment than there are places and task slots. Whoever waits for a place waits behind those
// of a higher priority.
#include <map>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

constexpr std::uint64_t kMostTogether = 4;

class Priorities final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    const std::uint64_t count = 1 + clients_.random().next() % kMostTogether;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string id = clients_.new_id();
      if (id.empty()) return;
      WorkflowSpec spec{.name = "burst"};
      spec.tasks.push_back({.id = "t0", .module = "sim", .function = "work"});
      CreateOptions options{.id = id};
      options.priority = static_cast<Priority>(clients_.random().next() % 4);
      clients_.create(id, request::StartWorkflow{.definition = spec, .options = std::move(options)});
    }
  }

  // As the shards know them.
  std::string check_quiet() override {
    SimNode& node = clients_.node();
    const bool has_slot = node.slots().in_use() < node.slots().capacity();
    for (std::uint32_t i = 0; i < node.shard_count(); ++i)
      if (has_slot && node.shard(i).ready().has_ready())
        return fmt::format("a task of shard {} is ready, and there is a slot", i);
    return {};
  }
};

}  // namespace

std::unique_ptr<Workload> priorities(Clients& clients) { return std::make_unique<Priorities>(clients); }

}  // namespace pawl::sim::workloads
