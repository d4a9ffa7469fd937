#include "ledger/rows.h"

#include <nlohmann/json.hpp>

#include "ledger/bytes.h"

namespace garner::ledger {
namespace {

constexpr std::uint8_t kRecordPart = 0;
constexpr std::uint8_t kManifestPart = 1;

constexpr std::array<std::pair<HarvestState, std::string_view>, 4> kStates{{{HarvestState::Active, "active"},
                                                                            {HarvestState::Paused, "paused"},
                                                                            {HarvestState::Cancelled, "cancelled"},
                                                                            {HarvestState::Finished, "finished"}}};

std::string_view state_name(HarvestState state) {
  const auto found = std::ranges::find(kStates, state, &std::pair<HarvestState, std::string_view>::first);
  return found != kStates.end() ? found->second : kStates[0].second;
}

Result<HarvestState> state_named(std::string_view name) {
  const auto found = std::ranges::find(kStates, name, &std::pair<HarvestState, std::string_view>::second);
  if (found != kStates.end()) return found->first;
  return fail(Kind::Corrupt, "harvest record: unknown state '{}'", printable(name, 40));
}

}  // namespace

std::string erase_key(HarvestNo harvest) {
  return std::string(kErasePrefix) + std::to_string(harvest);
}

std::string rest_key(std::string_view archive) {
  return std::string(kRestPrefix).append(archive);
}

std::string harvest_prefix(HarvestNo harvest) {
  std::string key;
  put_big_endian(key, harvest);
  return key;
}

std::string harvest_prefix_end(HarvestNo harvest) {
  if (harvest == UINT32_MAX) return std::string(5, '\xFF');
  return harvest_prefix(harvest + 1);
}

std::string record_key(HarvestNo harvest) {
  std::string key = harvest_prefix(harvest);
  put_byte(key, kRecordPart);
  return key;
}

std::string manifest_key(HarvestNo harvest) {
  std::string key = harvest_prefix(harvest);
  put_byte(key, kManifestPart);
  return key;
}

std::string counters_key(HarvestNo harvest, std::uint16_t type) {
  std::string key = harvest_prefix(harvest);
  put_big_endian(key, type);
  return key;
}

std::string block_key(HarvestNo harvest, std::uint32_t block) {
  std::string key = harvest_prefix(harvest);
  put_big_endian(key, block);
  return key;
}

std::string chunk_key(ChunkKey chunk) {
  std::string key = counters_key(chunk.harvest, chunk.type);
  put_big_endian(key, chunk.block);
  return key;
}

std::string job_key(HarvestNo harvest, std::string_view url) {
  return harvest_prefix(harvest).append(url);
}

std::string tile_key(TileKey tile) {
  std::string key = counters_key(tile.harvest, tile.type);
  put_big_endian(key, tile.tile);
  return key;
}

std::string refused_key(HarvestNo harvest, std::uint64_t row) {
  std::string key = harvest_prefix(harvest);
  put_big_endian(key, row);
  return key;
}

std::string journal_key(HarvestNo harvest, Journal::Part part, std::uint64_t row) {
  std::string key = harvest_prefix(harvest);
  put_byte(key, static_cast<std::uint8_t>(part));
  put_big_endian(key, row);
  return key;
}

Result<std::string> encode_rest(const ArchiveRest& rest) {
  try {
    return nlohmann::json{{"since_s", rest.since_s}, {"not_before_s", rest.not_before_s}, {"because", rest.because}}
        .dump();
  } catch (const nlohmann::json::exception&) {
    return fail(Kind::Invalid, "archive {}: why it rests is not UTF-8", printable(rest.archive, 100));
  }
}

Result<ArchiveRest> decode_rest(std::string_view archive, std::string_view json) {
  try {
    const auto object = nlohmann::json::parse(json);
    return ArchiveRest{std::string(archive), object.at("since_s"), object.at("not_before_s"), object.at("because")};
  } catch (const nlohmann::json::exception& error) {
    return fail(Kind::Corrupt, "what is kept of archive {}: {}", printable(archive, 100), error.what());
  }
}

Result<std::string> encode_harvest(const HarvestRecord& record) {
  try {
    return nlohmann::json{{"no", record.no},
                          {"name", record.name},
                          {"manifest_hash", record.manifest_hash},
                          {"output_directory", record.output_directory},
                          {"retrieval_types", record.retrieval_types},
                          {"chunk_size", record.chunk_size},
                          {"blocks", record.blocks},
                          {"sources", record.sources},
                          {"duplicates", record.duplicates},
                          {"refused", record.refused},
                          {"submitter_uid", record.submitter_uid},
                          {"submitter_gid", record.submitter_gid},
                          {"submitted_s", record.submitted_s},
                          {"finished_s", record.finished_s},
                          {"state", state_name(record.state)},
                          {"reason", record.reason},
                          {"data_structure", record.data_structure},
                          {"identity", record.identity},
                          {"source_job", record.source_job},
                          {"source_job_first", record.source_job_first},
                          {"source_job_last", record.source_job_last},
                          {"past_deadline", record.past_deadline},
                          {"started_s", record.started_s}}
        .dump();
  } catch (const nlohmann::json::exception&) {
    return fail(Kind::Invalid, "harvest {}: its name, directory, types or reason are not UTF-8",
                printable(record.name, 100));
  }
}

Result<HarvestRecord> decode_harvest(std::string_view json, std::string_view manifest) {
  HarvestRecord record;
  std::string state;
  try {
    const auto row = nlohmann::json::parse(json);
    row.at("no").get_to(record.no);
    row.at("name").get_to(record.name);
    row.at("manifest_hash").get_to(record.manifest_hash);
    row.at("output_directory").get_to(record.output_directory);
    row.at("retrieval_types").get_to(record.retrieval_types);
    row.at("chunk_size").get_to(record.chunk_size);
    row.at("blocks").get_to(record.blocks);
    row.at("sources").get_to(record.sources);
    row.at("duplicates").get_to(record.duplicates);
    row.at("refused").get_to(record.refused);
    row.at("submitter_uid").get_to(record.submitter_uid);
    row.at("submitter_gid").get_to(record.submitter_gid);
    row.at("submitted_s").get_to(record.submitted_s);
    row.at("finished_s").get_to(record.finished_s);
    row.at("state").get_to(state);
    row.at("reason").get_to(record.reason);
    row.at("data_structure").get_to(record.data_structure);
    // Since 0.2.
    record.identity = row.value("identity", std::string());
    record.source_job = row.value("source_job", std::string());
    record.source_job_first = row.value("source_job_first", std::uint64_t{0});
    record.source_job_last = row.value("source_job_last", std::uint64_t{0});
    record.past_deadline = row.value("past_deadline", false);
    record.started_s = row.value("started_s", std::int64_t{0});
  } catch (const nlohmann::json::exception& e) {
    return fail(Kind::Corrupt, "harvest record: {}", printable(e.what()));
  }
  const auto known = state_named(state);
  if (!known) return std::unexpected(known.error());
  record.state = *known;
  if (record.chunk_size == 0 || (record.blocks == 0) != (record.sources == 0))
    return fail(Kind::Corrupt, "harvest record: it holds no sources");
  if (record.blocks != 0 && (record.sources - 1) / record.chunk_size + 1 != record.blocks) {
    return fail(Kind::Corrupt, "harvest record: {} sources do not make {} blocks of {}", record.sources, record.blocks,
                record.chunk_size);
  }
  record.manifest = manifest;
  return record;
}

std::string encode_counters(const Counters& counters) {
  std::string out;
  for (const std::uint64_t value :
       {counters.requested, counters.delivered, counters.absent, counters.failed, counters.bytes_received,
        counters.bytes_stored, counters.chunks_done, counters.attempts, counters.empty, counters.found_again}) {
    put_varint(out, value);
  }
  return out;
}

Result<Counters> decode_counters(std::string_view bytes) {
  ByteReader reader(bytes);
  Counters counters;
  for (std::uint64_t* value :
       {&counters.requested, &counters.delivered, &counters.absent, &counters.failed, &counters.bytes_received,
        &counters.bytes_stored, &counters.chunks_done, &counters.attempts}) {
    *value = reader.varint();
  }
  if (reader.finished()) return counters;  // written before there were second looks
  counters.empty = reader.varint();
  counters.found_again = reader.varint();
  if (!reader.finished()) return fail(Kind::Corrupt, "counters: {} bytes that are not ten numbers", bytes.size());
  return counters;
}

std::string encode_refused(const RefusedRow& row) {
  std::string out;
  put_text(out, row.where);
  put_text(out, row.text);
  put_text(out, row.reason);
  return out;
}

Result<RefusedRow> decode_refused(std::string_view bytes) {
  ByteReader reader(bytes);
  RefusedRow row;
  row.where = reader.text();
  row.text = reader.text();
  row.reason = reader.text();
  if (!reader.finished()) return fail(Kind::Corrupt, "refused row: {} bytes that are not three texts", bytes.size());
  return row;
}

}  // namespace garner::ledger
