// Dead letters that are redriven and discarded. In the end the store lists those that the histories tell of, and no
// others.
#include <set>

#include <fmt/format.h>

#include "orchestrator/report.h"
#include "sim/workloads/workloads.h"

namespace pawl::sim::workloads {
namespace {

class DeadLetters final : public Workload {
 public:
  using Workload::Workload;

  void act() override {
    constexpr std::size_t kPage = 3;
    if (clients_.one_in(4)) return redrive_all();
    DeadLetterFilter filter{.limit = kPage};
    if (clients_.one_in(2)) filter.workflow = clients_.pick();
    clients_.ask(request::ListDeadLetters{.filter = filter}, [this](const Result<std::vector<DeadLetter>>& letters) {
      if (letters && !letters->empty()) act_on((*letters)[clients_.random().next() % letters->size()].id);
    });
  }

  std::string check_end() override {
    if (!clients_.is_stored()) return {};
    const auto is_judged = [this](const std::string& id) {
      return clients_.created().contains(id) && !clients_.checker().is_loose(id) && !clients_.checker().is_removed(id);
    };
    std::set<DeadLetterId> listed;
    const Result<void> scanned = clients_.node().store().scan_dead_letters(nullptr, "", [&](const DeadLetter& letter) {
      if (is_judged(letter.id.workflow)) listed.insert(letter.id);
      return true;
    });
    if (!scanned) return scanned.error().message;
    std::set<DeadLetterId> told;
    for (const std::string& id : clients_.created()) {
      if (!is_judged(id)) continue;
      const core::Workflow state = clients_.checker().state_of(id);
      core::for_each_action(state, [&](ActionId action, const core::TaskRecord&) {
        if (letter_of(state, action)) told.insert(letter_id(state, action));
      });
    }
    for (const DeadLetterId& id : told)
      if (!listed.contains(id))
        return fmt::format("{}: {} is a dead letter, and not in the list", id.workflow, id.task);
    for (const DeadLetterId& id : listed)
      if (!told.contains(id)) return fmt::format("{}: {} is in the list, and no dead letter", id.workflow, id.task);
    return {};
  }

 private:
  void redrive_all() {
    const std::string id = clients_.pick();
    if (!id.empty()) clients_.ask(request::RedriveDeadLetters{.filter = {.workflow = id}});
  }

  // It may have been redriven meanwhile.
  void act_on(const DeadLetterId& id) {
    switch (clients_.random().next() % 3) {
      case 0:
        return clients_.change(id.workflow, request::RedriveDeadLetter{.id = id}, Leaves::maybe_none);
      case 1:
        return clients_.change(id.workflow, request::DiscardDeadLetter{.id = id, .reason = "enough"});
      default:
        return clients_.ask(request::GetDeadLetter{.id = id}, [this, id](const Result<DeadLetter>& letter) {
          if (letter && letter->id != id) clients_.checker().violate(id.workflow + ": another letter is told of");
        });
    }
  }
};

}  // namespace

std::unique_ptr<Workload> dead_letters(Clients& clients) { return std::make_unique<DeadLetters>(clients); }

}  // namespace pawl::sim::workloads
