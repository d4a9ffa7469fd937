#include "manifest/id_list.h"

#include "manifest/id_sink.h"
#include "table/peeked_source.h"

namespace garner::manifest {

namespace {

// Enough to see how a list begins behind its comments, and the columns of nearly every table.
constexpr std::size_t kHeadBytes = 256u << 10;
constexpr std::size_t kShownBytes = 60;

}  // namespace

Result<void> IdSink::refuse(std::string_view text, std::string_view reason, std::uint64_t row, bool is_line) {
  ++counts_.rows;
  ++counts_.refused;
  return refused_({row, is_line, printable(text, kShownBytes), std::string(reason)});
}

Result<void> IdSink::text(std::string_view text, std::uint64_t row, bool is_line) {
  const auto id = parse_id_text(text, options_.release);
  return id ? accept(*id) : refuse(text, id.error().detail, row, is_line);
}

Result<void> IdSink::hand_on() {
  if (batch_.empty()) return {};
  for (const auto id : batch_) trap_.see(id);
  counts_.rows += batch_.size();
  counts_.accepted += batch_.size();
  auto taken = take_(batch_);
  batch_.clear();
  return taken;
}

Result<IdListCounts> IdSink::finish(std::string_view name) {
  if (auto handed = hand_on(); !handed) return std::unexpected(std::move(handed.error()));
  if (counts_.rows == 0) return fail(Kind::Invalid, "{}: holds no source_id", name);
  if (trap_.spoiled()) {
    return fail(Kind::Invalid,
                "{}: these ids went through a floating-point number on their way (every one of them is exactly a "
                "double), so their last digits are "
                "wrong and they name other sources. Make the list again with source_id as a 64-bit integer or a text",
                name);
  }
  return counts_;
}

Result<IdListCounts> read_id_list(const std::string& path, const IdListOptions& options, const TakeIds& take,
                                  const TakeRefused& refused) {
  const std::string name = path == "-" ? "standard input" : path;
  auto file = table::from_file(path);
  if (!file) return std::unexpected(std::move(file.error()));
  auto inflated = table::decompressed(std::move(*file), table::ZstdWindow::Large);
  if (!inflated) return with_context(std::move(inflated.error()), "{}", name);
  auto source = table::PeekedSource::peek(std::move(*inflated), kHeadBytes);
  if (!source) return with_context(std::move(source.error()), "{}", name);
  const auto bytes = (*source)->head();
  std::string head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  IdSink sink(options, take, refused);
  const PlainKind kind = plain_kind(head);
  const bool plain_way = kind == PlainKind::Bare || (kind == PlainKind::WithHeader && !options.column);
  auto read =
      plain_way ? read_plain_ids(**source, kind, sink) : read_table_ids(std::move(head), std::move(*source), sink);
  if (!read) return with_context(std::move(read.error()), "{}", name);
  return sink.finish(name);
}

}  // namespace garner::manifest
