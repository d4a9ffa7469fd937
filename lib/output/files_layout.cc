// Layout `files`: each product is a file of its own under the archive's name, optionally .zst, in HEALPix folders; a
// table of many sources lies by its block. A pack's index is its checksum list (.garner/checksums), published last:
// without it nothing of the pack counts as published.
#include "output/checksum_list.h"
#include "output/paths.h"
#include "output/single_file.h"
#include "output/zstd_codec.h"

#include <cerrno>
#include <set>

namespace garner::output {

namespace {

constexpr std::size_t kOpenFiles = 64;  // fsynced together: so one commit of the journal serves many
constexpr std::uint64_t kMaxListBytes = 64u << 20;

class FilesWriter final : public PackWriter {
 public:
  FilesWriter(const OutputSpec& spec, OutputTree& tree, PackKey key, std::shared_ptr<const TempFolder> folder)
      : spec_(spec), tree_(tree), key_(std::move(key)), folder_(std::move(folder)) {}

  Result<void> add(const product::Product& product) override {
    const bool raw = spec_.structure == DataStructure::Raw;
    if (raw && !waiting_.empty()) return fail(Kind::Internal, "{}: a second table in one reply", product.name);
    if (!raw && !product.id)
      return fail(Kind::Internal, "{}: a table where products of single sources are due", product.name);
    auto file = TempFile::create(folder_);
    if (!file) return std::unexpected(file.error());
    const auto append = [&file](std::span<const std::byte> bytes) { return file->append(bytes); };
    auto written = spec_.compress_files ? compress_frame(product.bytes, append) : append(product.bytes);
    if (!written) return written;
    waiting_.push_back(
        {raw ? raw_path(spec_, key_) : product_path(spec_, key_.retrieval_type, *product.id), std::move(*file)});
    return waiting_.size() - synced_ >= kOpenFiles ? sync_waiting() : Result<void>();
  }

  Result<ledger::Pack> publish(std::span<const std::byte>, std::span<const SourceId> left_out) override {
    if (auto synced = sync_waiting(); !synced) return std::unexpected(synced.error());
    std::ranges::sort(waiting_, {}, &Waiting::path);
    ledger::Pack pack{key_.generation, {}, 0, static_cast<std::uint32_t>(waiting_.size())};
    std::vector<ListedFile> listed;
    listed.reserve(waiting_.size());
    for (auto& [path, file] : waiting_) {
      pack.bytes += file.size();
      listed.push_back({file.hash(), path});
    }
    if (auto placed = place_all(); !placed) return std::unexpected(placed.error());
    if (auto removed = remove_products(spec_, tree_, key_, left_out); !removed) return std::unexpected(removed.error());

    auto list = TempFile::create(folder_);
    if (!list) return std::unexpected(list.error());
    if (auto written = list->append(bytes_of(format_checksum_list(listed))); !written)
      return std::unexpected(written.error());
    if (auto published = output::publish(tree_, *list, checksum_list_path(key_)); !published)
      return std::unexpected(published.error());
    pack.hash = list->hash();
    return pack;
  }

  static Result<void> remove_products(const OutputSpec& spec, const OutputTree& tree, const PackKey& key,
                                      std::span<const SourceId> ids);

 private:
  struct Waiting {
    std::string path;
    TempFile file;
  };

  Result<void> sync_waiting() {
    for (std::size_t i = synced_; i < waiting_.size(); ++i) waiting_[i].file.start_writeback();
    for (; synced_ < waiting_.size(); ++synced_) {
      if (auto synced = waiting_[synced_].file.sync(); !synced) return synced;
    }
    return {};
  }

  // Sorted by path, so that each directory is opened and fsynced once.
  Result<void> place_all() {
    for (std::size_t i = 0; i < waiting_.size();) {
      const std::string folder(split_last(waiting_[i].path).first);
      auto directory = tree_.make_directory(folder);
      if (!directory) return std::unexpected(directory.error());
      for (; i < waiting_.size() && split_last(waiting_[i].path).first == folder; ++i) {
        const std::string name(split_last(waiting_[i].path).second);
        if (auto placed = waiting_[i].file.place(directory->get(), name); !placed) return placed;
      }
      if (auto synced = sync_directory(directory->get(), tree_.full(folder)); !synced) return synced;
    }
    return {};
  }

