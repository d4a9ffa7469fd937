// CFITSIO 4.2 keeps its table of open files and its messages once for the process and does not guard them
// (heasarc/cfitsio#100): whoever opens, makes or closes a file holds the turn meanwhile. A file itself belongs to one
// thread.
#pragma once

#include <mutex>

namespace garner::table {

std::unique_lock<std::mutex> cfitsio_turn();

}  // namespace garner::table
