// The manifest: what a user asks for. Parsed strictly; every problem is reported at once with file, line and column.
// Values; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/vocabulary.h"

namespace garner::manifest {

// Where the ids come from; read by the client with the user's rights, never by the daemon.
struct Sources {
  std::string file;                   // "-" is standard input; relative to the manifest
  std::optional<std::string> column;  // otherwise the obvious one
  std::vector<std::string> ids;       // or listed in the manifest itself
};

struct Manifest {
  std::string harvest;  // unique name: letters, digits, '-', '_', '.'; at most 64; starts with a letter or digit
  std::string archive;  // the archive profile's name
  std::string release;  // "Gaia DR3"
  Sources sources;
  std::vector<std::string> retrieval_types;            // as written; "ALL" is taken apart by the archive profile
  std::string data_structure_spelling = "INDIVIDUAL";  // as written
  DataStructure data_structure = DataStructure::Individual;
  ProductFormat format = ProductFormat::VOTable;
  bool valid_data = false;
  std::uint32_t chunk_size = 500;
  bool chunk_size_given = false;
  std::string output_directory;  // absolute
  std::optional<std::string> output_group;
  LayoutKind layout = LayoutKind::TarZst;
  bool compress_files = false;  // output.compress: zst, layout `files` only
};

// Errors: Malformed (no YAML), Invalid (all problems, a line each).
Result<Manifest> parse_manifest(std::string_view text, const std::string& file_name);

// The table of what goes together (combinations.cc); the rest is refused at submit.
bool allowed_combination(DataStructure structure, ProductFormat format, LayoutKind layout, bool compress);

}  // namespace garner::manifest