  const OutputSpec& spec_;
  OutputTree& tree_;
  PackKey key_;
  std::shared_ptr<const TempFolder> folder_;
  std::vector<Waiting> waiting_;
  std::size_t synced_ = 0;  // so many of waiting_, from the front
};

// What an earlier publication left of these sources goes, durably; each directory is opened and fsynced once.
Result<void> FilesWriter::remove_products(const OutputSpec& spec, const OutputTree& tree, const PackKey& key,
                                          std::span<const SourceId> ids) {
  if (spec.structure == DataStructure::Raw) return {};
  std::map<std::string, std::vector<std::string>> by_folder;
  for (const auto id : ids) {
    const std::string path = product_path(spec, key.retrieval_type, id);
    const auto [folder, name] = split_last(path);
    by_folder[std::string(folder)].emplace_back(name);
  }
  for (const auto& [folder, names] : by_folder) {
    auto directory = tree.open_directory(folder);
    if (!directory && directory.error().kind == Kind::NotFound) continue;
    if (!directory) return std::unexpected(directory.error());
    bool removed = false;
    for (const auto& name : names) {
      if (::unlinkat(directory->get(), name.c_str(), 0) == 0) {
        removed = true;
      } else if (errno != ENOENT) {
        return fail_errno(errno, tree.full(folder + "/" + name));
      }
    }
    if (!removed) continue;
    if (auto synced = sync_directory(directory->get(), tree.full(folder)); !synced) return synced;
  }
  return {};
}

class FilesLayout final : public Layout {
 public:
  explicit FilesLayout(const OutputSpec& spec) : spec_(spec), tree_(spec) {}

  Result<std::unique_ptr<PackWriter>> begin(const PackKey& key) override {
    auto folder = open_temp_folder(tree_);
    if (!folder) return std::unexpected(folder.error());
    return std::make_unique<FilesWriter>(spec_, tree_, key, std::move(*folder));
  }

  Result<void> discard(const PackKey& key, std::span<const SourceId> ids) override {
    if (auto removed = tree_.remove_file(checksum_list_path(key)); !removed) return removed;
    if (spec_.structure == DataStructure::Raw) return tree_.remove_file(raw_path(spec_, key));
    return FilesWriter::remove_products(spec_, tree_, key, ids);
  }

  Result<std::vector<ProductPlace>> list(const PackKey& key) override {
    const auto text = read_list(key);
    if (!text) return std::unexpected(text.error());
    const auto files = parse(key, *text);
    if (!files) return std::unexpected(files.error());
    std::vector<ProductPlace> places;
    places.reserve(files->size());
    for (const auto& file : *files) {
      const auto size = product_size(file.path);
      if (!size) return std::unexpected(size.error());
      places.push_back({id_of(file.path), file.path, "", 0, *size});
    }
    return places;
  }

  Result<ReadProduct> read(const PackKey& key, SourceId id, ReadRoom& room) override {
    const auto text = read_list(key);
    if (!text) return std::unexpected(text.error());
    const auto files = parse(key, *text);
    if (!files) return std::unexpected(files.error());
    const std::string path =
        spec_.structure == DataStructure::Raw ? raw_path(spec_, key) : product_path(spec_, key.retrieval_type, id);
    const auto file = std::ranges::find(*files, path, &ListedFile::path);
    if (file == files->end())
      return fail(Kind::NotFound, "{}: holds no product of source {}", checksum_list_path(key), id.value);
    const auto stored_bytes = stored_size(path), bytes = product_size(path);
    if (!stored_bytes) return std::unexpected(stored_bytes.error());
    if (!bytes) return std::unexpected(bytes.error());
    auto share = room.take(spec_.compress_files ? *stored_bytes + *bytes : *stored_bytes, path);
    if (!share) return std::unexpected(share.error());
    auto stored = read_whole(tree_, path, *stored_bytes);
    if (!stored) return std::unexpected(stored.error());
    if (sha256(bytes_of(*stored)) != file->hash) return fail(Kind::Corrupt, "{}: sha256 differs", path);
    if (!spec_.compress_files) return ReadProduct{std::move(*stored), std::move(*share)};
    auto product = decompress_frame(bytes_of(*stored), *bytes);
    if (!product) return with_context(product.error(), "{}", path);
    return ReadProduct{std::move(*product), std::move(*share)};
  }

  Result<std::vector<std::pair<std::string, std::string>>> checksums(const PackKey& key,
                                                                     const ledger::Pack& pack) override {
    const auto text = read_list(key);
    if (!text) return std::unexpected(text.error());
    if (sha256(bytes_of(*text)) != pack.hash) return fail(Kind::Corrupt, "{}: sha256 differs", checksum_list_path(key));
    auto files = parse(key, *text);
    if (!files) return std::unexpected(files.error());
    std::vector<std::pair<std::string, std::string>> sums;
    sums.reserve(files->size());
    for (auto& file : *files) sums.emplace_back(to_hex(file.hash), std::move(file.path));
    return sums;
  }

