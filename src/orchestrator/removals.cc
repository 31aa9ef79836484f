#include "orchestrator/removals.h"

#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <thread>

#include "orchestrator/ask.h"
#include "orchestrator/commit_and_wait.h"

namespace pawl {
namespace {

// A removal is tried so often if the fall of its shard, or its return, has come between.
constexpr int kMostTries = 3;

}  // namespace

// A workflow that is to go. A shard writes to it only until it has replied.
struct Removals::Job {
  // What the shard says of it first.
  enum class Given : std::uint8_t { up, was_all, shard_is_down };

  Job(const std::string& workflow, Shard& of_it) : id(workflow), shard(of_it) {}

  const std::string& id;
  Shard& shard;
  std::optional<Reply<Given>> begun;
  Given given = Given::up;
  std::uint64_t number = 0;  // of the removal, on the shard
  std::unique_ptr<Removal> removal;
  std::optional<Reply<void>> committed;
  bool may_be_gone = false;  // it was committed, and nobody knows what came of that
  std::optional<Result<void>> outcome;
};

std::vector<Result<void>> Removals::remove(std::span<const std::string> ids) {
  std::deque<Job> jobs;
  for (const std::string& id : ids) jobs.emplace_back(id, *shards_[shard_index_of(id, shards_.size())]);
  std::vector<Job*> left;
  for (Job& job : jobs) left.push_back(&job);
  for (int tries = 0; tries < kMostTries && !left.empty() && (tries == 0 || running_); ++tries) {
    try_all(left);
    std::erase_if(left, [](const Job* job) {
      return job->outcome->has_value() || job->outcome->error().code != ErrorCode::unavailable;
    });
  }
  std::vector<Result<void>> outcomes;
  for (Job& job : jobs) outcomes.push_back(*std::move(job.outcome));
  return outcomes;
}

void Removals::try_all(const std::vector<Job*>& jobs) {
  const std::shared_ptr<Store> store = present_().first;
  for (Job* const job : jobs) begin(*job);
  for (Job* const job : jobs) plan(*job, *store);
  for (Job* const job : jobs)
    if (!job->outcome) commit(*job, store);
  for (Job* const job : jobs) {
    if (!job->committed) continue;
    job->outcome = *job->committed->wait();
    job->may_be_gone = !*job->outcome;
  }
}

bool Removals::post(Shard& shard, ShardCall call) {
  while (!shard.mailbox().post(std::move(call))) {  // NOLINT(bugprone-use-after-move): it is left as it was
    if (!running_) return false;
    std::this_thread::yield();
  }
  return true;
}

void Removals::begin(Job& job) {
  job.outcome.reset();
  job.removal.reset();
  job.committed.reset();
  (void)post(job.shard,
             [&job, completion = Completion<Job::Given>(job.begun.emplace(), running_)](Shard& there) mutable {
               if (there.down()) return completion.answer(Job::Given::shard_is_down);
               try {
                 const Result<std::optional<std::uint64_t>> begun = there.lifecycle().begin_removal(job.id);
                 if (!begun) return completion.answer(std::unexpected(begun.error()));
                 job.number = begun->value_or(0);
                 completion.answer(*begun ? Job::Given::up : Job::Given::was_all);
               } catch (const std::exception& broken) {
                 completion.answer(fail(ErrorCode::internal, broken.what()));
                 throw;  // to the supervisor
               }
             });
}

void Removals::plan(Job& job, Store& store) {
  const Result<Job::Given> given = *job.begun->wait();
  if (!given) {
    job.outcome = std::unexpected(given.error());
    return;
  }
  job.given = *given;
  if (job.given == Job::Given::was_all) {
    job.outcome = Result<void>();
    return;
  }
  Result<std::unique_ptr<Removal>> planned = store.plan_removal(job.id);
  if (planned) {
    job.removal = *std::move(planned);
    return;
  }
  // What was committed before, with an outcome that nobody knows, and is gone now, was removed.
  const bool is_gone = job.may_be_gone && planned.error().code == ErrorCode::not_found;
  if (job.given == Job::Given::up)
    (void)post(job.shard, [id = job.id, number = job.number, is_gone](Shard& there) {
      there.lifecycle().end_removal(number, id, is_gone);
    });
  job.outcome = is_gone ? Result<void>() : std::unexpected(std::move(planned.error()));
}

void Removals::commit(Job& job, const std::shared_ptr<Store>& store) {
  (void)post(job.shard, [this, &job, store,
                         completion = Completion<void>(job.committed.emplace(), running_)](Shard& there) mutable {
    if (there.down()) return completion.answer(commit_alone(std::move(job.removal), store));
    if (job.given == Job::Given::shard_is_down || &there.commits().store() != store.get())
      return completion.answer(fail(ErrorCode::unavailable, "the shard of the workflow came up meanwhile; try again"));
    try {
      if (Result<void> added = there.lifecycle().commit_removal(job.number, std::move(job.removal)); !added)
        return completion.answer(std::move(added));
    } catch (const std::exception& broken) {
      completion.answer(fail(ErrorCode::internal, broken.what()));
      throw;  // to the supervisor
    }
    there.commits().reply_when_durable(
        [&there, id = job.id, number = job.number, completion = std::move(completion)](const Error* failure) mutable {
          there.lifecycle().end_removal(number, id, failure == nullptr);
          completion.answer(failure == nullptr ? Result<void>() : std::unexpected(*failure));
        });
  });
}

Result<void> Removals::commit_alone(std::unique_ptr<Removal> removal, const std::shared_ptr<Store>& planned_in) {
  const auto [store, epoch] = present_();
  if (store != planned_in) return fail(ErrorCode::unavailable, "the store was exchanged meanwhile; try again");
  WorkflowChange change;
  change.removal = std::move(removal);
  return commit_and_wait(
      *store, {.epoch = epoch, .sequence = 1, .workflows = std::span(&change, 1), .records = {}, .makes_room = true});
}

}  // namespace pawl
