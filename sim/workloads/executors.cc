// Executors that come and go. None is ever asked to take more workflows than it has places for, and who waits for a
// place gets one as soon as there is any (conservation.cc).
#include <set>

#include <fmt/format.h>

#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

constexpr std::size_t kMostPlaces = 3;

class ExecutorChanges final : public Workload {
 public:
  using Workload::Workload;

  // A process knows of its own executors alone.
  void boot() override {
    names_ = {"local"};
    changing_ = 0;
    is_leaving_ = false;
  }

  void act() override {
    if (clients_.one_in(2)) return add(fmt::format("e{}", added_++));
    if (!names_.empty() && clients_.one_in(2)) return remove();
    clients_.ask(request::ListExecutors{}, [this](const Result<std::vector<ExecutorReport>>& executors) {
      if (!executors || changing_ > 0) return;
      std::set<std::string> listed;
      for (const ExecutorReport& executor : *executors) listed.insert(executor.name);
      if (listed != names_) clients_.checker().violate("the executors in the list are not those that were registered");
    });
  }

  bool leave() override {
    if (!names_.empty() || is_leaving_) return false;
    is_leaving_ = true;
    add("last");
    return true;
  }

 private:
  void add(const std::string& name) {
    ++changing_;
    const std::size_t places = 1 + clients_.random().next() % kMostPlaces;
    clients_.ask(request::RegisterExecutor{.name = name, .max_workflows = places},
                 [this, name](const Result<void>& added) {
                   --changing_;
                   if (added) names_.insert(name);
                 });
  }

  void remove() {
    const auto place = static_cast<std::ptrdiff_t>(clients_.random().next() % names_.size());
    const std::string name = *std::next(names_.begin(), place);
    ++changing_;
    clients_.ask(request::UnregisterExecutor{.name = name}, [this, name](const Result<void>& removed) {
      --changing_;
      if (removed) names_.erase(name);
    });
  }

  std::size_t added_ = 0;
  int changing_ = 0;  // changes that are not answered
  std::set<std::string> names_;
  bool is_leaving_ = false;
};

}  // namespace

std::unique_ptr<Workload> executors(Clients& clients) { return std::make_unique<ExecutorChanges>(clients); }

}  // namespace pawl::sim::workloads