  Result<std::vector<std::string>> verify(const PackKey& key, const ledger::Pack& pack) override {
    const std::string list = checksum_list_path(key);
    std::vector<std::string> found;
    auto own_damage = damage_of(tree_, list, pack.hash);
    if (!own_damage) return std::unexpected(own_damage.error());
    if (*own_damage) {  // no hash left to hold the products against
      found.push_back(std::move(**own_damage));
      return found;
    }
    const auto sums = checksums(key, pack);
    if (!sums) return std::unexpected(sums.error());
    for (const auto& [hash, path] : *sums) {
      auto damage = damage_of(tree_, path, *parse_hex(hash));
      if (!damage) return std::unexpected(damage.error());
      if (*damage) found.push_back(std::move(**damage));
    }
    return found;
  }

  Result<Loss> loss(const PackKey& key, const ledger::Pack& pack) override {
    auto own_damage = damage_of(tree_, checksum_list_path(key), pack.hash);
    if (!own_damage) return std::unexpected(own_damage.error());
    if (*own_damage) return Loss{true, {}};
    const auto sums = checksums(key, pack);
    if (!sums) return std::unexpected(sums.error());
    Loss loss;
    for (const auto& [hash, path] : *sums) {
      auto damage = damage_of(tree_, path, *parse_hex(hash));
      if (!damage) return std::unexpected(damage.error());
      if (!*damage) continue;
      const auto id = id_of(path);
      if (!id) return Loss{true, {}};
      loss.sources.push_back(*id);
    }
    if (loss.sources.size() == sums->size()) return Loss{!sums->empty(), {}};
    std::ranges::sort(loss.sources);
    return loss;
  }

  Result<ledger::Pack> without(const PackKey& from, const PackKey& to, const ledger::Pack& pack,
                               std::span<const SourceId> lost) override {
    const auto sums = checksums(from, pack);
    if (!sums) return std::unexpected(sums.error());
    ledger::Pack rest{to.generation, {}, 0, 0};
    std::vector<ListedFile> kept;
    for (const auto& [hash, path] : *sums) {
      const auto id = id_of(path);
      if (id && std::ranges::binary_search(lost, *id)) continue;
      const auto size = stored_size(path);
      if (!size) return std::unexpected(size.error());
      rest.bytes += *size;
      kept.push_back({*parse_hex(hash), path});
    }
    rest.products = static_cast<std::uint32_t>(kept.size());
    const std::string list = format_checksum_list(kept);
    if (auto published = publish_text(tree_, list, checksum_list_path(to)); !published)
      return std::unexpected(published.error());
    rest.hash = sha256(bytes_of(list));
    return rest;
  }

 private:
  Result<std::uint64_t> stored_size(const std::string& relative) const {
    const auto file = tree_.open_file(relative);
    if (!file) return std::unexpected(file.error());
    return file_size(file->get(), tree_.full(relative));
  }

  Result<std::string> read_list(const PackKey& key) const {
    return read_whole(tree_, checksum_list_path(key), kMaxListBytes);
  }

  Result<std::vector<ListedFile>> parse(const PackKey& key, const std::string& text) const {
    auto files = parse_checksum_list(text);
    if (!files) return with_context(files.error(), "{}", checksum_list_path(key));
    return files;
  }

  std::optional<SourceId> id_of(std::string_view path) const {
    if (spec_.structure == DataStructure::Raw) return std::nullopt;
    std::string_view name = split_last(path).second;
    if (spec_.compress_files) name.remove_suffix(std::min<std::size_t>(name.size(), 4));  // ".zst"
    const auto parsed = product::parse_product_name(name);
    return parsed ? parsed->id : std::nullopt;
  }

  Result<std::uint64_t> product_size(const std::string& relative) const {
    const std::string path = tree_.full(relative);
    const auto file = tree_.open_file(relative);
    if (!file) return std::unexpected(file.error());
    const auto stored = file_size(file->get(), path);
    if (!stored || !spec_.compress_files) return stored;
    std::array<std::byte, kFrameHeaderBytes> start{};
    const auto head = std::span(start).first(std::min<std::uint64_t>(start.size(), *stored));
    if (auto read = read_at(file->get(), 0, head, path); !read) return std::unexpected(read.error());
    const auto size = frame_content_size(head);
    if (!size) return with_context(size.error(), "{}", relative);
    return size;
  }

  OutputSpec spec_;
  OutputTree tree_;
};

}  // namespace

std::unique_ptr<Layout> make_files_layout(const OutputSpec& spec) {
  return std::make_unique<FilesLayout>(spec);
}

}  // namespace garner::output
