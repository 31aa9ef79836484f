// Whether this thread is one that an engine's other work waits for: a shard's, or the one for the steps of operations.
// Who waits there for an answer of that engine may wait for ever.
#pragma once

namespace pawl {

class EngineThread {
 public:
  EngineThread() : before_(serves_) { serves_ = true; }
  ~EngineThread() { serves_ = before_; }
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  [[nodiscard]] static bool is_this() { return serves_; }

 private:
  static inline thread_local bool serves_ = false;

  const bool before_;
};

}  // namespace pawl
