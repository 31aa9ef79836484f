// Who waits for the end of a workflow is told of one that is durable, or stops waiting. And tasks that wait for a time
// wait as long as they say.
#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

constexpr std::uint64_t kMostSleep = 200;  // in milliseconds

class Waits final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    switch (clients_.random().next() % 4) {
      case 0:
        return sleep();
      case 1:
        if (!stops_.empty()) stops_[clients_.random().next() % stops_.size()].request_stop();
        return;
      default:
        if (const std::string id = clients_.pick(); !id.empty()) wait_for(id);
        return;
    }
  }

  std::string check_end() override {
    for (const auto& [id, time] : sleeping_) {
      if (clients_.checker().is_loose(id) || clients_.checker().is_removed(id)) continue;
      if (std::string wrong = check_sleep(id, time); !wrong.empty()) return wrong;
    }
    return {};
  }

 private:
  void sleep() {
    const std::string id = clients_.new_id();
    if (id.empty()) return;
    const Duration time(static_cast<std::int64_t>(clients_.random().next() % kMostSleep));
    WorkflowSpec spec{.name = "sleep"};
    spec.tasks.push_back({.id = "t0", .module = "timer", .function = "sleep"});
    spec.tasks.back().args = boost::json::array{fmt::format("{}ms", time.count())};
    CreateOptions options{.id = id};
    clients_.create(id, request::StartWorkflow{.definition = spec, .options = std::move(options)},
                    [this, id, time] { sleeping_.emplace(id, time); });
  }

  void wait_for(const std::string& id) {
    constexpr std::size_t kMostStops = 8;
    if (stops_.size() == kMostStops) stops_.erase(stops_.begin());
    const std::stop_source& stop = stops_.emplace_back();
    clients_.ask(request::WaitWorkflow{.id = id, .stop = stop.get_token()},
                 [this, id](const Result<WorkflowReport>& end) {
                   if (!end || clients_.checker().is_loose(id) || clients_.checker().is_removed(id)) return;
                   const std::vector<Event> events = clients_.checker().events_of(id);
                   if (std::ranges::none_of(events, [](const Event& event) {
                         return std::holds_alternative<event::WorkflowCompleted>(event) ||
                                std::holds_alternative<event::WorkflowFailed>(event) ||
                                std::holds_alternative<event::WorkflowCancelled>(event);
                       }))
                     clients_.checker().violate(id + ": its end was told, and is not durable");
                 });
  }

  // Of the first attempt; a later one may only wait for what is left.
  std::string check_sleep(const std::string& id, Duration time) {
    std::optional<Timestamp> started;
    for (const Event& event : clients_.checker().events_of(id)) {
      if (const auto* const start = std::get_if<event::TaskStarted>(&event);
          start != nullptr && !start->action.undo && start->action.task == 0 && start->attempt == 1)
        started = start->at;
      const auto* const completed = std::get_if<event::TaskCompleted>(&event);
      if (completed == nullptr || completed->action.undo || completed->action.task != 0 || completed->attempt != 1)
        continue;
      if (started && completed->at - *started < time)
        return fmt::format("{}: it slept for less than {} ms", id, time.count());
    }
    return {};
  }

  std::vector<std::stop_source> stops_;
  std::map<std::string, Duration> sleeping_;
};

}  // namespace

std::unique_ptr<Workload> waits(Clients& clients) { return std::make_unique<Waits>(clients); }

}  // namespace pawl::sim::workloads
