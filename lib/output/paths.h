// Where files lie below an output directory: the one place that knows the templates. docs/layouts.md shows them to
// users. All paths are relative to the output directory, without "." or ".."; the names follow from type, block,
// generation and source_id alone. Pure functions. A retrieval type (kinds rows and query: a table's name, "result")
// that is not [A-Za-z_][A-Za-z0-9_.]* is a broken invariant (the manifest's parser checks it) and aborts.
#pragma once

#include <string>
#include <string_view>

#include "output/layout.h"

namespace garner::output {

inline constexpr std::string_view kOwnFolder = ".garner";
inline constexpr std::string_view kTempFolder = ".garner/tmp";
inline constexpr std::string_view kChecksumFolder = ".garner/checksums";
inline constexpr std::string_view kChunkTableFolder = ".garner/tables";
inline constexpr std::string_view kManifestFile = "MANIFEST.yaml";
inline constexpr std::string_view kCreditFile = "CREDIT.txt";
inline constexpr std::string_view kChecksumFile = "SHA256SUMS";
inline constexpr std::string_view kReceiptFile = "RECEIPT.json";
inline constexpr std::string_view kReceiptText = "RECEIPT.md";
inline constexpr std::string_view kCatalogueFile = "CATALOGUE.csv.zst";

// RVS/0000/RVS-0000017.tar.zst, RVS/0000/RVS-0000017.1.tar.zst; extension without its dot.
std::string pack_path(const PackKey& key, std::string_view extension);

// XP_SAMPLED_RAW-0000017.fits: a table of many sources, unique in its harvest (the archive calls every one of them
// XP_SAMPLED_RAW.fits). Of rows of an archive's table: gaiadr3.gaia_source-0000017.fits.
std::string raw_name(const OutputSpec& spec, const PackKey& key);
// XP_SAMPLED/0000/XP_SAMPLED_RAW-0000017.fits[.zst]
std::string raw_path(const OutputSpec& spec, const PackKey& key);

// RVS/012/RVS-Gaia DR3 123.xml[.zst] or, beyond level 3, RVS/012/0203/RVS-Gaia DR3 123.xml[.zst].
std::string product_path(const OutputSpec& spec, std::string_view retrieval_type, SourceId id);
// The HEALPix level of the folders: the smallest, 7 at most, at which a folder holds 1,000 sources or fewer on the
// mean.
int folder_level(std::uint64_t sources);

// .garner/tables/XP_SAMPLED/0000/XP_SAMPLED_RAW-0000017.fits: layout `table`, a chunk's table until it is merged.
std::string chunk_table_path(const OutputSpec& spec, const PackKey& key);
// The folder of all of them of a type, which has one more level of folders; and the pack of a file there, if its name
// is one of ours.
std::string chunk_table_folder(std::string_view retrieval_type);
std::optional<PackKey> pack_of_chunk_table(const OutputSpec& spec, const std::string& retrieval_type,
                                           std::string_view file_name);

// XP_SAMPLED/XP_SAMPLED-hpx3-017.fits or, beyond level 3, XP_SAMPLED/017/XP_SAMPLED-hpx4-0068.fits, …-0068.1.fits:
// layout `table`, merged.
std::string tile_path(const OutputSpec& spec, const TileKey& key);
// The HEALPix level of the tiles: the smallest, 7 at most, at which a tile holds 100,000 sources or fewer on the mean;
// of a query in parts that are pixels: a tile is a part, or at level 7 several.
int tile_level(const OutputSpec& spec);

// .garner/checksums/RVS/0000/0000017.sha256
std::string checksum_list_path(const PackKey& key);

}  // namespace garner::output
