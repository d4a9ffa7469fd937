// SHA256SUMS and CATALOGUE.csv.zst: what lets people check and find the products without garner.
#include "output/paths.h"
#include "output/publish.h"
#include "output/tile_tables.h"
#include "output/zstd_codec.h"

namespace garner::output {

namespace {

constexpr std::size_t kBufferBytes = 256u << 10;

// A field of CSV, RFC 4180 §2.
void append_field(std::string& row, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    row += field;
    return;
  }
  row += '"';
  for (const char c : field) {
    if (c == '"') row += '"';
    row += c;
  }
  row += '"';
}

std::string catalogue_row(std::string_view retrieval_type, const ProductPlace& place) {
  std::string row = place.id ? to_string(*place.id) : "";
  for (const std::string_view field : {retrieval_type, std::string_view(place.file), std::string_view(place.member)}) {
    row += ',';
    append_field(row, field);
  }
  row += fmt::format(",{},{}\n", place.offset, place.size);
  return row;
}

class IndexWriter {
 public:
  using Sums = std::vector<std::pair<std::string, std::string>>;

  static Result<std::unique_ptr<IndexWriter>> make(const OutputSpec& spec) {
    auto tree = std::make_unique<OutputTree>(spec);
    auto folder = open_temp_folder(*tree);
    if (!folder) return std::unexpected(folder.error());
    auto sums = TempFile::create(*folder);
    if (!sums) return std::unexpected(sums.error());
    auto catalogue = TempFile::create(*folder);
    if (!catalogue) return std::unexpected(catalogue.error());
    return std::make_unique<IndexWriter>(std::move(tree), std::move(*sums), std::move(*catalogue));
  }

  IndexWriter(std::unique_ptr<OutputTree> tree, TempFile sums, TempFile catalogue)
      : tree_(std::move(tree)),
        sums_(std::move(sums)),
        catalogue_(std::move(catalogue)),
        stream_([this](std::span<const std::byte> bytes) { return catalogue_.append(bytes); }) {
    rows_ = "source_id,retrieval_type,file,member,offset,size\n";
  }
  IndexWriter(const IndexWriter&) = delete;
  IndexWriter& operator=(const IndexWriter&) = delete;

  Result<void> add(const std::string& retrieval_type, const Result<Sums>& sums,
                   const Result<std::vector<ProductPlace>>& places) {
    if (!sums) return left_out(sums.error());
    for (const auto& [hash, path] : *sums) {
      lines_ += fmt::format("{}  {}\n", hash, path);
      any_sum_ = true;
    }
    if (lines_.size() >= kBufferBytes) {
      if (auto flushed = flush_lines(); !flushed) return flushed;
    }
    if (!places) return left_out(places.error());
    for (const auto& place : *places) {
      rows_ += catalogue_row(retrieval_type, place);
      any_row_ = true;
      if (rows_.size() < kBufferBytes) continue;
      if (auto flushed = flush_rows(); !flushed) return flushed;
    }
    return {};
  }

  Result<LeftOut> finish() {
    if (auto flushed = flush_lines(); !flushed) return std::unexpected(flushed.error());
    if (auto flushed = flush_rows(); !flushed) return std::unexpected(flushed.error());
    if (auto ended = stream_.finish(); !ended) return std::unexpected(ended.error());
    if (auto done = put(sums_, any_sum_, kChecksumFile); !done) return std::unexpected(done.error());
    if (auto done = put(catalogue_, any_row_, kCatalogueFile); !done) return std::unexpected(done.error());
    return left_out_;
  }

 private:
  Result<void> left_out(const Error& error) {
    if (error.kind != Kind::Corrupt && error.kind != Kind::NotFound) return std::unexpected(error);
    if (left_out_.packs++ == 0) left_out_.first = error.detail;
    return {};
  }

  Result<void> flush_lines() {
    auto written = sums_.append(bytes_of(lines_));
    lines_.clear();
    return written;
  }

  Result<void> flush_rows() {
    auto written = stream_.add(rows_);
    rows_.clear();
    return written;
  }

  Result<void> put(TempFile& file, bool wanted, std::string_view name) {
    return wanted ? publish(*tree_, file, name) : tree_->remove_file(name);
  }

  std::unique_ptr<OutputTree> tree_;
  TempFile sums_, catalogue_;
  ZstdStream stream_;
  std::string lines_, rows_;
  bool any_sum_ = false, any_row_ = false;
  LeftOut left_out_;
};

}  // namespace

Result<LeftOut> write_indexes(const OutputSpec& spec, Layout& layout, const EachPack& each_pack) {
  auto writer = IndexWriter::make(spec);
  if (!writer) return std::unexpected(writer.error());
  auto walked = each_pack([&](const PackKey& key, const ledger::Pack& pack) {
    return (*writer)->add(key.retrieval_type, layout.checksums(key, pack), layout.list(key));
  });
  if (!walked) return std::unexpected(walked.error());
  return (*writer)->finish();
}

Result<LeftOut> write_tile_indexes(const OutputSpec& spec, const EachTile& each_tile) {
  auto writer = IndexWriter::make(spec);
  if (!writer) return std::unexpected(writer.error());
  const TileTables tiles(spec);
  auto walked = each_tile([&](const TileKey& key, const ledger::TileRecord& record) -> Result<void> {
    if (record.rows == 0) return {};
    const IndexWriter::Sums sums{{to_hex(record.hash), tiles.file_of(key)}};
    return (*writer)->add(key.retrieval_type, sums, tiles.list(key));
  });
  if (!walked) return std::unexpected(walked.error());
  return (*writer)->finish();
}

}  // namespace garner::output
