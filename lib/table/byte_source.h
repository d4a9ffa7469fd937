// Where table readers take their bytes from: a pull interface, so that a reader works in bounded memory whatever lies
// behind it (a span in memory, a file, a pipe, a decompressor on top of another source). One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"

namespace garner::table {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills up to out.size() bytes; 0 is the end. Malformed or Corrupt where a compressed stream is damaged or cut.
  virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
};

// The bytes must outlive the source.
std::unique_ptr<ByteSource> from_memory(std::span<const std::byte> bytes);
// A file or "-" for standard input. Errors name the path.
Result<std::unique_ptr<ByteSource>> from_file(const std::string& path);
// By the first bytes, of which four are enough.
bool is_compressed(std::span<const std::byte> head);
// Looks at the first bytes (RFC 1952 §2.3.1 gzip, RFC 8878 §3.1.1 zstd) and puts the decompressor on top, concatenated
// members and frames included; other bytes pass through. A stream that ends inside a member is Corrupt; one of zstd
// that asks for a larger window than this, which is memory, is TooLarge. 8 MiB is what RFC 8878 §3.1.1.1.2 asks of
// everybody, and more than `zstd -19` needs; a user's own files may be of `zstd --ultra -22` or --long.
enum class ZstdWindow : int { Usual = 23, Large = 27 };  // its logarithm
Result<std::unique_ptr<ByteSource>> decompressed(std::unique_ptr<ByteSource> source,
                                                 ZstdWindow most = ZstdWindow::Usual);

}  // namespace garner::table
