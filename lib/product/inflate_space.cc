#include "product/inflate_space.h"

#include <algorithm>

namespace garner::product {

namespace {

// Up to here a member goes into the thread's own buffer, which is kept: the workers are few, and products are mostly
// far smaller.
constexpr std::uint64_t kUsualBytes = 1u << 20;

std::span<std::byte> thread_buffer(std::size_t size) {
  thread_local std::unique_ptr<std::byte[]> buffer;
  thread_local std::size_t capacity = 0;
  if (size > capacity || buffer == nullptr) {
    capacity = std::clamp<std::size_t>(size * 2, 64u << 10, kUsualBytes);
    buffer = std::make_unique_for_overwrite<std::byte[]>(capacity);
  }
  return {buffer.get(), size};
}

}  // namespace

void InflateSpace::release() {
  block_.reset();
  if (charged_ != 0) budget_->give_back(std::exchange(charged_, 0));
  spool_ = http::Body();
}

Result<std::span<const std::byte>> InflateSpace::inflate(const ZipMember& member) {
  std::span<std::byte> out;
  if (member.size <= kUsualBytes) {
    out = thread_buffer(member.size);
  } else {
    release();
    if (budget_ != nullptr) {
      if (!budget_->try_take(member.size)) return inflate_to_spool(member);
      charged_ = member.size;
    }
    block_ = std::make_unique_for_overwrite<std::byte[]>(member.size);
    out = {block_.get(), member.size};
  }
  if (auto done = extract(member, out); !done) return std::unexpected(std::move(done.error()));
  return out;
}

Result<std::span<const std::byte>> InflateSpace::inflate_to_spool(const ZipMember& member) {
  spool_ = http::Body(budget_, spool_directory_, member.size);
  auto done = extract_stream(member, [this](std::span<const std::byte> piece) { return spool_.append(piece); });
  if (!done) return std::unexpected(std::move(done.error()));
  if (auto mapped = spool_.finish(); !mapped) return std::unexpected(std::move(mapped.error()));
  return spool_.readable();
}

}  // namespace garner::product
