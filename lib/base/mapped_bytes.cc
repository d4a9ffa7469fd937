#include "base/mapped_bytes.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace garner {

namespace {

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// One byte of each page: the kernel reads the page for it.
Result<void> read_pages(std::uint64_t first, std::uint64_t end, int file) {
  for (std::uint64_t at = first; at < end; at += page_bytes()) {
    std::byte byte{};
    ssize_t got = 0;
    do got = ::pread(file, &byte, 1, static_cast<off_t>(at));
    while (got < 0 && errno == EINTR);
    if (got == 1) continue;
    auto failed = got == 0 ? fail(Kind::Corrupt, "ends at its byte {}", at)
                           : fail_errno(errno, fmt::format("reading at its byte {}", at));
    failed.error().kind = Kind::Corrupt;
    return failed;
  }
  return {};
}

}  // namespace

Result<void> check_readable(std::span<const std::byte> part, std::span<const std::byte> mapping, int file) {
  if (part.empty()) return {};
  const auto offset = static_cast<std::uint64_t>(part.data() - mapping.data());
  const std::uint64_t first = offset / page_bytes() * page_bytes(), end = offset + part.size();
#ifdef MADV_POPULATE_READ
  constexpr std::uint64_t kStep = 16u << 20;  // so that no call takes long
  for (std::uint64_t at = first; at < end; at += kStep) {
    auto* const start = const_cast<std::byte*>(mapping.data()) + at;
    int done = 0;
    do done = ::madvise(start, std::min(kStep, end - at), MADV_POPULATE_READ);
    while (done != 0 && (errno == EINTR || errno == EAGAIN));
    if (done == 0) continue;
    // A kernel that does not know it (before 5.14) says EINVAL; what else went wrong is told better by reading.
    return read_pages(at, end, file);
  }
  return {};
#else
  return read_pages(first, end, file);
#endif
}

}  // namespace garner
