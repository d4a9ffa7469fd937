// A FITS file in memory, as FitsFile and merge_fits() read one.
#pragma once

#include <algorithm>

#include "table/fits/file.h"
#include "target.h"

namespace garner::fuzz {

inline table::ReadAt read_from(Bytes bytes) {
  return [bytes](std::uint64_t offset, std::span<std::byte> out) -> Result<void> {
    if (offset > bytes.size() || out.size() > bytes.size() - offset) return fail(Kind::Corrupt, "ends too early");
    std::ranges::copy(bytes.subspan(offset, out.size()), out.begin());
    return {};
  };
}

}  // namespace garner::fuzz
