#include "output/publish.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>

#include "base/durable_step.h"
#include "output/paths.h"

namespace garner::output {

namespace {

constexpr std::size_t kWriteBytes = 512u << 10;  // one write(): hashing follows while the bytes are in the cache
constexpr std::size_t kReadBytes = 256u << 10;

std::string next_name() {
  static std::atomic<std::uint64_t> counter{0};
  return fmt::format("new-{}-{}", ::getpid(), counter.fetch_add(1));
}

Result<ledger::Sha256> hash_of(int file, std::uint64_t size, const std::string& name_for_errors) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(size, kReadBytes));
  Sha256Stream hash;
  for (std::uint64_t at = 0; at < size; at += buffer.size()) {
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - at));
    if (auto read = read_at(file, at, piece, name_for_errors); !read) return std::unexpected(read.error());
    hash.add(piece);
  }
  return hash.finish();
}

}  // namespace

Result<std::shared_ptr<const TempFolder>> open_temp_folder(OutputTree& tree) {
  auto directory = tree.open_directory(kTempFolder);
  if (!directory) return std::unexpected(directory.error());
  return std::make_shared<const TempFolder>(std::move(*directory), tree.full(kTempFolder), tree.group());
}

Result<TempFile> TempFile::create(std::shared_ptr<const TempFolder> folder) {
  for (;;) {
    std::string name = next_name();
    const std::string path = folder->path + "/" + name;
    Descriptor file(
        ::openat(folder->directory.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST) continue;  // of an earlier process with our number
    if (!file) return fail_errno(errno, path);
    TempFile made(folder, std::move(name), std::move(file));
    if (auto given = give_to_group(made.file_.get(), folder->group, path); !given)
      return std::unexpected(given.error());
    if (::fchmod(made.file_.get(), 0640) != 0) return fail_errno(errno, path);
    return made;
  }
}

Result<void> try_output(const OutputSpec& spec) {
  OutputTree tree(spec);
  const auto folder = open_temp_folder(tree);
  if (!folder) return std::unexpected(folder.error());
  auto file = TempFile::create(*folder);
  if (!file) return std::unexpected(file.error());
  const std::vector<std::byte> bytes(64 << 10);
  if (auto written = file->append(bytes); !written) return written;
  return file->sync();
}

TempFile::TempFile(std::shared_ptr<const TempFolder> folder, std::string name, Descriptor file)
    : folder_(std::move(folder)), name_(std::move(name)), file_(std::move(file)) {}

TempFile::TempFile(TempFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      name_(std::exchange(other.name_, {})),
      file_(std::move(other.file_)),
      running_(std::move(other.running_)),
      hash_(other.hash_),
      size_(other.size_),
      scattered_(other.scattered_) {}

TempFile& TempFile::operator=(TempFile&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(name_, other.name_);
  std::swap(file_, other.file_);
  std::swap(running_, other.running_);
  std::swap(hash_, other.hash_);
  std::swap(size_, other.size_);
  std::swap(scattered_, other.scattered_);
  return *this;
}

TempFile::~TempFile() {
  if (!name_.empty()) ::unlinkat(folder_->directory.get(), name_.c_str(), 0);
}

Result<void> TempFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kWriteBytes));
    ssize_t written = 0;
    {
      const DurableStepMark mark(DurableStep::Write);
      written = ::write(file_.get(), piece.data(), piece.size());
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, folder_->path + "/" + name_);
    running_.add(piece.first(static_cast<std::size_t>(written)));
    size_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> TempFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  scattered_ = true;
  while (!bytes.empty()) {
    ssize_t written = 0;
    {
      const DurableStepMark mark(DurableStep::Write);
      written = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, folder_->path + "/" + name_);
    offset += static_cast<std::uint64_t>(written);
    size_ = std::max(size_, offset);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

void TempFile::start_writeback() const {
  (void)::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

Result<void> TempFile::sync() {
  if (scattered_) {
    start_writeback();
    auto hash = hash_of(file_.get(), size_, folder_->path + "/" + name_);
    if (!hash) return std::unexpected(hash.error());
    hash_ = *hash;
  } else {
    hash_ = running_.finish();
  }
  {
    const DurableStepMark mark(DurableStep::Fsync);
    if (::fsync(file_.get()) != 0) return fail_errno(errno, folder_->path + "/" + name_);
  }
  file_ = Descriptor();
  return {};
}

Result<void> TempFile::place(int directory, const std::string& name) {
  const DurableStepMark mark(DurableStep::Rename);
  if (::renameat(folder_->directory.get(), name_.c_str(), directory, name.c_str()) != 0) {
    return fail_errno(errno, fmt::format("{}/{} to {}", folder_->path, name_, name));
  }
  name_.clear();
  return {};
}

Result<void> publish(OutputTree& tree, TempFile& file, std::string_view relative) {
  const auto [folder, name] = split_last(relative);
  if (auto synced = file.sync(); !synced) return synced;
  auto directory = tree.make_directory(folder);
  if (!directory) return std::unexpected(directory.error());
  if (auto placed = file.place(directory->get(), std::string(name)); !placed) return placed;
  return sync_directory(directory->get(), tree.full(relative));
}

Result<void> publish_text(OutputTree& tree, std::string_view text, std::string_view relative) {
  auto folder = open_temp_folder(tree);
  if (!folder) return std::unexpected(folder.error());
  auto file = TempFile::create(*folder);
  if (!file) return std::unexpected(file.error());
  if (auto written = file->append(bytes_of(text)); !written) return written;
  return publish(tree, *file, relative);
}

Result<std::uint64_t> file_size(int file, const std::string& name_for_errors) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return fail_errno(errno, name_for_errors);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> read_at(int file, std::uint64_t offset, std::span<std::byte> out, const std::string& name_for_errors) {
  while (!out.empty()) {
    const ssize_t got = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EIO) return fail(Kind::Corrupt, "{}: can't be read: input/output error", name_for_errors);
    if (got < 0) return fail_errno(errno, name_for_errors);
    if (got == 0) return fail(Kind::Corrupt, "{}: ends too early", name_for_errors);
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<std::string> read_whole(const OutputTree& tree, std::string_view relative, std::uint64_t max_bytes) {
  const std::string path = tree.full(relative);
  auto file = tree.open_file(relative);
  if (!file) return std::unexpected(file.error());
  const auto size = file_size(file->get(), path);
  if (!size) return std::unexpected(size.error());
  if (*size > max_bytes) return fail(Kind::Corrupt, "{}: has {} bytes, at most {} expected", path, *size, max_bytes);
  std::string text(*size, '\0');
  if (auto read = read_at(file->get(), 0, std::as_writable_bytes(std::span(text)), path); !read)
    return std::unexpected(read.error());
  return text;
}

Result<ledger::Sha256> hash_file(const OutputTree& tree, std::string_view relative) {
  const std::string path = tree.full(relative);
  auto file = tree.open_file(relative);
  if (!file) return std::unexpected(file.error());
  const auto size = file_size(file->get(), path);
  if (!size) return std::unexpected(size.error());
  return hash_of(file->get(), *size, path);
}

}  // namespace garner::output
