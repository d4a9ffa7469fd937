// A submission: checks everything that can be checked before a single id is kept, sorts and dedupes the ids, and makes
// the harvest appear whole.
#include <openssl/evp.h>

#include <ctime>

#include "harvest/intake.h"
#include "harvest/plan.h"
#include "harvest/service_impl.h"

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

// The same directory, or one inside the other. Both canonical.
bool overlap(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto [a_end, b_end] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return a_end == a.end() || b_end == b.end();
}

// What a manifest comes to with its archive's profile.
struct Checked {
  manifest::Manifest manifest;
  archive::Profile profile;
  std::vector<std::string> types;
  std::uint32_t chunk_size = 0;
};

Result<Checked> check(const std::string& text, const std::string& file, const ServiceOptions& options) {
  Checked out;
  auto parsed = manifest::parse_manifest(text, file);
  if (!parsed) return std::unexpected(parsed.error());
  out.manifest = std::move(*parsed);
  if (out.manifest.output_group && options.find_group && !options.find_group(*out.manifest.output_group)) {
    return fail(Kind::Invalid, "{}: output.group: there is no group '{}' on this machine", file,
                printable(*out.manifest.output_group, 60));
  }
  auto profile = options.find_profile(out.manifest.archive);
  if (!profile) return with_context(profile.error(), "{}: archive", file);
  out.profile = std::move(*profile);
  auto types = archive::expand_retrieval_types(out.profile, out.manifest.release, out.manifest.retrieval_types);
  if (!types) return with_context(types.error(), "{}", file);
  out.types = std::move(*types);
  const archive::Manners& manners = out.profile.manners;
  out.chunk_size = out.manifest.chunk_size_given ? out.manifest.chunk_size : manners.ids_per_request;
  if (out.chunk_size > manners.ids_per_request_most) {
    return fail(Kind::Invalid, "{}: chunk_size: {} takes at most {} ids a request, not {}", file, out.profile.title,
                manners.ids_per_request_most, out.chunk_size);
  }
  return out;
}

}  // namespace

class EngineSubmission final : public Submission {
 public:
  EngineSubmission(EngineService& service, Peer peer, std::string text, std::string file, Checked checked)
      : service_(service),
        peer_(peer),
        text_(std::move(text)),
        file_(std::move(file)),
        checked_(std::move(checked)),
        sorter_(service.options_.spill_directory) {}
  ~EngineSubmission() override;

  // Takes the name and the directory, or tells who has them.
  Result<void> reserve();
  Result<void> add_ids(std::span<const SourceId> ids) override { return sorter_.add(ids); }
  Result<void> add_refused(const ledger::RefusedRow& row) override;
  Result<SubmitResult> finish(bool plan_only) override;

 private:
  Result<void> reserve_name();
  Result<void> reserve_directory();
  Result<void> refuse_directory(const Error& error);
  Result<void> begin_intake();
  ledger::HarvestRecord record(std::string hash) const;

  EngineService& service_;
  const Peer peer_;
  const std::string text_, file_;
  Checked checked_;
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
  name_reserved_ = service_.names_coming_.insert(name).second;
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

Result<SubmitResult> EngineSubmission::finish(bool plan_only) {
  if (sorter_.added() == 0) {
    return fail(Kind::Invalid, "{}: sources: no source_id was found{}; a harvest needs at least one", file_,
                refused_ > 0 ? fmt::format(" ({} rows were refused)", refused_) : std::string());
  }
  const bool keeps = !plan_only && !existing_;
  if (keeps) {
    if (auto begun = begin_intake(); !begun) return std::unexpected(begun.error());
  }
  Sha256Stream hash;
  hash.add(text_.data(), text_.size());
  auto sorted = sorter_.finish([&](std::span<const SourceId> ids) -> Result<void> {
    hash.add(ids.data(), ids.size_bytes());
    return keeps ? intake_->add(ids) : Result<void>{};
  });
  if (!sorted) return std::unexpected(sorted.error());

  SubmitResult result;
  const auto free = output::free_bytes(existing_ ? std::filesystem::path(existing_->output_directory).parent_path()
                                                 : directory_.parent_path());
  result.plan = make_plan({checked_.manifest, checked_.profile, checked_.types, checked_.chunk_size, sorter_.distinct(),
                           sorter_.added() - sorter_.distinct(), refused_, free.value_or(0)});
  const std::string digest = hash.hex();
  if (existing_) {
    if (existing_->manifest_hash != digest) {
      return fail(Kind::Conflict,
                  "{}: harvest: '{}' is already here with the same manifest but other ids; choose another name", file_,
                  existing_->name);
    }
    result.already_here = true;
  }
  if (keeps) {
    auto committed = intake_->commit(record(digest));
    if (!committed) return std::unexpected(committed.error());
    auto added = service_.on_loop<Result<void>>([this, &committed] { return service_.engine_.add(*committed); });
    if (!added)
      return with_context(added.error(), "'{}' is kept, but can't be taken up before the daemon's next start",
                          committed->name);
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
  auto checked = check(manifest_text, manifest_file, options_);
  if (!checked) return std::unexpected(checked.error());
  auto submission = std::make_unique<EngineSubmission>(*this, peer, std::move(manifest_text), std::move(manifest_file),
                                                       std::move(*checked));
  if (auto reserved = submission->reserve(); !reserved) return std::unexpected(reserved.error());
  return submission;
}

}  // namespace garner::harvest
