// Layout `tar.zst`: a pack is a tar archive in independent zstd frames that begin at member boundaries, with an index
// behind them (pack_index.h).
//
// Members lie in the order in which they came: archives shuffle their replies, and sorting would mean holding the whole
// chunk. So a re-fetch gives the same file name and the same products but not the same bytes; the ledger holds the hash
// of what was published last. Memory: one frame's content (1 MiB at most; a larger product is a frame of its own,
// compressed as it is handed over) and an index entry a product.
#include <cassert>

#include "output/pack_index.h"
#include "output/paths.h"
#include "output/single_file.h"
#include "output/tar_header.h"
#include "output/zstd_codec.h"

namespace garner::output {

namespace {

constexpr std::size_t kFrameGoal = 512u << 10;   // a frame that has reached this is closed
constexpr std::size_t kFrameLargest = 1u << 20;  // what would pass this becomes a frame of its own
constexpr std::uint64_t kMaxFrameContent = (1ull << 32) + kFrameLargest;

std::span<const std::byte> zeros(std::size_t count) {
  static constexpr std::array<std::byte, kTarEndBytes> kZeros{};
  return std::span(kZeros).first(count);
}

class TarZstWriter final : public PackWriter {
 public:
  TarZstWriter(const OutputSpec& spec, OutputTree& tree, PackKey key, TempFile file)
      : spec_(spec), tree_(tree), key_(std::move(key)), file_(std::move(file)) {}

  Result<void> add(const product::Product& product) override {
    const bool raw = spec_.structure == DataStructure::Raw;
    if (raw && !index_.products.empty()) return fail(Kind::Internal, "{}: a second table in one reply", product.name);
    // Tables of many sources all have one name at the archive; unpacking two packs in one place must not overwrite.
    std::string name = raw ? raw_name(spec_, key_) : std::string(product.name);
    const std::string header = tar_header(name, product.bytes.size());
    const std::size_t whole = header.size() + product.bytes.size() + tar_padding(product.bytes.size());
    if (!frame_.empty() && frame_.size() + whole > kFrameLargest) {
      if (auto closed = close_frame(); !closed) return closed;
    }
    index_.products.push_back({product.id, std::move(name), static_cast<std::uint32_t>(index_.frames.size()),
                               frame_.size() + header.size(), product.bytes.size()});
    if (whole > kFrameLargest) {
      const std::array parts{bytes_of(header), product.bytes, zeros(tar_padding(product.bytes.size()))};
      return write_frame(parts);
    }
    append(bytes_of(header));
    append(product.bytes);
    append(zeros(tar_padding(product.bytes.size())));
    return frame_.size() >= kFrameGoal ? close_frame() : Result<void>();
  }

  Result<ledger::Pack> publish(std::span<const std::byte>, std::span<const SourceId>) override {
    append(zeros(kTarEndBytes));
    if (auto closed = close_frame(); !closed) return std::unexpected(closed.error());
    const auto index = encode_index(index_);
    if (!index) return std::unexpected(index.error());
    if (auto written = file_.append(bytes_of(*index)); !written) return std::unexpected(written.error());
    if (auto published = output::publish(tree_, file_, pack_path(key_, "tar.zst")); !published)
      return std::unexpected(published.error());
    return ledger::Pack{key_.generation, file_.hash(), file_.size(),
                        static_cast<std::uint32_t>(index_.products.size())};
  }

 private:
  void append(std::span<const std::byte> bytes) { frame_.insert(frame_.end(), bytes.begin(), bytes.end()); }

  Result<void> close_frame() {
    const std::array parts{std::span<const std::byte>(frame_)};
    auto written = write_frame(parts);
    frame_.clear();
    return written;
  }

  Result<void> write_frame(std::span<const std::span<const std::byte>> parts) {
    const std::uint64_t start = file_.size();
    auto written = compress_frame(parts, [this](std::span<const std::byte> bytes) { return file_.append(bytes); });
    if (!written) return written;
    std::uint64_t content = 0;
    for (const auto part : parts) content += part.size();
    index_.frames.push_back({start, file_.size() - start, content});
    return {};
  }

  const OutputSpec& spec_;
  OutputTree& tree_;
  PackKey key_;
  TempFile file_;
  std::vector<std::byte> frame_;  // content of the frame under way
  PackIndex index_;
};

class TarZstLayout final : public SingleFileLayout {
 public:
  explicit TarZstLayout(const OutputSpec& spec) : SingleFileLayout(spec) {}

  Result<std::unique_ptr<PackWriter>> begin(const PackKey& key) override {
    auto folder = open_temp_folder(tree_);
    if (!folder) return std::unexpected(folder.error());
    auto file = TempFile::create(*folder);
    if (!file) return std::unexpected(file.error());
    return std::make_unique<TarZstWriter>(spec_, tree_, key, std::move(*file));
  }

  Result<std::vector<ProductPlace>> list(const PackKey& key) override {
    const std::string path = path_of(key);
    const auto file = tree_.open_file(path);
    if (!file) return std::unexpected(file.error());
    auto index = read_index(file->get(), tree_.full(path));
    if (!index) return std::unexpected(index.error());
    std::vector<ProductPlace> places;
    places.reserve(index->products.size());
    for (auto& product : index->products) {
      places.push_back({product.id, path, std::move(product.name), index->frames[product.frame].offset, product.size});
    }
    return places;
  }

  Result<ReadProduct> read(const PackKey& key, SourceId id, ReadRoom& room) override {
    const std::string path = path_of(key);
    const auto file = tree_.open_file(path);
    if (!file) return std::unexpected(file.error());
    const auto index = read_index(file->get(), tree_.full(path));
    if (!index) return std::unexpected(index.error());
    const bool whole_table = spec_.structure == DataStructure::Raw;
    const auto product =
        std::ranges::find_if(index->products, [&](const auto& p) { return whole_table || p.id == id; });
    if (product == index->products.end())
      return fail(Kind::NotFound, "{}: holds no product of source {}", path, id.value);

    const PackFrame& frame = index->frames[product->frame];
    auto share = room.take(frame.stored + std::min(frame.content, kMaxFrameContent), path);
    if (!share) return std::unexpected(share.error());
    std::vector<std::byte> stored(frame.stored);
    if (auto got = read_at(file->get(), frame.offset, stored, tree_.full(path)); !got)
      return std::unexpected(got.error());
    auto content = decompress_frame(stored, std::min(frame.content, kMaxFrameContent));
    if (!content) return with_context(content.error(), "{}", path);
    if (content->size() != frame.content)
      return fail(Kind::Corrupt, "{}: a frame holds {} bytes, its index says {}", path, content->size(), frame.content);
    content->resize(product->offset + product->size);
    content->erase(0, product->offset);
    return ReadProduct{std::move(*content), std::move(*share)};
  }

 protected:
  std::string path_of(const PackKey& key) const override { return pack_path(key, "tar.zst"); }
};

}  // namespace

std::unique_ptr<Layout> make_tar_zst_layout(const OutputSpec& spec) {
  return std::make_unique<TarZstLayout>(spec);
}

}  // namespace garner::output
