// Keys and values of the ledger's rows, other than chunks and ids (chunk_record.h). Keys are big-endian, so that a
// harvest's rows lie together in order. docs/ledger-format.md has the byte tables. Values; no I/O. For lib/ledger only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/ledger.h"

namespace garner::ledger {

inline constexpr std::uint32_t kSchemaVersion = 3;
inline constexpr std::uint32_t kMaxChunkSize = 1U
                                               << 20;  // far above any archive's; bounds what a damaged row can ask for

// Family `meta`: names and decimal numbers.
inline constexpr std::string_view kSchemaKey = "schema";
inline constexpr std::string_view kNextHarvestKey = "next_harvest";
inline constexpr std::string_view kErasePrefix =
    "erase/";  // + number: rows of a harvest that is not (or no longer) one
std::string erase_key(HarvestNo harvest);
inline constexpr std::string_view kRestPrefix = "rest/";  // + an archive's name: ArchiveRest
std::string rest_key(std::string_view archive);

std::string harvest_prefix(HarvestNo harvest);      // of its rows in every family but `meta`
std::string harvest_prefix_end(HarvestNo harvest);  // the first key after them
std::string record_key(HarvestNo harvest);          // family `harvests`
std::string manifest_key(HarvestNo harvest);        // family `harvests`
std::string counters_key(HarvestNo harvest, std::uint16_t type);
std::string block_key(HarvestNo harvest, std::uint32_t block);  // family `ids`
std::string chunk_key(ChunkKey key);
std::string tile_key(TileKey key);
std::string job_key(HarvestNo harvest, std::string_view url);  // family `jobs`
std::string refused_key(HarvestNo harvest, std::uint64_t row);
std::string journal_key(HarvestNo harvest, Journal::Part part, std::uint64_t row);  // family `journal`

// The record without its manifest, which has a row of its own. Invalid if a text is not UTF-8.
Result<std::string> encode_harvest(const HarvestRecord& record);
Result<HarvestRecord> decode_harvest(std::string_view json, std::string_view manifest);  // Corrupt

Result<std::string> encode_rest(const ArchiveRest& rest);                          // Invalid if a text is not UTF-8
Result<ArchiveRest> decode_rest(std::string_view archive, std::string_view json);  // Corrupt

std::string encode_counters(const Counters& counters);
Result<Counters> decode_counters(std::string_view bytes);  // Corrupt

std::string encode_refused(const RefusedRow& row);
Result<RefusedRow> decode_refused(std::string_view bytes);  // Corrupt

// The first id of an encoded block, without decoding the rest. Corrupt.
Result<SourceId> first_id(std::string_view bytes);

// Whether an encoded chunk is done, or holds only what came back empty (ChunkRecord::only_empties), from its first
// byte.
bool is_done(std::string_view chunk_bytes);
bool holds_only_empties(std::string_view chunk_bytes);

// Why the record must not be stored for a chunk of `ids` ids; empty if nothing is wrong with it.
std::string flaw_of(const ChunkRecord& record, std::uint32_t ids);

}  // namespace garner::ledger
