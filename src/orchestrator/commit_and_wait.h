// A commit whose outcome its thread waits for: of those that are no shard's turn.
#pragma once

#include "orchestrator/ask.h"
#include "persistence/store.h"

namespace pawl {

// Not from a listener of the store. Error: it is not durable.
inline Result<void> commit_and_wait(Store& store, const Commit& commit) {
  struct Listener final : CommitListener {
    Reply<void> reply;
    void committed(std::uint64_t, Result<void> outcome) override { reply.set(std::move(outcome)); }
  };
  Listener listener;
  store.commit(commit, listener);
  store.help();
  return *listener.reply.wait();
}

}  // namespace pawl
