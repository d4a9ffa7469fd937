// A source whose first bytes were looked at already and are given again: formats and compressions are recognised that
// way. One thread at a time; owns the source beneath.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "table/byte_source.h"

namespace garner::table {

class PeekedSource final : public ByteSource {
 public:
  // Reads up to `count` bytes ahead, fewer only at the end.
  static Result<std::unique_ptr<PeekedSource>> peek(std::unique_ptr<ByteSource> source, std::size_t count) {
    std::vector<std::byte> head(count);
    std::size_t have = 0;
    while (have < count) {
      auto got = source->read(std::span(head).subspan(have));
      if (!got) return std::unexpected(std::move(got.error()));
      if (*got == 0) break;
      have += *got;
    }
    head.resize(have);
    return std::unique_ptr<PeekedSource>(new PeekedSource(std::move(source), std::move(head)));
  }

  std::span<const std::byte> head() const { return head_; }

  Result<std::size_t> read(std::span<std::byte> out) override {
    if (given_ == head_.size()) return source_->read(out);
    const std::size_t count = std::min(out.size(), head_.size() - given_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(given_), count, out.begin());
    given_ += count;
    return count;
  }

 private:
  PeekedSource(std::unique_ptr<ByteSource> source, std::vector<std::byte> head)
      : source_(std::move(source)), head_(std::move(head)) {}

  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> head_;
  std::size_t given_ = 0;
};

}  // namespace garner::table
