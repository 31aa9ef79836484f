#include "orchestrator/shard/store_copy.h"

#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "orchestrator/ask.h"

namespace pawl {
namespace {

// Copied with one commit, at most.
constexpr std::size_t kWorkflowsPerCopy = 1000;
constexpr std::size_t kBytesPerCopy = std::size_t{64} << 20U;

struct CopyListener final : CommitListener {
  Reply<void> reply;
  void committed(std::uint64_t, Result<void> outcome) override { reply.set(std::move(outcome)); }
};

class Copier {
 public:
  Copier(CommitPipeline& commits, Store& next, Epoch epoch) : commits_(commits), next_(next), epoch_(epoch) {}

  Result<void> add(LiveWorkflow& workflow) {
    if (Result<void> kept = workflow.bound->keep_in(next_); !kept) return kept;
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
    CopyListener copied;
    next_.commit({.epoch = epoch_, .sequence = commits_.next_sequence(), .workflows = copies_}, copied);
    next_.help();
    const Result<void> outcome = *copied.reply.wait();
    copies_.clear();
    bytes_ = 0;
    return outcome;
  }

 private:
  CommitPipeline& commits_;
  Store& next_;
  const Epoch epoch_;
  std::vector<WorkflowCommit> copies_;
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
