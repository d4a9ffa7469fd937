#include "harvest/intake/id_sorter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <queue>

namespace garner::harvest {

namespace {

constexpr std::size_t kMergeBytes = 16u << 20;
constexpr std::size_t kPiece = 16'384;

}  // namespace

// One sorted run in the file, from its `first` id on, read back through a buffer.
struct IdSorter::Run {
  std::uint64_t first = 0, ids = 0;
  std::uint64_t read = 0;
  std::vector<SourceId> buffer{};
  std::size_t at = 0;

  // False at the end.
  Result<bool> load(int file, std::size_t capacity) {
    if (read == ids) return false;
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(capacity, ids - read)));
    const std::size_t bytes = buffer.size() * sizeof(SourceId);
    std::size_t have = 0;
    while (have < bytes) {
      const ssize_t got = pread(file, reinterpret_cast<char*>(buffer.data()) + have, bytes - have,
                                static_cast<off_t>((first + read) * sizeof(SourceId) + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno(errno, "reading back sorted ids");
      if (got == 0) return fail(Kind::Corrupt, "a spill file of sorted ids ended early");
      have += static_cast<std::size_t>(got);
    }
    read += buffer.size();
    at = 0;
    return true;
  }
};

IdSorter::IdSorter(std::filesystem::path spill_directory, SpillRoom room, std::size_t run_ids)
    : directory_(std::move(spill_directory)), room_(std::move(room)), run_ids_(run_ids) {}

IdSorter::~IdSorter() {
  if (file_ >= 0) close(file_);
}

Result<void> IdSorter::add(std::span<const SourceId> ids) {
  added_ += ids.size();
  while (!ids.empty()) {
    if (buffer_.capacity() < run_ids_ && buffer_.size() + ids.size() > buffer_.capacity()) {
      buffer_.reserve(std::min(run_ids_, std::max(buffer_.capacity() * 2, buffer_.size() + ids.size())));
    }
    const std::size_t fits = std::min(ids.size(), run_ids_ - buffer_.size());
    buffer_.insert(buffer_.end(), ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(fits));
    ids = ids.subspan(fits);
    if (buffer_.size() == run_ids_) {
      if (auto spilled = spill(); !spilled) return spilled;
    }
  }
  return {};
}

void IdSorter::sort_buffer() {
  if (!std::ranges::is_sorted(buffer_)) std::ranges::sort(buffer_);
  buffer_.erase(std::unique(buffer_.begin(), buffer_.end()), buffer_.end());
}

Result<void> IdSorter::ask_for_room(std::uint64_t bytes) {
  auto room = room_(bytes);
  return room ? room : with_context(room.error(), "no room to sort {} ids and more", added_);
}

Result<void> IdSorter::spill() {
  sort_buffer();
  const char* at = reinterpret_cast<const char*>(buffer_.data());
  std::size_t left = buffer_.size() * sizeof(SourceId);
  if (auto room = ask_for_room(left); !room) return room;
  if (file_ < 0) file_ = open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ < 0) return fail_errno(errno, "making a spill file in " + directory_.string());
  while (left > 0) {
    const ssize_t wrote = write(file_, at, left);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail_errno(errno, "writing a spill file in " + directory_.string());
    at += wrote;
    left -= static_cast<std::size_t>(wrote);
  }
  runs_.push_back({spilled_, buffer_.size()});
  spilled_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> IdSorter::finish(const std::function<Result<void>(std::span<const SourceId>)>& take) {
  if (runs_.empty()) {
    sort_buffer();
    distinct_ = buffer_.size();
    return take(buffer_);
  }
  if (!buffer_.empty()) {
    if (auto spilled = spill(); !spilled) return spilled;
  }
  buffer_ = {};
  const std::size_t capacity = std::max<std::size_t>(kMergeBytes / sizeof(SourceId) / runs_.size(), 1024);
  using Head = std::pair<SourceId, std::size_t>;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    auto loaded = runs_[i].load(file_, capacity);
    if (!loaded) return std::unexpected(loaded.error());
    if (*loaded) heads.emplace(runs_[i].buffer[0], i);
  }
  std::vector<SourceId> piece;
  piece.reserve(kPiece);
  SourceId last{0};  // no id is 0
  const auto flush = [&]() -> Result<void> {
    const bool look = distinct_ / kRunIds != (distinct_ + piece.size()) / kRunIds;
    distinct_ += piece.size();
    if (auto room = look ? ask_for_room(0) : Result<void>(); !room) return room;
    auto taken = take(piece);
    piece.clear();
    return taken;
  };
  while (!heads.empty()) {
    const std::size_t index = heads.top().second;
    heads.pop();
    Run& run = runs_[index];
    // Take from this run as long as it holds the least id: sorted input never goes through the queue again.
    const SourceId bound = heads.empty() ? SourceId{UINT64_MAX} : heads.top().first;
    bool more = true;
    while (more) {
      const SourceId id = run.buffer[run.at];
      if (id > bound) break;
      if (id != last) piece.push_back(last = id);
      if (piece.size() == kPiece) {
        if (auto flushed = flush(); !flushed) return flushed;
      }
      if (++run.at == run.buffer.size()) {
        auto loaded = run.load(file_, capacity);
        if (!loaded) return std::unexpected(loaded.error());
        more = *loaded;
      }
    }
    if (more) heads.emplace(run.buffer[run.at], index);
  }
  return flush();
}

}  // namespace garner::harvest
