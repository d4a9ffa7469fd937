// A submission: checks everything that can be checked before a single id is kept, sorts and dedupes the ids, and makes
// the harvest appear whole.
#include <openssl/evp.h>

#include <ctime>
#include <ranges>

#include "harvest/intake/id_sorter.h"
#include "harvest/service/plan.h"
#include "harvest/service/service_impl.h"
#include "harvest/service/submission_check.h"
#include "harvest/service/submission_questions.h"
#include "policy/partition.h"

namespace garner::harvest {

namespace {

class Sha256Stream {
 public:
  Sha256Stream() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Sha256Stream() { EVP_MD_CTX_free(context_); }
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void add(const void* bytes, std::size_t size) { EVP_DigestUpdate(context_, bytes, size); }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_, digest, &size);
    return fmt::format("{:02x}", fmt::join(digest, digest + size, ""));
  }

 private:
  EVP_MD_CTX* context_;
};

// Each sorts in memory of its own (IdSorter: 32 MiB).
constexpr std::size_t kSubmissionsMost = 8;
constexpr std::size_t kSubmissionsOfAUserMost = 4;
// Some archives hold two thousand million sources. Ids wait on the state directory's disk to be sorted.
constexpr std::uint64_t kIdsMost = 4'000'000'000;

// The same directory, or one inside the other. Both canonical.
bool overlap(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto [a_end, b_end] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return a_end == a.end() || b_end == b.end();
}

}  // namespace

class EngineSubmission final : public Submission {
 public:
  EngineSubmission(EngineService& service, Peer peer, std::string text, std::string file, CheckedManifest checked)
      : service_(service),
        peer_(peer),
        text_(std::move(text)),
        file_(std::move(file)),
        checked_(std::move(checked)),
        sorter_(service.options_.spill_directory, service.ask([&service] { return service.engine_.room_to_spill(); })) {
  }
  ~EngineSubmission() override;

  // Takes the name and the directory, or tells who has them.
  Result<void> reserve();
  Result<void> add_ids(std::span<const SourceId> ids) override;
  Result<void> add_refused(const ledger::RefusedRow& row) override;
  Result<SubmitResult> finish(bool plan_only) override;

 private:
  Result<void> reserve_name();
  Result<void> reserve_directory();
  Result<void> refuse_directory(const Error& error);
  Result<void> begin_intake();
  Result<void> complete_ids();
  Result<std::string> sort_ids(bool keeps);
  Plan plan(const std::optional<std::uint64_t>& counted);
  TimeZone zone() const;
  Result<void> check_deadline() const;
  Result<void> keep(const std::string& digest);
  ledger::HarvestRecord record(std::string hash) const;

  EngineService& service_;
  const Peer peer_;
  const std::string text_, file_;
  CheckedManifest checked_;
  IdSorter sorter_;
  std::unique_ptr<ledger::Intake> intake_;  // from the first refused row on, else from finish() on
  std::uint64_t refused_ = 0;
  std::filesystem::path directory_;
  std::optional<ledger::HarvestRecord> existing_;
  bool name_reserved_ = false, directory_reserved_ = false;
};

EngineSubmission::~EngineSubmission() {
  const std::lock_guard lock(service_.mutex_);
  if (name_reserved_) service_.names_coming_.erase(checked_.manifest.harvest);
  if (directory_reserved_) service_.directories_coming_.erase(directory_);
}

// What is reserved is reserved before it is looked up: else another submission could come and go in between.
Result<void> EngineSubmission::reserve() {
  const std::string& name = checked_.manifest.harvest;
  if (auto reserved = reserve_name(); !reserved) return reserved;
  existing_ = service_.ask([this, &name]() -> std::optional<ledger::HarvestRecord> {
    auto run = service_.engine_.find(name);
    return run ? std::optional(run->record()) : std::nullopt;
  });
  if (!existing_) return reserve_directory();
  if (existing_->manifest == text_) return {};
  return fail(Kind::Conflict,
              "{}: harvest: '{}' is already here with another manifest; choose another name, or remove it first: "
              "garner remove {}",
              file_, name, name);
}

Result<void> EngineSubmission::reserve_name() {
  const std::string& name = checked_.manifest.harvest;
  const std::lock_guard lock(service_.mutex_);
  if (service_.names_coming_.contains(name)) {
    return fail(Kind::Conflict, "{}: another submission of '{}' is under way; try again when it has ended", file_,
                name);
  }
  if (service_.names_coming_.size() >= kSubmissionsMost) {
    return fail(Kind::Conflict,
                "{} submissions are under way, more would not fit the daemon's memory; try again when one has ended",
                kSubmissionsMost);
  }
  const auto own = std::ranges::count(service_.names_coming_ | std::views::values, peer_.uid);
  if (static_cast<std::size_t>(own) >= kSubmissionsOfAUserMost) {
    return fail(Kind::Conflict, "{} submissions of yours are under way; try again when one has ended", own);
  }
  name_reserved_ = service_.names_coming_.emplace(name, peer_.uid).second;
  return {};
}

