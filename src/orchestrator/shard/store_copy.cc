#include "orchestrator/shard/store_copy.h"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/commit_and_wait.h"

namespace pawl {
namespace {

// Copied with one commit, at most.
constexpr std::size_t kWorkflowsPerCopy = 1000;
constexpr std::size_t kBytesPerCopy = std::size_t{64} << 20U;

class Copier {
 public:
  Copier(CommitPipeline& commits, Store& next, Epoch epoch) : commits_(commits), next_(next), epoch_(epoch) {}

  Result<void> add(LiveWorkflow& workflow) {
    if (definitions_.insert(workflow.bound->definition.get()).second) records_.push_back(workflow.bound->record());
    copies_.push_back(commits_.commit_of_all(workflow));
    if (copies_.back().checkpoint.empty())
      return fail(ErrorCode::limit_exceeded,
                  fmt::format("workflow {} has results of more than 2 GiB, which no store takes in one piece",
                              in_quotes(workflow.state.id())));
    bytes_ += copies_.back().checkpoint.size();
    return copies_.size() < kWorkflowsPerCopy && bytes_ < kBytesPerCopy ? Result<void>() : flush();
  }

  Result<void> flush() {
    if (copies_.empty()) return {};
    const Result<void> outcome = commit_and_wait(
        next_, {.epoch = epoch_, .sequence = commits_.next_sequence(), .workflows = copies_, .records = records_});
    copies_.clear();
    records_.clear();
    bytes_ = 0;
    return outcome;
  }

 private:
  CommitPipeline& commits_;
  Store& next_;
  const Epoch epoch_;
  std::vector<WorkflowChange> copies_;
  std::vector<RecordChange> records_;        // the definitions of these
  std::set<const Definition*> definitions_;  // of all
  std::size_t bytes_ = 0;
};

}  // namespace

Result<void> copy_all(const WorkflowTable& workflows, CommitPipeline& commits, Store& next, Epoch epoch,
                      const std::function<Result<void>(const core::Workflow&)>& may_go_there) {
  if (!next.is_durable()) return {};
  Copier copier(commits, next, epoch);
  Result<void> copied;
  workflows.for_each_sound([&](LiveWorkflow& workflow) {
    copied = may_go_there(workflow.state);
    if (copied) copied = copier.add(workflow);
    return copied.has_value();
  });
  return copied ? copier.flush() : copied;
}

}  // namespace pawl
