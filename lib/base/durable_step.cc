#include "base/durable_step.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace garner {

namespace {

constexpr std::size_t kSlots = 6;
std::atomic<std::atomic<std::uint64_t>*> trace{nullptr};

}  // namespace

void trace_durable_steps_from_environment() {
  const char* path = std::getenv("GARNER_STEP_TRACE");
  if (path == nullptr) return;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  constexpr std::size_t bytes = kSlots * sizeof(std::atomic<std::uint64_t>);
  if (ftruncate(file, bytes) == 0) {
    void* page = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) trace = static_cast<std::atomic<std::uint64_t>*>(page);
  }
  close(file);
}

DurableStepMark::DurableStepMark(DurableStep step) {
  auto* slots = trace.load(std::memory_order_relaxed);
  if (slots == nullptr) return;
  slots[static_cast<std::size_t>(step)].fetch_add(1);
  slots[0].store(static_cast<std::uint64_t>(step));
}

DurableStepMark::~DurableStepMark() {
  if (auto* slots = trace.load(std::memory_order_relaxed)) slots[0].store(0);
}

}  // namespace garner
