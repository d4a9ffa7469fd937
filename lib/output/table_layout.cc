// Layout `table`: the table of a reply (RAW, FITS) is kept below .garner/tables until its rows are in the tables of
// their tiles (tile_tables.h). A pack is one file here; its hash is the file's.
#include "output/paths.h"
#include "output/publish.h"
#include "output/single_file.h"
#include "output/tile_tables.h"

namespace garner::output {

namespace {

class TableWriter final : public PackWriter {
 public:
  TableWriter(const OutputSpec& spec, OutputTree& tree, PackKey key, TempFile file)
      : spec_(spec), tree_(tree), key_(std::move(key)), file_(std::move(file)) {}

  Result<void> add(const product::Product& product) override {
    if (products_++ != 0) return fail(Kind::Internal, "{}: a second table in one reply", product.name);
    return file_.append(product.bytes);
  }

  Result<ledger::Pack> publish(std::span<const std::byte>, std::span<const SourceId>) override {
    if (auto published = output::publish(tree_, file_, chunk_table_path(spec_, key_)); !published)
      return std::unexpected(published.error());
    return ledger::Pack{key_.generation, file_.hash(), file_.size(), products_};
  }

 private:
  const OutputSpec& spec_;
  OutputTree& tree_;
  PackKey key_;
  TempFile file_;
  std::uint32_t products_ = 0;
};

class TableLayout final : public SingleFileLayout {
 public:
  explicit TableLayout(const OutputSpec& spec) : SingleFileLayout(spec) {}

  Result<std::unique_ptr<PackWriter>> begin(const PackKey& key) override {
    auto folder = open_temp_folder(tree_);
    if (!folder) return std::unexpected(folder.error());
    auto file = TempFile::create(*folder);
    if (!file) return std::unexpected(file.error());
    return std::make_unique<TableWriter>(spec_, tree_, key, std::move(*file));
  }

  Result<std::vector<ProductPlace>> list(const PackKey& key) override {
    const std::string path = path_of(key);
    const auto file = tree_.open_file(path);
    if (!file) return std::unexpected(file.error());
    const auto size = file_size(file->get(), tree_.full(path));
    if (!size) return std::unexpected(size.error());
    return std::vector{ProductPlace{std::nullopt, path, "", 0, *size}};
  }

  Result<ReadProduct> read(const PackKey& key, SourceId id, ReadRoom& room) override {
    return rows_of(tree_, spec_, key.retrieval_type, path_of(key), id, TileGeometry(spec_).of_parts(), room);
  }

 protected:
  std::string path_of(const PackKey& key) const override { return chunk_table_path(spec_, key); }
};

}  // namespace

std::unique_ptr<Layout> make_table_layout(const OutputSpec& spec) {
  return std::make_unique<TableLayout>(spec);
}

}  // namespace garner::output
