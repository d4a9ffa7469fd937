// What is read out of a harvest's journal, on the caller's thread.
#include "base/number_text.h"
#include "harvest/service/service_impl.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

constexpr std::size_t kLinesMost = 10'000;

Result<std::uint16_t> type_named(const HarvestFiles& files, const std::string& name) {
  const auto type = std::ranges::find(files.types, name);
  if (type == files.types.end())
    return fail(Kind::NotFound, "'{}' holds {}, not {}", files.name, fmt::join(files.types, ", "), printable(name, 60));
  return static_cast<std::uint16_t>(type - files.types.begin());
}

std::string attempts_text(const ChunkRecord& record) {
  std::string text = counted(record.requests, "attempt", "attempts");
  if (record.blocked) text += ", waits for garner retry";
  if (!record.last_error.empty()) text += ", the last one: " + record.last_error;
  return text;
}

std::string chunk_text(const std::string& type, std::uint32_t block, const ChunkRecord& record, std::uint32_t ids) {
  std::string text = fmt::format("{} chunk {}:", type, block);
  for (const Outcome outcome : {Outcome::Pending, Outcome::Delivered, Outcome::Absent, Outcome::Failed}) {
    const std::uint32_t count =
        record.outcomes.empty() && outcome == Outcome::Pending ? ids : record.count(outcome, ids);
    if (count > 0) text += fmt::format(" {} {},", count, outcome_name(outcome));
  }
  return text + " " + attempts_text(record);
}

std::string source_text(const std::string& type, std::uint32_t block, const ChunkRecord& record, SourceId id,
                        std::size_t place) {
  const Outcome outcome = record.outcomes.empty() ? Outcome::Pending : record.outcomes[place];
  std::string text =
      fmt::format("{} {}: {}, in chunk {} ({})", type, id.value, outcome_name(outcome), block, attempts_text(record));
  const auto reason = record.failures.find(static_cast<std::uint32_t>(place));
  if (outcome == Outcome::Failed && reason != record.failures.end()) text += "; " + reason->second;
  return text;
}

// How a chunk, or a source in it, stands.
Result<std::vector<std::string>> standing(ledger::Ledger& ledger, const HarvestFiles& files, std::uint32_t block,
                                          std::optional<std::uint16_t> only, std::optional<SourceId> source) {
  const auto ids = ledger.ids(files.no, block);
  if (!ids) return std::unexpected(ids.error());
  std::size_t place = 0;
  if (source) {
    const auto at = std::ranges::lower_bound(*ids, *source);
    if (at == ids->end() || *at != *source)
      return fail(Kind::NotFound, "{} is not among the sources of '{}'", source->value, files.name);
    place = static_cast<std::size_t>(at - ids->begin());
  }
  std::vector<std::string> lines;
  for (std::uint16_t type = 0; type < files.types.size(); ++type) {
    if (only && *only != type) continue;
    const auto record = ledger.chunk({files.no, type, block});
    if (!record) return std::unexpected(record.error());
    lines.push_back(source ? source_text(files.types[type], block, *record, *source, place)
                           : chunk_text(files.types[type], block, *record, static_cast<std::uint32_t>(ids->size())));
  }
  return lines;
}

// Of a chunk's attempts those in which the source was asked for.
bool asked_for(const ledger::JournalEntry& entry, SourceId source) {
  return entry.attempt && entry.attempt->first <= source && source <= entry.attempt->last;
}

}  // namespace

Result<LogPage> EngineService::log(const std::string& name, const LogQuestion& question) {
  const auto harvest = files(name);
  if (!harvest) return std::unexpected(harvest.error());
  const HarvestFiles& h = **harvest;
  ledger::JournalWanted wanted{
      question.chunk, {}, question.after, std::clamp<std::size_t>(question.most, 1, kLinesMost)};
  if (!question.retrieval_type.empty()) {
    const auto type = type_named(h, question.retrieval_type);
    if (!type) return std::unexpected(type.error());
    wanted.type = *type;
  }
  if (question.source) {
    const auto block = ledger_.find_block(h.no, *question.source);
    if (!block) return std::unexpected(block.error());
    if (!*block) return fail(Kind::NotFound, "{} is not among the sources of '{}'", question.source->value, name);
    wanted.block = **block;
  }
  LogPage page;
  if (wanted.block) {
    if (*wanted.block >= h.blocks)
      return fail(Kind::NotFound, "'{}' has chunks 0 to {}{}, no chunk {}", name, std::max(h.blocks, 1u) - 1,
                  h.types.size() > 1 ? " of each type" : "", *wanted.block);
    auto about = standing(ledger_, h, *wanted.block, wanted.type, question.source);
    if (!about) return std::unexpected(about.error());
    page.about = std::move(*about);
  }
  auto entries = ledger_.journal(h.no, wanted);
  if (!entries) return std::unexpected(entries.error());
  for (auto& entry : *entries) {
    if (question.source && !asked_for(entry, *question.source)) continue;
    std::string type =
        entry.attempt && entry.attempt->type < h.types.size() ? h.types[entry.attempt->type] : std::string();
    page.lines.push_back({std::move(entry), std::move(type)});
  }
  return page;
}

}  // namespace garner::harvest
