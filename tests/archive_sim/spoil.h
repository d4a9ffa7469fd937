// Damage done to products on purpose, inside a zip that is itself in order.
#pragma once

#include <string>

#include "archive_sim/writers.h"
#include "archive_sim/zip_writer.h"

namespace garner::archive_sim {

// Cut in a row: a VOTable loses the rest of its data and its closing tags, a FITS file the end of its last HDU, a text
// its last row's end.
std::string cut_product(std::string bytes, Format format);

// The first NAXIS2 card that counts rows says 1000 more than there are.
std::string wrong_naxis2(std::string fits);

std::string inflate_member(const Member& member);

}  // namespace garner::archive_sim
