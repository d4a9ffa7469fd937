#include "harvest/intake/source_query.h"

#include "ivoa/adql.h"
#include "product/table_answer.h"

namespace garner::harvest {

namespace {

// Every id that HEALPix gives (12 base pixels of 2^59 ids each), and the pixels themselves.
constexpr std::uint64_t kIdsOfBasePixel = std::uint64_t{1} << 59;
constexpr IdRange kAll{1, 12 * kIdsOfBasePixel - 1};

}  // namespace

std::string source_adql(const manifest::Manifest& manifest, const archive::Profile& profile) {
  const manifest::Sources& sources = manifest.sources;
  if (!sources.adql.empty()) return sources.adql;
  const std::string& table = sources.table.empty() ? profile.tap.cone_table : sources.table;
  const std::string column = sources.column.value_or("source_id");
  return sources.cone ? ivoa::ids_of_cone(table, column, *sources.cone) : ivoa::ids_of_box(table, column, *sources.box);
}

FoundSources::FoundSources(const manifest::Manifest& manifest, const std::filesystem::path& spill_directory,
                           SpillRoom room)
    : manifest_(manifest),
      sorter_(spill_directory, std::move(room)),
      to_ask_{kAll},
      column_(manifest.sources.column.value_or("")) {}

std::optional<IdRange> FoundSources::next() const {
  return to_ask_.empty() ? std::nullopt : std::optional(to_ask_.back());
}

Result<archive::TapQuestion> FoundSources::question(const archive::Profile& profile) const {
  archive::TapQuestion question;
  question.adql = source_adql(manifest_, profile);
  question.by_job = true;
  const IdRange range = to_ask_.back();
  if (range == kAll) return question;
  auto part = ivoa::with_condition(
      question.adql, ivoa::between(column_.empty() ? "source_id" : column_, static_cast<std::int64_t>(range.first),
                                   static_cast<std::int64_t>(range.last)));
  if (!part) return std::unexpected(part.error());
  question.adql = std::move(*part);
  return question;
}

Result<void> FoundSources::take(std::span<const std::byte> answer, std::uint64_t row_limit) {
  auto read = product::read_ids_answer(answer, column_, row_limit,
                                       [this](std::span<const SourceId> ids) { return sorter_.add(ids); });
  if (!read) return std::unexpected(read.error());
  without_id_ += read->without_id;
  to_ask_.pop_back();
  return {};
}

Result<void> FoundSources::split(const Error& why, const archive::Profile& profile) {
  const IdRange range = to_ask_.back();
  const std::uint64_t ids = range.last - range.first + 1;
  if (ids == 1) return std::unexpected(why);
  std::vector<IdRange> parts;
  if (range == kAll) {
    for (std::uint64_t pixel = 0; pixel < 12; ++pixel)
      parts.push_back({std::max(pixel * kIdsOfBasePixel, kAll.first), (pixel + 1) * kIdsOfBasePixel - 1});
  } else {
    const std::uint64_t middle = range.first + ids / 2;
    parts = {{range.first, middle - 1}, {middle, range.last}};
  }
  to_ask_.pop_back();
  to_ask_.insert(to_ask_.end(), parts.rbegin(), parts.rend());
  // A query that can't be cut is told as such at once, with what made it necessary.
  if (auto part = question(profile); !part)
    return fail(Kind::Invalid, "{}; and the query can't be asked in parts: {}", why.detail, part.error().detail);
  return {};
}

Result<ledger::HarvestRecord> FoundSources::commit(ledger::Ledger& ledger, ledger::HarvestRecord announced) {
  if (sorter_.added() == 0) return fail(Kind::Invalid, "the query found no source");
  auto intake = ledger.begin_intake(announced.chunk_size);
  if (!intake) return std::unexpected(intake.error());
  if (without_id_ > 0) {
    const ledger::RefusedRow row{"the query's answer", "", fmt::format("{} rows hold no source_id", without_id_)};
    if (auto added = (*intake)->add_refused(row); !added) return std::unexpected(added.error());
  }
  auto sorted = sorter_.finish([&](std::span<const SourceId> ids) { return (*intake)->add(ids); });
  if (!sorted) return std::unexpected(sorted.error());
  announced.duplicates = sorter_.added() - sorter_.distinct();
  announced.refused = without_id_;
  announced.source_job.clear();
  announced.source_job_first = announced.source_job_last = 0;
  return (*intake)->commit(std::move(announced));
}

}  // namespace garner::harvest