// Whose a directory is says more than that it is not empty.
Result<void> EngineSubmission::refuse_directory(const Error& error) {
  std::error_code ignored;
  const auto directory = std::filesystem::weakly_canonical(checked_.manifest.output_directory, ignored);
  const auto owner = service_.ask([&]() -> std::string {
    for (const auto& status : service_.engine_.list()) {
      if (status.output_directory == directory.string()) return status.name;
    }
    return {};
  });
  if (owner.empty()) return with_context(error, "{}", file_);
  return fail(Kind::Conflict, "{}: output.directory: {} belongs to harvest '{}'; choose another", file_,
              directory.string(), owner);
}

Result<void> EngineSubmission::reserve_directory() {
  std::vector<std::string> roots;
  {
    const std::lock_guard lock(service_.mutex_);
    roots = service_.options_.output_roots;
  }
  auto canonical = output::check_output_directory(checked_.manifest.output_directory, roots);
  if (!canonical) return refuse_directory(canonical.error());
  directory_ = *canonical;
  {
    const std::lock_guard lock(service_.mutex_);
    for (const auto& coming : service_.directories_coming_) {
      if (overlap(coming, directory_)) {
        return fail(Kind::Conflict,
                    "{}: output.directory: {} overlaps {}, which a submission under way is to write; choose another",
                    file_, directory_.string(), coming.string());
      }
    }
    directory_reserved_ = service_.directories_coming_.insert(directory_).second;
  }
  auto owner = service_.ask([this]() -> std::optional<HarvestStatus> {
    for (auto& status : service_.engine_.list()) {
      if (overlap(status.output_directory, directory_)) return std::move(status);
    }
    return std::nullopt;
  });
  if (!owner) return {};
  return fail(Kind::Conflict, "{}: output.directory: {} overlaps {}, which belongs to harvest '{}'; choose another",
              file_, directory_.string(), owner->output_directory, owner->name);
}

Result<void> EngineSubmission::begin_intake() {
  if (intake_) return {};
  auto begun = service_.ledger_.begin_intake(checked_.chunk_size);
  if (!begun) return std::unexpected(begun.error());
  intake_ = std::move(*begun);
  return {};
}

Result<void> EngineSubmission::add_ids(std::span<const SourceId> ids) {
  if (ids.size() > kIdsMost - sorter_.added())
    return fail(Kind::TooLarge, "{}: sources: more than {} ids; make several harvests of them", file_, kIdsMost);
  auto added = sorter_.add(ids);
  return added ? added : with_context(added.error(), "{}: sources", file_);
}

// Straight into the intake: a million of them are no load on memory. Nothing of it stays if the submission does not end
// well.
Result<void> EngineSubmission::add_refused(const ledger::RefusedRow& row) {
  constexpr std::uint64_t kKept = 1'000'000;  // the rest is only counted
  if (refused_++ >= kKept || existing_) return {};
  if (auto begun = begin_intake(); !begun) return begun;
  return intake_->add_refused(row);
}

ledger::HarvestRecord EngineSubmission::record(std::string hash) const {
  ledger::HarvestRecord record;
  record.name = checked_.manifest.harvest;
  record.manifest = text_;
  record.manifest_hash = std::move(hash);
  record.output_directory = directory_;
  record.retrieval_types = checked_.types;
  record.chunk_size = checked_.chunk_size;
  record.duplicates = sorter_.added() - sorter_.distinct();
  record.refused = refused_;
  record.submitter_uid = peer_.uid;
  record.submitter_gid = peer_.gid;
  record.submitted_s = std::time(nullptr);
  return record;
}

// The ids of a list; the numbers of a query's parts; none where the archive is still to be asked for them.
Result<void> EngineSubmission::complete_ids() {
  const manifest::Manifest& manifest = checked_.manifest;
  const bool brings_ids = manifest.kind != manifest::HarvestKind::Query && !manifest.sources.by_query();
  if (brings_ids && sorter_.added() == 0) {
    return fail(Kind::Invalid, "{}: sources: no source_id was found{}; a harvest needs at least one", file_,
                refused_ > 0 ? fmt::format(" ({} rows were refused)", refused_) : std::string());
  }
  if (!brings_ids && sorter_.added() + refused_ > 0)
    return fail(Kind::Malformed, "{}: its sources are asked for at the archive, but ids came along", file_);
  if (manifest.kind != manifest::HarvestKind::Query) return {};
  std::vector<SourceId> parts(policy::part_count(manifest.partition));
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = SourceId{i + 1};
  return sorter_.add(parts);
}

