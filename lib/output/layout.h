// How products lie on disk under a harvest's output directory.
//
//   <output>/<TYPE>/…                 the products, by layout
//   <output>/SHA256SUMS, CATALOGUE.csv.zst, MANIFEST.yaml, CREDIT.txt
//   <output>/.garner/                 ours: tmp/ (what is being written; emptied at start), checksums/ (layout `files`)
//
// A pack is what one good reply became. Its files are named from its retrieval_type, block and generation, never from
// when it ran or what came, so that a re-fetch after a crash overwrites instead of doubling. Publishing: write to tmp/,
// fsync, rename into place, fsync the directory (and every new directory's parent). Only after publish() returned may
// the ledger say delivered. Blocking: runs on workers; one PackWriter belongs to one thread and must not outlive its
// Layout, a Layout may be used by many. Errors: DiskFull, Internal (with path and reason), Corrupt (damage found),
// NotFound.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"
#include "base/vocabulary.h"
#include "ledger/chunk_record.h"
#include "ledger/tile_record.h"
#include "output/read_room.h"
#include "product/contents.h"

namespace garner::output {

// What of a harvest decides where things lie; constant for its life.
struct OutputSpec {
  std::filesystem::path directory;  // absolute
  LayoutKind layout = LayoutKind::TarZst;
  bool compress_files = false;  // layout `files`: each product as .zst
  DataStructure structure = DataStructure::Individual;
  ProductFormat format = ProductFormat::VOTable;
  std::string release;
  std::uint64_t sources = 0;           // decides the HEALPix level of folders
  std::optional<std::uint32_t> group;  // gid of output.group
  bool of_rows = false;                // kinds rows and query: what comes are rows of the archive's tables, no products
  // Layout `table`.
  std::optional<int>
      part_level{};  // kind query by HEALPix: of its parts, whose numbers (pixel + 1) are the ids of the harvest
  std::map<std::string, std::string>
      id_columns{};  // where a retrieval_type's tables hold the source_id, if not in the column source_id
};

struct PackKey {
  std::string retrieval_type;
  std::uint32_t block = 0;
  std::uint32_t generation = 0;
};

// A merged table of layout `table`: of a HEALPix pixel (nested) at the level of the harvest's tiles (tile_geometry.h).
struct TileKey {
  std::string retrieval_type;
  std::uint64_t tile = 0;
  std::uint32_t generation = 0;
};

// One product's place, a row of the catalogue.
struct ProductPlace {
  std::optional<SourceId> id;  // none for a table of many sources
  std::string file;            // relative to the output directory
  std::string member;          // inside the file; empty if the file is the product
  std::uint64_t offset =
      0;  // where the stored bytes begin in the file: zip: the member's data; tar.zst: its frame; files: 0
  std::uint64_t size = 0;  // of the product, in bytes, uncompressed
};

class PackWriter : public product::ProductSink {
 public:
  // Makes what was added visible, durably. `reply` is the whole reply as served (layout `zip` stores it); `left_out`
  // are asked ids that did not come, for whatever reason: what an earlier, unsettled publication may have left of them
  // goes.
  virtual Result<ledger::Pack> publish(std::span<const std::byte> reply, std::span<const SourceId> left_out) = 0;
  // Dropped without publish: leaves nothing.
};

// What of a pack is damaged or missing: nothing, all of it, or these sources, each of which has files of its own.
struct Loss {
  bool whole = false;
  std::vector<SourceId> sources;
};

class Layout {
 public:
  virtual ~Layout() = default;
  virtual Result<std::unique_ptr<PackWriter>> begin(const PackKey& key) = 0;
  // Removes what an unsettled publication of this pack may have left (a reply without products publishes nothing). ids:
  // all asked ones.
  virtual Result<void> discard(const PackKey& key, std::span<const SourceId> ids) = 0;
  // Where every product of the pack lies, from the pack's own index.
  virtual Result<std::vector<ProductPlace>> list(const PackKey& key) = 0;
  // One product's bytes, verified (CRC or frame checksum) on the way out, decompressed. For a table of many sources:
  // the whole table's file; layout `table`: a table of the source's rows (kind query: of the part's), whose file's hash
  // is not looked at. Beside Errors as above: what the room says.
  virtual Result<ReadProduct> read(const PackKey& key, SourceId id, ReadRoom& room) = 0;
  // (sha256, relative path) of every file of the pack as the ledger recorded it; what SHA256SUMS holds.
  virtual Result<std::vector<std::pair<std::string, std::string>>> checksums(const PackKey& key,
                                                                             const ledger::Pack& pack) = 0;
  // Re-hashes the pack's files; the text of every damage found ("RVS/0000/RVS-0000001.zip: sha256 differs", "… is
  // missing").
  virtual Result<std::vector<std::string>> verify(const PackKey& key, const ledger::Pack& pack) = 0;
  // What would have to be fetched again.
  virtual Result<Loss> loss(const PackKey& key, const ledger::Pack& pack);
  // Only where loss() named sources: publishes the index of the others under the key `to`; every file stays where it
  // is. So the ledger can go over from one pack to the other at once.
  virtual Result<ledger::Pack> without(const PackKey& from, const PackKey& to, const ledger::Pack& pack,
                                       std::span<const SourceId> lost);
};

// Makes the output directory ready: creates it (parent must exist) with mode 0750 and the group, the .garner folder,
// empties tmp/. MANIFEST.yaml and CREDIT.txt are written if they differ. An existing non-empty directory without our
// .garner folder is Conflict. holds_products: the ledger says that products lie there; then a directory without them is
// NotFound (an unmounted disk?) and nothing is made.
Result<void> prepare_output(const OutputSpec& spec, std::string_view manifest, std::string_view credit,
                            bool holds_products = false);
// Whether it takes a file now, durably: makes one in tmp/, and removes it.
Result<void> try_output(const OutputSpec& spec);
// Checks only: inside one of the roots (symlinks resolved), parent exists, writable, empty or absent. Invalid with what
// to do.
Result<std::filesystem::path> check_output_directory(const std::string& directory, std::span<const std::string> roots);

std::unique_ptr<Layout> make_layout(const OutputSpec& spec);

// What indexes don't list because it is damaged or missing, and only `garner verify --repair` brings back.
struct LeftOut {
  std::uint64_t packs = 0;
  std::string first;  // which, and what is wrong with it
};

// SHA256SUMS and CATALOGUE.csv.zst (source_id, retrieval_type, file, member, offset, size), each replaced atomically;
// absent if they would list nothing. each_pack calls back with every settled pack in order. One that is damaged does
// not cost the index of all the others.
using EachPack = std::function<Result<void>(const std::function<Result<void>(const PackKey&, const ledger::Pack&)>&)>;
Result<LeftOut> write_indexes(const OutputSpec& spec, Layout& layout, const EachPack& each_pack);
// The same of layout `table`, whose packs are listed as soon as they are merged only: of every settled tile in order.
using EachTile =
    std::function<Result<void>(const std::function<Result<void>(const TileKey&, const ledger::TileRecord&)>&)>;
Result<LeftOut> write_tile_indexes(const OutputSpec& spec, const EachTile& each_tile);

// Where spool files go: on the output's own file system, never visible.
std::filesystem::path spool_directory(const OutputSpec& spec);

// Free bytes for us on the output's file system.
Result<std::uint64_t> free_bytes(const std::filesystem::path& directory);

}  // namespace garner::output
