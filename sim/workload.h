// A workload is one feature: what clients ask for of it, at any moment and out of order, and what must then hold beside
// all that the checker knows of every workflow. Which of them a life has is drawn from its seed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/clients.h"

namespace pawl::sim {

class Workload {
 public:
  explicit Workload(Clients& clients) : clients_(clients) {}
  virtual ~Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  // A process has begun.
  virtual void boot() {}
  // Asks for something.
  virtual void act() = 0;
  // Nothing is in flight. What does not hold; empty: everything does.
  [[nodiscard]] virtual std::string check_quiet() { return {}; }
  // The clients have left. Takes back what keeps workflows from their ends; called until there is nothing of that.
  // Whether something was asked for.
  virtual bool leave() { return false; }
  // All workflows have ended, and all that was asked for is answered.
  [[nodiscard]] virtual std::string check_end() { return {}; }

 protected:
  Clients& clients_;
};

// In the order in which they are drawn.
using Workloads = std::vector<std::unique_ptr<Workload>>;
[[nodiscard]] Workloads draw_workloads(Clients& clients);

}  // namespace pawl::sim