// Into the ledger, if `keeps`; the digest of manifest and ids.
Result<std::string> EngineSubmission::sort_ids(bool keeps) {
  Sha256Stream hash;
  hash.add(text_.data(), text_.size());
  auto sorted = sorter_.finish([&](std::span<const SourceId> ids) -> Result<void> {
    hash.add(ids.data(), ids.size_bytes());
    return keeps ? intake_->add(ids) : Result<void>{};
  });
  if (!sorted) return with_context(sorted.error(), "{}: sources", file_);
  return hash.hex();
}

TimeZone EngineSubmission::zone() const {
  const std::string& name = checked_.manifest.timing.time_zone;
  return name.empty() ? TimeZone::host() : TimeZone::find(name).value_or(TimeZone());
}

// One that is over already keeps a new harvest from starting at all.
Result<void> EngineSubmission::check_deadline() const {
  const auto& deadline = checked_.manifest.timing.deadline;
  if (!deadline || zone().first(*deadline) > std::chrono::system_clock::now()) return {};
  return fail(Kind::Invalid, "{}: deadline: it is over (by the clocks of {}); nothing would be asked for", file_,
              zone().name());
}

Plan EngineSubmission::plan(const std::optional<std::uint64_t>& counted) {
  const auto free = output::free_bytes(existing_ ? std::filesystem::path(existing_->output_directory).parent_path()
                                                 : directory_.parent_path());
  PlanInput input{checked_.manifest,
                  checked_.profile,
                  checked_.types,
                  checked_.chunk_size,
                  sorter_.distinct(),
                  sorter_.added() - sorter_.distinct(),
                  refused_,
                  free.value_or(0),
                  zone(),
                  std::chrono::system_clock::now()};
  if (counted && checked_.manifest.sources.by_query()) input.sources = *counted;
  Plan plan = make_plan(input);
  plan.counted_by_archive = counted.has_value();
  if (counted && checked_.manifest.kind == manifest::HarvestKind::Query) plan.rows = *counted;
  return plan;
}

// Makes the harvest appear, and the engine take it up.
Result<void> EngineSubmission::keep(const std::string& digest) {
  auto kept = checked_.manifest.sources.by_query() ? service_.ledger_.announce(record(digest))
                                                   : intake_->commit(record(digest));
  if (!kept) return std::unexpected(kept.error());
  auto added = service_.on_loop<Result<void>>([this, &kept] { return service_.engine_.add(*kept); });
  if (!added)
    return with_context(added.error(), "'{}' is kept, but can't be taken up before the daemon's next start",
                        kept->name);
  return {};
}

Result<SubmitResult> EngineSubmission::finish(bool plan_only) {
  if (auto complete = complete_ids(); !complete) return std::unexpected(complete.error());
  const bool keeps = !plan_only && !existing_;
  const bool by_query = checked_.manifest.sources.by_query();
  if (keeps) {
    if (auto in_time = check_deadline(); !in_time) return std::unexpected(in_time.error());
  }
  // The archive's own verdict on the question, before anything is kept.
  SubmissionQuestions questions(service_, checked_, file_);
  std::optional<std::uint64_t> counted;
  if (plan_only) {
    auto count = questions.count();
    if (!count) return std::unexpected(count.error());
    counted = *count;
  }
  if (keeps) {
    if (auto tried = questions.try_out(); !tried) return std::unexpected(tried.error());
  }
  if (keeps && !by_query) {
    if (auto begun = begin_intake(); !begun) return std::unexpected(begun.error());
  }
  auto digest = sort_ids(keeps && !by_query);
  if (!digest) return std::unexpected(digest.error());

  SubmitResult result;
  result.plan = plan(counted);
  if (existing_) {
    if (existing_->manifest_hash != *digest) {
      return fail(Kind::Conflict,
                  "{}: harvest: '{}' is already here with the same manifest but other ids; choose another name", file_,
                  existing_->name);
    }
    result.already_here = true;
  }
  if (keeps) {
    if (auto kept = keep(*digest); !kept) return std::unexpected(kept.error());
  }
  if (!plan_only || existing_) {
    auto status = service_.status(checked_.manifest.harvest);
    if (!status) return std::unexpected(status.error());
    result.status = std::move(*status);
  }
  return result;
}

Result<std::unique_ptr<Submission>> EngineService::submit(Peer peer, std::string manifest_text,
                                                          std::string manifest_file) {
  auto checked = check_manifest(manifest_text, manifest_file, options_);
  if (!checked) return std::unexpected(checked.error());
  auto submission = std::make_unique<EngineSubmission>(*this, peer, std::move(manifest_text), std::move(manifest_file),
                                                       std::move(*checked));
  if (auto reserved = submission->reserve(); !reserved) return std::unexpected(reserved.error());
  return submission;
}

}  // namespace garner::harvest
