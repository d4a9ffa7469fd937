// Bytes of a file that is mapped for reading. A page that the disk does not give back (a bad sector, a file cut short
// meanwhile) is no error to whoever touches it but a signal, SIGBUS, which would end the process, and the next one at
// the same place. So what is to be touched is asked for first.
#pragma once

#include <cstddef>
#include <span>

#include "base/error.h"

namespace garner {

// Brings the bytes of `part` into memory, where they stay as long as it is not short. mapping: of the whole file, from
// its first byte on. Corrupt if some can't be read. Blocking; any thread.
Result<void> check_readable(std::span<const std::byte> part, std::span<const std::byte> mapping, int file);

}  // namespace garner
