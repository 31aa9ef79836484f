// Every allocation of the test program is counted. The operators stand in a file of their own, where no caller sees
// what is in them and takes a pair of them for a mismatch.
#include "orchestrator/allocations_test.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocated{0};
}  // namespace

void* operator new(std::size_t size) {
  allocated.fetch_add(size, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace pawl {

std::size_t bytes_allocated() { return allocated.load(); }

}  // namespace pawl
