#include "orchestrator/record_ask.h"

namespace pawl {
namespace {

Steps<void> ask_for_records(const Call& call, RecordWait::Ask ask, std::vector<RecordChange> changes) {
  Result<void> may_ask = call.node.check_open();
  if (may_ask) may_ask = check_caller(call);
  if (!may_ask) co_return may_ask;
  Result<void> outcome = co_await RecordWait(call.node.records(), ask, std::move(changes));
  co_await InSteps(call);
  co_return outcome;
}

}  // namespace

Steps<void> write_records(const Call& call, std::vector<RecordChange> changes) {
  return ask_for_records(call, &RecordStream::write, std::move(changes));
}

Steps<void> remove_records(const Call& call, std::vector<RecordChange> removals) {
  return ask_for_records(call, &RecordStream::remove, std::move(removals));
}

}  // namespace pawl
