#include "harvest/service/submission_questions.h"

#include "base/log.h"
#include "harvest/intake/source_query.h"
#include "ivoa/adql.h"
#include "policy/partition.h"
#include "product/table_answer.h"

namespace garner::harvest {

namespace {

constexpr std::chrono::seconds kTrialPatience{30};
constexpr std::chrono::seconds kCountPatience{120};

// The archive's verdict on the question itself, not on the moment.
bool is_verdict(Kind kind) {
  return kind == Kind::Unsupported || kind == Kind::Invalid || kind == Kind::NotFound;
}

}  // namespace

Result<http::Body> SubmissionQuestions::ask(const std::string& adql, std::chrono::seconds patience) {
  archive::TapQuestion question;
  question.adql = adql;
  return service_.on_loop<Result<http::Body>>([this, &question, patience] {
    return service_.engine_.inquire(checked_.manifest.archive, std::move(question),
                                    service_.executor_.now() + patience);
  });
}

// Each query of the manifest, with the key where it stands, about next to nothing.
Result<std::vector<SubmissionQuestions::Trial>> SubmissionQuestions::trials() const {
  const manifest::Manifest& manifest = checked_.manifest;
  std::vector<Trial> out;
  if (manifest.sources.by_query()) {
    const std::string adql = source_adql(manifest, checked_.profile);
    auto trial = ivoa::with_condition(adql, ivoa::between(manifest.sources.column.value_or("source_id"), 1, 1));
    const bool of_ids = trial.has_value();
    if (!trial) trial = ivoa::count_of(adql);
    if (!trial) return with_context(trial.error(), "{}: sources", file_);
    out.push_back({"sources", std::move(*trial), of_ids});
  }
  const std::array<SourceId, 1> one{SourceId{1}};
  for (const auto& table : manifest.tables)
    out.push_back({"tables: " + table.name, ivoa::rows_by_ids(table.name, table.columns, table.id_column, one)});
  if (manifest.kind == manifest::HarvestKind::Query) {
    const policy::PartRange first{manifest.partition.from, manifest.partition.from, false};
    auto trial = ivoa::with_condition(manifest.adql, policy::condition_of(manifest.partition, first));
    if (!trial) return with_context(trial.error(), "{}: adql", file_);
    out.push_back({"adql", std::move(*trial)});
  }
  return out;
}

Result<void> SubmissionQuestions::try_out() {
  auto queries = trials();
  if (!queries) return std::unexpected(queries.error());
  for (const auto& [key, adql, of_ids] : *queries) {
    const auto answer = ask(adql, kTrialPatience);
    if (answer && of_ids) {
      const auto ids = product::read_ids_answer(answer->bytes(), checked_.manifest.sources.column.value_or(""), 0,
                                                [](std::span<const SourceId>) { return Result<void>{}; });
      if (!ids && ids.error().kind == Kind::Malformed)
        return fail(Kind::Invalid, "{}: {}: {}", file_, key, printable(ids.error().detail, 2000));
    }
    if (answer) continue;
    if (is_verdict(answer.error().kind))
      return fail(Kind::Invalid, "{}: {}: the archive says: {}", file_, key, printable(answer.error().detail, 2000));
    log::info("{}: {} could not be tried out: {}", checked_.manifest.harvest, key, printable(answer.error().detail));
    return {};
  }
  return {};
}

Result<std::optional<std::uint64_t>> SubmissionQuestions::count() {
  const manifest::Manifest& manifest = checked_.manifest;
  Result<std::string> whole = std::string();
  if (manifest.sources.by_query())
    whole = source_adql(manifest, checked_.profile);
  else if (manifest.kind == manifest::HarvestKind::Query)
    whole = ivoa::with_condition(manifest.adql, policy::condition_of_all(manifest.partition));
  if (whole && whole->empty()) return std::optional<std::uint64_t>();
  if (whole) whole = ivoa::count_of(*whole);
  if (!whole) return with_context(whole.error(), "{}", file_);
  const auto answer = ask(*whole, kCountPatience);
  if (!answer && is_verdict(answer.error().kind))
    return fail(Kind::Invalid, "{}: the archive says: {}", file_, printable(answer.error().detail, 2000));
  if (!answer) return with_context(answer.error(), "{}: counting at the archive", file_);
  auto count = product::read_count_answer(answer->bytes());
  if (!count) return with_context(count.error(), "{}: counting at the archive", file_);
  return std::optional(*count);
}

}  // namespace garner::harvest
