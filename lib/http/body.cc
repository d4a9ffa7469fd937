#include "http/body.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/mapped_bytes.h"
#include "base/trusted_path.h"

namespace garner::http {

bool MemoryBudget::try_take(std::uint64_t bytes) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  while (true) {
    if (bytes > limit_ || used > limit_ - bytes) return false;
    if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
  }
}

void MemoryBudget::give_back(std::uint64_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

namespace {

constexpr std::uint64_t kFirstBlock = 16u << 10;
constexpr std::uint64_t kLargestStep = 4u << 20;
constexpr std::uint64_t kPagesFrom = 1u << 20;  // smaller blocks are malloc's

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
}

std::unexpected<Error> spool_error(int error_number, const std::string& directory, std::string_view what) {
  auto failed = fail_errno(error_number, fmt::format("spool file in {}: {}", directory, what));
  // Here a missing directory is a fault of the machine, not something that was asked for.
  if (failed.error().kind == Kind::NotFound) failed.error().kind = Kind::Internal;
  return failed;
}

// Where the file system has no O_TMPFILE (open(2)).
int open_named_and_unlink(int folder) {
  static std::atomic<std::uint64_t> counter{0};
  for (int tries = 0; tries < 100; ++tries) {
    const std::string name = fmt::format(".garner-spool-{}-{}", ::getpid(), counter.fetch_add(1));
    const int named = ::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (named < 0 && errno == EEXIST) continue;  // of an earlier process with our number
    if (named >= 0) ::unlinkat(folder, name.c_str(), 0);
    return named;
  }
  return -1;
}

// An unnamed file.
Result<int> open_spool(const std::string& directory) {
  auto folder = open_trusted_folder(directory);
  if (!folder && folder.error().kind == Kind::NotFound) folder.error().kind = Kind::Internal;
  if (!folder) return with_context(std::move(folder.error()), "spool file");
  int spool = ::openat(*folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (spool < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) spool = open_named_and_unlink(*folder);
  const int error = errno;
  ::close(*folder);
  if (spool < 0) return spool_error(error, directory, "open");
  return spool;
}

}  // namespace

struct Body::Impl {
  std::shared_ptr<MemoryBudget> budget;
  std::string spool_directory;
  std::uint64_t max_bytes = 0;
  std::uint64_t size = 0;

  // In memory: a block of malloc(3), or whole pages where it is large, which grow without being copied. The budget is
  // charged for its capacity.
  std::byte* block = nullptr;
  bool paged = false;
  std::uint64_t capacity = 0;
  // Spilled.
  int spool = -1;
  std::byte* mapped = nullptr;
  bool spilled = false;

  ~Impl() {
    drop_block();
    if (mapped != nullptr) ::munmap(mapped, size);
    if (spool >= 0) ::close(spool);
  }

  void drop_block() {
    if (paged)
      ::munmap(block, capacity);
    else
      std::free(block);
    block = nullptr;
    paged = false;
    resize_charge(0);
  }

  // False where the budget does not allow it.
  bool resize_charge(std::uint64_t wanted) {
    if (budget && wanted > capacity && !budget->try_take(wanted - capacity)) return false;
    if (budget && wanted < capacity) budget->give_back(capacity - wanted);
    capacity = wanted;
    return true;
  }

  bool resize_to(std::uint64_t wanted) {
    const bool to_pages = paged || wanted >= kPagesFrom;
    if (to_pages) wanted = whole_pages(wanted);
    const std::uint64_t before = capacity;
    if (!resize_charge(wanted)) return false;
    auto* const resized =
        to_pages ? resize_pages(before, wanted) : static_cast<std::byte*>(std::realloc(block, wanted));
    if (resized == nullptr) {
      resize_charge(before);
      return false;
    }
    block = resized;
    paged = to_pages;
    return true;
  }

  // Takes malloc's block over where there are no pages yet. Null where there is no memory.
  std::byte* resize_pages(std::uint64_t before, std::uint64_t wanted) const {
    void* const at = paged ? ::mremap(block, before, wanted, MREMAP_MAYMOVE)
                           : ::mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return nullptr;
    auto* const pages = static_cast<std::byte*>(at);
    const std::uint64_t present = paged ? before : 0;
    // All at once is cheaper than a fault a page. A kernel that does not know how (before 5.14) lets the faults come.
    if (wanted > present) (void)::madvise(pages + present, wanted - present, MADV_POPULATE_WRITE);
    if (paged) return pages;
    if (size != 0) std::memcpy(pages, block, size);
    std::free(block);
    return pages;
  }

  bool make_room(std::uint64_t needed) {
    if (needed <= capacity) return true;
    const std::uint64_t step = std::clamp(capacity, kFirstBlock, kLargestStep);
    const std::uint64_t comfortable = std::min(std::max(needed, capacity + step), std::max(max_bytes, needed));
    return resize_to(comfortable) || resize_to(needed);
  }

  Result<void> write_out(std::span<const std::byte> more) {
    while (!more.empty()) {
      const ssize_t written = ::write(spool, more.data(), more.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return spool_error(errno, spool_directory, "write");
      more = more.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> spill() {
    if (spool_directory.empty()) {
      return fail(Kind::TooLarge,
                  "the reply does not fit the memory budget ({} of {} bytes in use) and may not spill to disk",
                  budget ? budget->used() : 0, budget ? budget->limit() : 0);
    }
    auto opened = open_spool(spool_directory);
    if (!opened) return std::unexpected(std::move(opened.error()));
    spool = *opened;
    spilled = true;
    auto written = write_out({block, size});
    drop_block();
    return written;
  }

  Result<void> append(std::span<const std::byte> more) {
    if (more.size() > max_bytes - size)
      return fail(Kind::TooLarge, "the reply is longer than the {} bytes allowed", max_bytes);
    if (more.empty()) return {};
    if (!spilled && !make_room(size + more.size())) {
      if (auto done = spill(); !done) return done;
    }
    if (spilled) {
      if (auto done = write_out(more); !done) return done;
    } else {
      std::memcpy(block + size, more.data(), more.size());
    }
    size += more.size();
    return {};
  }

  Result<void> finish() {
    if (!spilled) {
      if (size == 0)
        drop_block();
      else if (size < capacity)
        resize_to(size);
      return {};
    }
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, spool, 0);
    if (address == MAP_FAILED) return spool_error(errno, spool_directory, "mmap");
    mapped = static_cast<std::byte*>(address);
    return {};
  }
};

Body::Body() : impl_(std::make_unique<Impl>()) {}
Body::Body(Body&&) noexcept = default;
Body& Body::operator=(Body&&) noexcept = default;
Body::~Body() = default;

Body::Body(std::shared_ptr<MemoryBudget> budget, std::string spool_directory, std::uint64_t max_bytes) : Body() {
  impl_->budget = std::move(budget);
  impl_->spool_directory = std::move(spool_directory);
  impl_->max_bytes = max_bytes;
}

Result<void> Body::append(std::span<const std::byte> more) {
  return impl_->append(more);
}
Result<void> Body::finish() {
  return impl_->finish();
}

std::span<const std::byte> Body::bytes() const {
  if (!impl_ || (impl_->spilled && impl_->mapped == nullptr)) return {};
  return {impl_->spilled ? impl_->mapped : impl_->block, impl_->size};
}

Result<std::span<const std::byte>> Body::readable() const {
  const auto all = bytes();
  if (!spilled()) return all;
  if (auto good = check_readable(all, all, impl_->spool); !good)
    return fail(Kind::Internal, "spool file in {}: {}", impl_->spool_directory, good.error().detail);
  return all;
}

std::string_view Body::text() const {
  const auto all = bytes();
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

std::uint64_t Body::size() const {
  return impl_ ? impl_->size : 0;
}
bool Body::spilled() const {
  return impl_ && impl_->spilled;
}

}  // namespace garner::http
