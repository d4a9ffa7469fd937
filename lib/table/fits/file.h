// The first binary table of a FITS file on disk, at random: raw rows and raw bytes of its heap. Header and structure
// are checked at open, the file's length against them. What goes through a table in order reads it with table_reader.h.
// One thread at a time. Errors: Malformed, Corrupt (cut), TooLarge, and those of `read`.
#pragma once

#include <functional>
#include <span>

#include "table/fits/layout.h"

namespace garner::table {

// Fills `out` from that offset of the file, or fails.
using ReadAt = std::move_only_function<Result<void>(std::uint64_t offset, std::span<std::byte> out) const>;

class FitsFile {
 public:
  static Result<FitsFile> open(ReadAt read, std::uint64_t file_bytes, const Limits& limits);

  const FitsHeader& header() const { return header_; }
  const FitsTable& table() const { return table_; }

  // Whole rows from `first` on, and bytes of the heap; both must be there.
  Result<void> rows(std::uint64_t first, std::span<std::byte> out) const;
  Result<void> heap(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  FitsFile(ReadAt read, FitsHeader header, FitsTable table, std::uint64_t data_start)
      : read_(std::move(read)), header_(std::move(header)), table_(std::move(table)), data_start_(data_start) {}

  ReadAt read_;
  FitsHeader header_;
  FitsTable table_;
  std::uint64_t data_start_;
};

}  // namespace garner::table
