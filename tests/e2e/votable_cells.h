// A VOTable's rows for cells.h, by expat: TABLEDATA, and BINARY2 of scalars and texts.
#pragma once

#include <string>

#include "cells.h"

namespace garner::e2e {

Cells read_votable_cells(const std::string& xml);

}  // namespace garner::e2e
