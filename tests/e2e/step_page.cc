#include "step_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace garner::e2e {

namespace {

constexpr std::size_t kBytes = 6 * sizeof(std::uint64_t);

}  // namespace

std::string_view step_name(Step step) {
  switch (step) {
    case Step::None:
      return "between steps";
    case Step::Write:
      return "write";
    case Step::Fsync:
      return "fsync";
    case Step::Rename:
      return "rename";
    case Step::DirectoryFsync:
      return "directory fsync";
    case Step::Ledger:
      return "ledger";
  }
  return "?";
}

StepPage::StepPage(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, kBytes) != 0) std::abort();
  void* page = mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (page == MAP_FAILED) std::abort();
  slots_ = static_cast<const volatile std::uint64_t*>(page);
}

StepPage::~StepPage() {
  munmap(const_cast<std::uint64_t*>(slots_), kBytes);
}

Step StepPage::under_way() const {
  return static_cast<Step>(slots_[0]);
}

std::uint64_t StepPage::begun(Step step) const {
  return slots_[static_cast<std::size_t>(step)];
}

}  // namespace garner::e2e
