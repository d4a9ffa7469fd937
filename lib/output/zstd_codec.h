// zstd frames (RFC 8878), level 3, with content size and checksum, from a context that each thread keeps and reuses;
// and back. Internal to this room. Errors: Corrupt for bytes that are no whole good frame; whatever a sink returns.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::output {

using ByteSink = std::function<Result<void>(std::span<const std::byte>)>;

// One frame over the parts, one after the other. Memory does not grow with them.
Result<void> compress_frame(std::span<const std::span<const std::byte>> parts, const ByteSink& sink);
Result<void> compress_frame(std::span<const std::byte> bytes, const ByteSink& sink);

// The one whole frame that `stored` is. Beyond max_content: Corrupt.
Result<std::string> decompress_frame(std::span<const std::byte> stored, std::uint64_t max_content);

// The content size that a frame of ours names in its first bytes (kFrameHeaderBytes are enough).
inline constexpr std::size_t kFrameHeaderBytes = 18;
Result<std::uint64_t> frame_content_size(std::span<const std::byte> start);

// A frame of unknown length, written piece by piece; for the catalogue.
class ZstdStream {
 public:
  explicit ZstdStream(ByteSink sink);
  Result<void> add(std::string_view text);
  Result<void> finish();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  Result<void> run(std::string_view text, bool end);

  ByteSink sink_;
  std::unique_ptr<void, Free> context_;
  std::string out_;
};

}  // namespace garner::output
