// SHA256SUMS and CATALOGUE.csv.zst: what lets people check and find the products without garner.
#include "output/paths.h"
#include "output/publish.h"
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
  IndexWriter(OutputTree& tree, Layout& layout, TempFile sums, TempFile catalogue)
      : tree_(tree),
        layout_(layout),
        sums_(std::move(sums)),
        catalogue_(std::move(catalogue)),
        stream_([this](std::span<const std::byte> bytes) { return catalogue_.append(bytes); }) {
    rows_ = "source_id,retrieval_type,file,member,offset,size\n";
  }
  IndexWriter(const IndexWriter&) = delete;
  IndexWriter& operator=(const IndexWriter&) = delete;

  Result<void> add(const PackKey& key, const ledger::Pack& pack) {
    const auto checksums = layout_.checksums(key, pack);
    if (!checksums) return left_out(checksums.error());
    for (const auto& [hash, path] : *checksums) {
      lines_ += fmt::format("{}  {}\n", hash, path);
      any_sum_ = true;
    }
    if (lines_.size() >= kBufferBytes) {
      if (auto flushed = flush_lines(); !flushed) return flushed;
    }
    const auto places = layout_.list(key);
    if (!places) return left_out(places.error());
    for (const auto& place : *places) {
      rows_ += catalogue_row(key.retrieval_type, place);
      any_row_ = true;
      if (rows_.size() < kBufferBytes) continue;
      if (auto flushed = flush_rows(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> finish() {
    if (auto flushed = flush_lines(); !flushed) return flushed;
    if (auto flushed = flush_rows(); !flushed) return flushed;
    if (auto ended = stream_.finish(); !ended) return ended;
    if (auto done = put(sums_, any_sum_, kChecksumFile); !done) return done;
    if (auto done = put(catalogue_, any_row_, kCatalogueFile); !done) return done;
    if (packs_left_out_ == 0) return {};
    return with_context(*first_left_out_, "{} and {} leave out {} damaged or missing packs (garner verify names them all), the first",
                        kChecksumFile, kCatalogueFile, packs_left_out_);
  }

 private:
  // One damaged pack must not cost the index of all the others.
  Result<void> left_out(const Error& error) {
    if (error.kind != Kind::Corrupt && error.kind != Kind::NotFound) return std::unexpected(error);
    if (packs_left_out_++ == 0) first_left_out_ = error;
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
    return wanted ? publish(tree_, file, name) : tree_.remove_file(name);
  }

  OutputTree& tree_;
  Layout& layout_;
  TempFile sums_, catalogue_;
  ZstdStream stream_;
  std::string lines_, rows_;
  bool any_sum_ = false, any_row_ = false;
  std::size_t packs_left_out_ = 0;
  std::optional<Error> first_left_out_;
};

}  // namespace

Result<void> write_indexes(const OutputSpec& spec, Layout& layout, const EachPack& each_pack) {
  OutputTree tree(spec);
  auto folder = open_temp_folder(tree);
  if (!folder) return std::unexpected(folder.error());
  auto sums = TempFile::create(*folder);
  if (!sums) return std::unexpected(sums.error());
  auto catalogue = TempFile::create(*folder);
  if (!catalogue) return std::unexpected(catalogue.error());
  IndexWriter writer(tree, layout, std::move(*sums), std::move(*catalogue));
  const auto add = [&writer](const PackKey& key, const ledger::Pack& pack) { return writer.add(key, pack); };
  if (auto walked = each_pack(add); !walked) return walked;
  return writer.finish();
}

}  // namespace garner::output
