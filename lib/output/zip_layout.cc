// Layout `zip`: the reply as served, byte for byte; its central directory is the pack's index (PKWARE APPNOTE 4.3.12).
#include <sys/mman.h>

#include <cerrno>

#include "base/mapped_bytes.h"
#include "output/paths.h"
#include "output/single_file.h"
#include "product/zip_reader.h"

namespace garner::output {

namespace {

// A zip on disk, mapped for reading. What is looked at must have been asked for by check().
class MappedZip {
 public:
  static Result<MappedZip> open(const OutputTree& tree, const std::string& relative) {
    const std::string path = tree.full(relative);
    auto file = tree.open_file(relative);
    if (!file) return std::unexpected(file.error());
    const auto size = file_size(file->get(), path);
    if (!size) return std::unexpected(size.error());
    if (*size == 0) return fail(Kind::Corrupt, "{}: is empty", path);
    void* start = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, file->get(), 0);
    if (start == MAP_FAILED) return fail_errno(errno, path);
    return MappedZip(std::move(*file), static_cast<const std::byte*>(start), *size);
  }
  MappedZip(MappedZip&& other) noexcept : file_(std::move(other.file_)), bytes_(std::exchange(other.bytes_, {})) {}
  MappedZip& operator=(MappedZip&&) = delete;
  ~MappedZip() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
  std::span<const std::byte> bytes() const { return bytes_; }
  Result<void> check(std::span<const std::byte> part) const { return check_readable(part, bytes_, file_.get()); }

  Result<std::vector<product::ZipMember>> members() const {
    return product::read_zip_directory(bytes_, {}, [this](std::span<const std::byte> part) { return check(part); });
  }

 private:
  MappedZip(Descriptor file, const std::byte* start, std::size_t size) : file_(std::move(file)), bytes_(start, size) {}
  Descriptor file_;
  std::span<const std::byte> bytes_;
};

std::optional<SourceId> id_of(const product::ZipMember& member) {
  const auto name = product::parse_product_name(member.name);
  return name ? name->id : std::nullopt;
}

// A damaged pack is Corrupt whatever its reader calls it.
std::unexpected<Error> damaged(Error error, const std::string& path) {
  if (error.kind == Kind::Malformed || error.kind == Kind::TooLarge) error.kind = Kind::Corrupt;
  return with_context(std::move(error), "{}", path);
}

class ZipWriter final : public PackWriter {
 public:
  ZipWriter(OutputTree& tree, PackKey key) : tree_(tree), key_(std::move(key)) {}

  Result<void> add(const product::Product&) override {
    ++products_;
    return {};
  }

  Result<ledger::Pack> publish(std::span<const std::byte> reply, std::span<const SourceId>) override {
    auto folder = open_temp_folder(tree_);
    if (!folder) return std::unexpected(folder.error());
    auto file = TempFile::create(*folder);
    if (!file) return std::unexpected(file.error());
    if (auto written = file->append(reply); !written) return std::unexpected(written.error());
    if (auto published = output::publish(tree_, *file, pack_path(key_, "zip")); !published)
      return std::unexpected(published.error());
    return ledger::Pack{key_.generation, file->hash(), file->size(), products_};
  }

 private:
  OutputTree& tree_;
  PackKey key_;
  std::uint32_t products_ = 0;
};

class ZipLayout final : public SingleFileLayout {
 public:
  explicit ZipLayout(const OutputSpec& spec) : SingleFileLayout(spec) {}

  Result<std::unique_ptr<PackWriter>> begin(const PackKey& key) override {
    return std::make_unique<ZipWriter>(tree_, key);
  }

  Result<std::vector<ProductPlace>> list(const PackKey& key) override {
    const std::string path = path_of(key);
    const auto zip = MappedZip::open(tree_, path);
    if (!zip) return std::unexpected(zip.error());
    const auto members = zip->members();
    if (!members) return damaged(members.error(), path);
    std::vector<ProductPlace> places;
    places.reserve(members->size());
    for (const auto& member : *members) {
      const auto offset = static_cast<std::uint64_t>(member.data.data() - zip->bytes().data());
      places.push_back({id_of(member), path, std::string(member.name), offset, member.size});
    }
    return places;
  }

  Result<ReadProduct> read(const PackKey& key, SourceId id, ReadRoom& room) override {
    const std::string path = path_of(key);
    const auto zip = MappedZip::open(tree_, path);
    if (!zip) return std::unexpected(zip.error());
    const auto members = zip->members();
    if (!members) return damaged(members.error(), path);
    const bool whole_table = spec_.structure == DataStructure::Raw;
    const auto member = std::ranges::find_if(*members, [&](const auto& m) { return whole_table || id_of(m) == id; });
    if (member == members->end()) return fail(Kind::NotFound, "{}: holds no product of source {}", path, id.value);
    auto share = room.take(member->size, path);
    if (!share) return std::unexpected(share.error());
    if (auto readable = zip->check(member->data); !readable) return damaged(readable.error(), path);
    std::string out(member->size, '\0');
    if (auto read = product::extract(*member, std::as_writable_bytes(std::span(out))); !read)
      return damaged(read.error(), path);
    return ReadProduct{std::move(out), std::move(*share)};
  }

 protected:
  std::string path_of(const PackKey& key) const override { return pack_path(key, "zip"); }
};

}  // namespace

std::unique_ptr<Layout> make_zip_layout(const OutputSpec& spec) {
  return std::make_unique<ZipLayout>(spec);
}

}  // namespace garner::output
