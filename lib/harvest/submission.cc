// A submission: checks everything that can be checked before a single id is kept, sorts and dedupes the ids, and makes the harvest appear whole.
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
    return fail(Kind::Invalid, "{}: output.group: there is no group '{}' on this machine", file, printable(*out.manifest.output_group, 60));
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
    return fail(Kind::Invalid, "{}: chunk_size: {} takes at most {} ids a request, not {}", file, out.profile.title, manners.ids_per_request_most,
                out.chunk_size);
  }
  return out;
}

}  // namespace

class EngineSubmission final : public Submission {
 public:
  EngineSubmission(EngineService& service, Peer peer, std::string text, std::string file, Checked checked)
      : service_(service), peer_(peer), text_(std::move(text)), file_(std::move(file)), checked_(std::move(checked)),
        sorter_(service.options_.spill_directory) {}
  ~EngineSubmission() override;

  // Takes the name and the directory, or tells who has them.
  Result<void> reserve();
  Result<void> add_ids(std::span<const SourceId> ids) override { return sorter_.add(ids); }
  Result<void> add_refused(const ledger::RefusedRow& row) override;
  Result<SubmitResult> finish(bool plan_only) override;

 private:
  Result<void> check_directory();
  ledger::HarvestRecord record(std::string hash) const;

  EngineService& service_;
  const Peer peer_;
  const std::string text_, file_;
  Checked checked_;
  IdSorter sorter_;
  std::vector<ledger::RefusedRow> refused_rows_;  // the first ones; the rest is only counted
  std::uint64_t refused_ = 0;
  std::filesystem::path directory_;
  std::optional<ledger::HarvestRecord> existing_;
  bool reserved_ = false;
};

EngineSubmission::~EngineSubmission() {
  if (!reserved_) return;
  const std::lock_guard lock(service_.mutex_);
  service_.names_coming_.erase(checked_.manifest.harvest);
  service_.directories_coming_.erase(directory_);
}

Result<void> EngineSubmission::check_directory() {
  std::vector<std::string> roots;
  {
    const std::lock_guard lock(service_.mutex_);
    roots = service_.options_.output_roots;
  }
  auto canonical = output::check_output_directory(checked_.manifest.output_directory, roots);
  if (!canonical) return with_context(canonical.error(), "{}: output.directory", file_);
  directory_ = *canonical;
  auto owner = service_.ask([this]() -> std::string {
    for (const auto& status : service_.engine_.list()) {
      if (status.output_directory == directory_.string()) return status.name;
    }
    return {};
  });
  if (!owner.empty()) {
    return fail(Kind::Conflict, "{}: output.directory: {} belongs to harvest '{}'; choose another", file_, directory_.string(), owner);
  }
  return {};
}

Result<void> EngineSubmission::reserve() {
  const std::string& name = checked_.manifest.harvest;
  existing_ = service_.ask([this, &name]() -> std::optional<ledger::HarvestRecord> {
    auto run = service_.engine_.find(name);
    return run ? std::optional(run->record()) : std::nullopt;
  });
  if (existing_ && existing_->manifest != text_) {
    return fail(Kind::Conflict, "{}: harvest: '{}' is already here with another manifest; choose another name, or remove it first: garner remove {}",
                file_, name, name);
  }
  if (!existing_) {
    if (auto good = check_directory(); !good) return good;
  }
  const std::lock_guard lock(service_.mutex_);
  const bool directory_taken = !existing_ && service_.directories_coming_.contains(directory_);
  if (service_.names_coming_.contains(name) || directory_taken) {
    return fail(Kind::Conflict, "{}: another submission of '{}' is under way; try again when it has ended", file_, name);
  }
  service_.names_coming_.insert(name);
  if (!existing_) service_.directories_coming_.insert(directory_);
  reserved_ = true;
  return {};
}

Result<void> EngineSubmission::add_refused(const ledger::RefusedRow& row) {
  constexpr std::size_t kKept = 1'000'000;
  ++refused_;
  if (refused_rows_.size() < kKept) refused_rows_.push_back(row);
  return {};
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
  std::unique_ptr<ledger::Intake> intake;
  if (!plan_only && !existing_) {
    auto begun = service_.ledger_.begin_intake(checked_.chunk_size);
    if (!begun) return std::unexpected(begun.error());
    intake = std::move(*begun);
    for (const auto& row : refused_rows_) {
      if (auto added = intake->add_refused(row); !added) return std::unexpected(added.error());
    }
  }
  Sha256Stream hash;
  hash.add(text_.data(), text_.size());
  auto sorted = sorter_.finish([&](std::span<const SourceId> ids) -> Result<void> {
    hash.add(ids.data(), ids.size_bytes());
    return intake ? intake->add(ids) : Result<void>{};
  });
  if (!sorted) return std::unexpected(sorted.error());

  SubmitResult result;
  const auto free = output::free_bytes(existing_ ? std::filesystem::path(existing_->output_directory).parent_path() : directory_.parent_path());
  result.plan = make_plan({checked_.manifest, checked_.profile, checked_.types, checked_.chunk_size, sorter_.distinct(),
                           sorter_.added() - sorter_.distinct(), refused_, free.value_or(0)});
  const std::string digest = hash.hex();
  if (existing_) {
    if (existing_->manifest_hash != digest) {
      return fail(Kind::Conflict, "{}: harvest: '{}' is already here with the same manifest but other ids; choose another name", file_,
                  existing_->name);
    }
    result.already_here = true;
  }
  if (intake) {
    auto committed = intake->commit(record(digest));
    if (!committed) return std::unexpected(committed.error());
    auto added = service_.on_loop<Result<void>>([this, &committed] { return service_.engine_.add(*committed); });
    if (!added) return std::unexpected(added.error());
  }
  if (!plan_only || existing_) {
    auto status = service_.status(checked_.manifest.harvest);
    if (!status) return std::unexpected(status.error());
    result.status = std::move(*status);
  }
  return result;
}

Result<std::unique_ptr<Submission>> EngineService::submit(Peer peer, std::string manifest_text, std::string manifest_file) {
  auto checked = check(manifest_text, manifest_file, options_);
  if (!checked) return std::unexpected(checked.error());
  auto submission = std::make_unique<EngineSubmission>(*this, peer, std::move(manifest_text), std::move(manifest_file), std::move(*checked));
  if (auto reserved = submission->reserve(); !reserved) return std::unexpected(reserved.error());
  return submission;
}

}  // namespace garner::harvest
