#include "table/answer.h"

#include <sys/mman.h>
#include <unistd.h>

#include "table/votable/document.h"

namespace garner::table {

namespace {

constexpr std::size_t kBlockBytes = 256u << 10;

// The answer's bytes from front to end. Of a mapped file only what is being read stays in memory.
class AnswerBytes final : public ByteSource {
 public:
  AnswerBytes(std::span<const std::byte> bytes, bool is_mapped) : rest_(bytes), is_mapped_(is_mapped) {}

  // In place, valid until the next call; none at the end.
  std::span<const std::byte> next(std::size_t most) {
    give_back();
    given_ = rest_.first(std::min(rest_.size(), most));
    rest_ = rest_.subspan(given_.size());
    return given_;
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    const auto block = next(out.size());
    std::ranges::copy(block, out.begin());
    return block.size();
  }

 private:
  void give_back() const {
    if (!is_mapped_) return;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(given_.data()) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(given_.data() + given_.size()) / page * page;
    if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }

  std::span<const std::byte> rest_, given_;
  bool is_mapped_;
};

// Feeds blocks to a document and to a copy of it.
class Feed {
 public:
  Feed(VotableDocument& document, NewFile* copy) : document_(document), copy_(copy) {}

  // None are the end.
  Result<void> block(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    auto fed = document_.feed_block(text, bytes.empty());
    if (!fed || !copy_) return fed;
    auto written = copy_->write_at(copied_, bytes);
    copied_ += bytes.size();
    return written;
  }
  std::uint64_t copied() const { return copied_; }

 private:
  VotableDocument& document_;
  NewFile* copy_;
  std::uint64_t copied_ = 0;
};

Result<void> feed_plain(AnswerBytes answer, Feed& feed) {
  for (;;) {
    const auto block = answer.next(kBlockBytes);
    if (auto fed = feed.block(block); !fed || block.empty()) return fed;
  }
}

Result<void> feed_inflated(std::unique_ptr<AnswerBytes> answer, Feed& feed) {
  auto source = decompressed(std::move(answer));
  if (!source) return std::unexpected(std::move(source.error()));
  std::vector<std::byte> block(kBlockBytes);
  for (;;) {
    auto got = (*source)->read(block);
    if (!got) return std::unexpected(std::move(got.error()));
    if (auto fed = feed.block(std::span(block).first(*got)); !fed || *got == 0) return fed;
  }
}

}  // namespace

Answer::Answer(std::span<const std::byte> bytes, const ConvertOptions& options)
    : bytes_(bytes), options_(options), is_compressed_(table::is_compressed(bytes)) {}

Result<ConvertedTable> Answer::read(RowTaker& taker, NewFile* copy) const {
  RowStream rows(options_.limits, taker);
  VotableDocument document(options_.limits, rows);
  document.leave_status_to_caller();
  Feed feed(document, copy);
  auto fed = is_compressed_ ? feed_inflated(std::make_unique<AnswerBytes>(bytes_, options_.is_mapped), feed)
                            : feed_plain(AnswerBytes(bytes_, options_.is_mapped), feed);
  if (!fed) return std::unexpected(std::move(fed.error()));
  if (auto finished = rows.finish(); !finished) return std::unexpected(std::move(finished.error()));
  ConvertedTable table;
  table.rows = rows.rows();
  table.bytes = feed.copied();
  for (const auto& field : document.take_table().fields) table.columns.push_back(field.column);
  table.parameters = std::move(document.parameters());
  table.status_text = document.status_text();
  return table;
}

}  // namespace garner::table
