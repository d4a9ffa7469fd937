// Zips taken apart into zips of one member each, the member's compressed bytes as they were; and a zip made of one
// file. For zips without zip64, comments and extra fields, as the archive's are (APPNOTE 4.3.7, 4.3.12, 4.3.16). Aborts
// on others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace garner::e2e {

struct ZipPiece {
  std::string name;
  std::uint32_t size = 0;  // uncompressed
  std::string zip;         // of this member alone
  std::string bytes = {};  // room for its inflated bytes; not filled here
};

std::vector<ZipPiece> zip_pieces(const std::string& zip);

// Written by the simulated archive's own writer.
std::string make_zip_of(const std::string& name, const std::string& bytes);

}  // namespace garner::e2e
