#include "operations/policy/operations.h"
#include "orchestrator/shard_ask.h"

namespace pawl::operations {

Steps<std::size_t> redrive_dead_letters(Call call, request::RedriveDeadLetters request) {
  request::ListDeadLetters list{.filter = std::move(request.filter)};
  const Result<std::vector<DeadLetter>> letters = co_await list_dead_letters(call, std::move(list));
  if (!letters) co_return std::unexpected(letters.error());
  std::size_t redriven = 0;
  for (const DeadLetter& letter : *letters) {
    request::RedriveDeadLetter redrive{.id = letter.id};
    const Result<void> done = co_await redrive_dead_letter(call, std::move(redrive));
    if (done) ++redriven;
    if (!done && !concerns_it_alone(done.error())) co_return std::unexpected(done.error());
  }
  co_return redriven;
}

}  // namespace pawl::operations
