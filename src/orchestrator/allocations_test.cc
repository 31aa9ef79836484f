// Every allocation of the test program is counted. The operators stand in a file of their own, where no caller sees
// what is in them and takes a pair of them for a mismatch.
#include "orchestrator/allocations_test.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {
std::atomic<std::size_t> allocated{0};
std::atomic<std::size_t> in_use{0};

void release(void* memory) {
  in_use.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}
}  // namespace

void* operator new(std::size_t size) {
  allocated.fetch_add(size, std::memory_order_relaxed);
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  in_use.fetch_add(::malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }

namespace pawl {

std::size_t bytes_allocated() { return allocated.load(); }
std::size_t bytes_in_use() { return in_use.load(); }

}  // namespace pawl
