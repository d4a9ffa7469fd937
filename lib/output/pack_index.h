// The index at the end of a tar.zst pack, version 1: which product lies in which frame, so that one comes out by
// inflating one frame. It lies in a skippable frame (RFC 8878 §3.1.2), which every zstd tool passes over.
// docs/layouts.md has the byte table. Reading is bounded and trusts nothing: sizes must add up to the file's. Errors:
// Corrupt, Internal; never a crash.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"

namespace garner::output {

struct PackFrame {
  std::uint64_t offset = 0;   // in the file; not stored, it follows from the frames before
  std::uint64_t stored = 0;   // bytes in the file
  std::uint64_t content = 0;  // bytes inflated
};

struct PackedProduct {
  std::optional<SourceId> id;
  std::string name;
  std::uint32_t frame = 0;   // its place in frames
  std::uint64_t offset = 0;  // of the product's first byte in the frame's content
  std::uint64_t size = 0;
};

struct PackIndex {
  std::vector<PackFrame> frames;
  std::vector<PackedProduct> products;
};

// The whole skippable frame.
Result<std::string> encode_index(const PackIndex& index);
// From an open pack.
Result<PackIndex> read_index(int file, const std::string& name_for_errors);

}  // namespace garner::output
