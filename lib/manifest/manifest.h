// The manifest: what a user asks for. Parsed strictly; every problem is reported at once with file, line and column.
// Values; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/sky.h"
#include "base/vocabulary.h"
#include "manifest/timing.h"

namespace garner::manifest {

using garner::Box;
using garner::Cone;

// Products of sources; rows of tables for sources; or one query that is too large for one answer.
enum class HarvestKind : std::uint8_t { Products, Rows, Query };

std::string_view harvest_kind_name(HarvestKind kind);  // as in manifests: "products", "rows", "query"

// Where the ids come from: a list, which the client reads with its user's rights, never the daemon; or a query, which
// the daemon puts to the archive. Exactly one of them.
struct Sources {
  std::string file;                   // "-" is standard input; relative to the manifest
  std::optional<std::string> column;  // of the file or of the query's answer; otherwise the obvious one
  std::vector<std::string> ids;       // or listed in the manifest itself
  std::string adql;                   // its answer holds the ids
  std::optional<Cone> cone;
  std::optional<Box> box;
  std::string table;  // where cone or box look, plain identifiers; empty: the archive's usual table

  bool by_query() const { return !adql.empty() || cone.has_value() || box.has_value(); }
};

// Of kind rows. The rows of a source are those whose id_column is its id: any number.
struct RowsTable {
  std::string name;                  // plain identifiers: "gaiadr3.gaia_source"; at most 64 characters
  std::vector<std::string> columns;  // with id_column, which is put in front where the user left it out; empty: all
  std::string id_column = "source_id";
};

// Kind rows: by a join with the uploaded ids, or by IN lists. Auto: as the archive's profile says for who is logged in.
enum class UploadUse : std::uint8_t { Auto, Always, Never };

// Kinds rows and query. Auto: by size.
enum class QueryMode : std::uint8_t { Auto, Sync, Async };

// Of kind query: the values `from` to `to` of `column`, both included, cut into `parts`; rows where it is NULL are a
// part of their own.
struct Partition {
  std::string column;             // perhaps with a table's alias: "g.source_id"
  std::int64_t from = 0, to = 0;  // at most INT64_MAX apart
  std::uint32_t parts = 0;        // 1 to 10,000,000
  // A part for each HEALPix pixel of this level, 0 to 9. Then column holds source_ids, and from, to and parts are such
  // that cutting evenly cuts at the pixels' borders.
  std::optional<int> healpix;
};

struct Manifest {
  std::string harvest;  // unique name: letters, digits, '-', '_', '.'; at most 64; starts with a letter or digit
  std::string archive;  // the archive profile's name
  HarvestKind kind = HarvestKind::Products;
  std::string release;  // "Gaia DR3"; may be empty for kind query
  Sources sources;      // not of kind query

  // Not of kind query. What a good answer holds nothing for is asked for once more before it is absent.
  bool confirm_absent = false;

  // Kind products.
  std::vector<std::string> retrieval_types;            // as written; "ALL" is taken apart by the archive profile
  std::string data_structure_spelling = "INDIVIDUAL";  // as written
  bool valid_data = false;
  bool prefilter = false;  // asks the archive's tables first which sources have the product at all

  // Kinds rows and query.
  std::vector<RowsTable> tables;  // rows
  UploadUse upload = UploadUse::Auto;
  QueryMode mode = QueryMode::Auto;
  std::string adql;  // query
  Partition partition;
  bool count = false;  // query: each part's rows are compared with its COUNT(*)

  DataStructure data_structure = DataStructure::Individual;  // Raw for rows and query
  ProductFormat format = ProductFormat::VOTable;
  std::uint32_t chunk_size = 500;  // ids a request; not of kind query
  bool chunk_size_given = false;
  std::string output_directory;  // absolute
  std::optional<std::string> output_group;
  LayoutKind layout = LayoutKind::TarZst;
  bool compress_files = false;  // output.compress: zst, layout `files` only
  Timing timing;

  // Whether ids come along with a submission: neither a query nor a query for its sources has any.
  bool brings_ids() const { return kind != HarvestKind::Query && !sources.by_query(); }
};

// Errors: Malformed (no YAML), Invalid (all problems, a line each).
Result<Manifest> parse_manifest(std::string_view text, const std::string& file_name);

// Whether the layout goes with what comes and its format: the one table of that (combinations.cc); the rest is refused
// at submit.
bool allowed_combination(const Manifest& manifest);

}  // namespace garner::manifest
