#include "output/tile_tables.h"

#include "output/publish.h"
#include "output/single_file.h"
#include "table/fits/merge.h"

namespace garner::output {

namespace {

// A file of the tree as a table to be merged; open only while it is read.
table::TableToMerge table_at(const OutputTree& tree, const std::string& relative) {
  const auto open = [&tree, relative]() -> Result<table::OpenedTable> {
    const std::string path = tree.full(relative);
    auto file = tree.open_file(relative);
    if (!file) return std::unexpected(file.error());
    const auto size = file_size(file->get(), path);
    if (!size) return std::unexpected(size.error());
    return table::OpenedTable{[file = std::move(*file), path](std::uint64_t offset, std::span<std::byte> out) {
                                return read_at(file.get(), offset, out, path);
                              },
                              *size};
  };
  return {relative, open};
}

table::MergeRequest request_for(const OutputSpec& spec, const std::string& retrieval_type, SourceRange range,
                                bool all) {
  table::MergeRequest request;
  if (const auto column = spec.id_columns.find(retrieval_type); column != spec.id_columns.end())
    request.id_column = column->second;
  request.all = all;
  request.first = range.first;
  request.last = range.last;
  request.table_name = retrieval_type;
  if (!spec.release.empty()) request.cards.push_back({"RELEASE", spec.release, "data release of the archive"});
  request.cards.push_back({"CREATOR", "garner", ""});
  return request;
}

}  // namespace

Result<ledger::TileRecord> TileTables::merge(const std::string& retrieval_type, std::uint64_t tile,
                                             const std::optional<ledger::TileRecord>& before,
                                             std::span<const PackToMerge> packs, TileWitness& witness) {
  std::vector<table::TableToMerge> tables;
  const auto add = [&](const std::string& relative, const ledger::Sha256& hash) -> Result<void> {
    if (auto on = witness.go_on(); !on) return on;
    auto damage = damage_of(tree_, relative, hash);
    if (!damage) return std::unexpected(damage.error());
    if (*damage) return fail(Kind::Corrupt, "{}; its rows can't be merged", **damage);
    tables.push_back(table_at(tree_, relative));
    return {};
  };
  TileKey key{retrieval_type, tile, 0};
  if (before) key.generation = before->generation;  // without rows: of a table that was lost, whose place it takes
  if (before && before->rows > 0) {
    if (auto added = add(tile_path(spec_, key), before->hash); !added) return std::unexpected(added.error());
    ++key.generation;
  }
  for (const auto& [pack_key, pack] : packs) {
    if (auto added = add(chunk_table_path(spec_, pack_key), pack.hash); !added) return std::unexpected(added.error());
  }
  ledger::TileRecord record;
  if (tables.empty()) {
    if (auto good = witness.end(0); !good) return std::unexpected(good.error());
    return record;
  }

  auto request = request_for(spec_, retrieval_type, geometry_.sources_in(tile), geometry_.of_parts());
  request.cards.push_back({"HPXLEVEL", geometry_.level(), "HEALPix level (nested) of the pixel"});
  request.cards.push_back({"HPXPIXEL", static_cast<std::int64_t>(tile), "the pixel whose sources are in the table"});
  request.take_id = [&witness](SourceId id) { return witness.take(id); };
  auto folder = open_temp_folder(tree_);
  if (!folder) return std::unexpected(folder.error());
  auto file = TempFile::create(*folder);
  if (!file) return std::unexpected(file.error());
  const auto write = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    auto on = witness.go_on();
    return on ? file->write_at(offset, bytes) : on;
  };
  const auto merged = table::merge_fits(tables, request, write);
  if (!merged) return std::unexpected(merged.error());
  if (auto good = witness.end(merged->rows); !good) return std::unexpected(good.error());
  if (merged->rows == 0) return record;
  if (auto published = output::publish(tree_, *file, tile_path(spec_, key)); !published)
    return std::unexpected(published.error());
  record.generation = key.generation;
  record.rows = merged->rows;
  record.bytes = merged->bytes;
  record.hash = file->hash();
  return record;
}

Result<std::vector<PackKey>> TileTables::chunks_on_disk(const std::string& retrieval_type) const {
  std::vector<PackKey> found;
  const std::string folder = chunk_table_folder(retrieval_type);
  const auto numbered = tree_.names_in(folder);
  if (!numbered) return std::unexpected(numbered.error());
  for (const auto& name : *numbered) {
    const auto files = tree_.names_in(folder + "/" + name);
    if (!files) return std::unexpected(files.error());
    for (const auto& file : *files) {
      if (auto key = pack_of_chunk_table(spec_, retrieval_type, file)) found.push_back(std::move(*key));
    }
  }
  return found;
}

Result<std::vector<ProductPlace>> TileTables::list(const TileKey& key) const {
  const std::string path = tile_path(spec_, key);
  const auto file = tree_.open_file(path);
  if (!file) return std::unexpected(file.error());
  const auto size = file_size(file->get(), tree_.full(path));
  if (!size) return std::unexpected(size.error());
  return std::vector{ProductPlace{std::nullopt, path, "", 0, *size}};
}

Result<ReadProduct> TileTables::read(const TileKey& key, SourceId id, ReadRoom& room) const {
  return rows_of(tree_, spec_, key.retrieval_type, tile_path(spec_, key), id, false, room);
}

Result<std::vector<std::string>> TileTables::verify(const TileKey& key, const ledger::TileRecord& record) const {
  std::vector<std::string> found;
  if (record.rows == 0) return found;
  auto damage = damage_of(tree_, tile_path(spec_, key), record.hash);
  if (!damage) return std::unexpected(damage.error());
  if (*damage) found.push_back(std::move(**damage));
  return found;
}

Result<ReadProduct> rows_of(const OutputTree& tree, const OutputSpec& spec, const std::string& retrieval_type,
                            const std::string& relative, SourceId id, bool whole, ReadRoom& room) {
  const TileGeometry geometry(spec);
  auto request = request_for(spec, retrieval_type, geometry.sources_of(id), whole);
  const std::array tables{table_at(tree, relative)};
  const auto counted =
      table::merge_fits(tables, request, [](std::uint64_t, std::span<const std::byte>) { return Result<void>(); });
  if (!counted) return std::unexpected(counted.error());
  if (counted->rows == 0) return fail(Kind::NotFound, "{}: holds no rows of source {}", relative, id.value);
  auto share = room.take(counted->bytes, relative);
  if (!share) return std::unexpected(share.error());
  std::string rows(counted->bytes, '\0');
  const auto write = [&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
    if (offset > rows.size() || bytes.size() > rows.size() - offset)
      return fail(Kind::Corrupt, "{}: changed while it was read", relative);
    std::ranges::copy(std::span(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                      rows.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  };
  if (auto merged = table::merge_fits(tables, request, write); !merged) return std::unexpected(merged.error());
  return ReadProduct{std::move(rows), std::move(*share)};
}

}  // namespace garner::output
