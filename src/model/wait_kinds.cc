// The table of the kinds of wait that tasks may ask for.
#include <array>
#include <utility>

#include "base/assert.h"
#include "model/time_waits.h"
#include "model/wait.h"

namespace pawl {
namespace {

constexpr std::array kWaitKinds = {&kSleepWait, &kUntilWait};

bool is_asked_for_by(const WaitKind& kind, std::string_view module, std::string_view function) {
  return kind.module == module && kind.function == function;
}

}  // namespace

const WaitKind* find_wait_kind(std::string_view module, std::string_view function) {
  for (const WaitKind* const kind : kWaitKinds)
    if (is_asked_for_by(*kind, module, function)) return kind;
  for (const AddedWaitKind* added = AddedWaitKind::latest_; added != nullptr; added = added->before_)
    if (is_asked_for_by(added->kind_, module, function)) return &added->kind_;
  return nullptr;
}

std::vector<const WaitKind*> wait_kinds() {
  std::vector<const WaitKind*> kinds(kWaitKinds.begin(), kWaitKinds.end());
  for (const AddedWaitKind* added = AddedWaitKind::latest_; added != nullptr; added = added->before_)
    kinds.push_back(&added->kind_);
  return kinds;
}

AddedWaitKind::AddedWaitKind(const WaitKind& kind) : kind_(kind), before_(latest_) {
  PAWL_ASSERT(!kind.module.empty() && kind.terms != nullptr && kind.explain != nullptr,
              "the kind of wait {} lacks its handler, its terms or its explanation", kind.name);
  PAWL_ASSERT(find_wait_kind(kind.module, kind.function) == nullptr, "{}:{} has a kind of wait already", kind.module,
              kind.function);
  latest_ = this;
}

}  // namespace pawl
