// Where members are inflated to, one after the other: a buffer of the thread for those of usual size, memory within the
// budget for larger ones, a spool file where the budget does not allow it. One thread; what inflate() returns lives
// until its next call or the space's end, and must be used on the thread that called. Errors: Corrupt, as of extract();
// DiskFull or Internal where the spool can't be written.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "http/body.h"
#include "product/zip_reader.h"

namespace garner::product {

class InflateSpace {
 public:
  InflateSpace(std::shared_ptr<http::MemoryBudget> budget, std::string spool_directory)
      : budget_(std::move(budget)), spool_directory_(std::move(spool_directory)) {}
  InflateSpace(const InflateSpace&) = delete;
  InflateSpace& operator=(const InflateSpace&) = delete;
  ~InflateSpace() { release(); }

  Result<std::span<const std::byte>> inflate(const ZipMember& member);

 private:
  void release();
  Result<std::span<const std::byte>> inflate_to_spool(const ZipMember& member);

  std::shared_ptr<http::MemoryBudget> budget_;
  std::string spool_directory_;
  std::uint64_t charged_ = 0;
  std::unique_ptr<std::byte[]> block_;
  http::Body spool_;
};

}  // namespace garner::product
