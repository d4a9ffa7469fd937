// Text between UTF-8 and the UTF-16 of unicodeChar (VOTable 1.4 §2.1: UCS-2; what stands in files are surrogate pairs
// too). Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace garner::table {

// Of big-endian code units, up to a NUL. A lone surrogate becomes U+FFFD. At most three bytes a unit.
void append_utf8_of_utf16(std::string& out, std::span<const std::byte> units);
// Of well-formed UTF-8.
void append_utf16_big_endian(std::string& out, std::string_view utf8);
// The text if it is UTF-8; else each byte that is not part of it is taken for ISO 8859-1, in `scratch`.
std::string_view as_utf8(std::string_view text, std::string& scratch);

}  // namespace garner::table
