#include "harvest/service/submission_check.h"

namespace garner::harvest {

namespace {

using manifest::HarvestKind;

Result<void> check_prefilter(const CheckedManifest& checked, const std::string& file) {
  if (!checked.manifest.prefilter) return {};
  const auto* release = checked.profile.find(checked.manifest.release);
  for (const auto& type : checked.types) {
    const auto* known = release ? release->find(type) : nullptr;
    if (known != nullptr && !known->flag.empty() && !release->source_table.empty()) continue;
    return fail(Kind::Invalid,
                "{}: prefilter: the archive profile '{}' names no flag for {} in {} (source_table and flag); leave "
                "prefilter out, or complete the profile",
                file, checked.profile.name, type, checked.manifest.release);
  }
  return {};
}

Result<void> check_products(CheckedManifest& checked, const std::string& file) {
  const archive::Manners& manners = checked.profile.manners;
  if (checked.profile.releases.empty()) {
    return fail(Kind::Invalid, "{}: kind: {} has no service of products; kinds rows and query ask its tables", file,
                checked.profile.title);
  }
  auto types =
      archive::expand_retrieval_types(checked.profile, checked.manifest.release, checked.manifest.retrieval_types);
  if (!types) return with_context(types.error(), "{}", file);
  checked.types = std::move(*types);
  checked.chunk_size = checked.manifest.chunk_size_given ? checked.manifest.chunk_size : manners.ids_per_request;
  if (checked.chunk_size > manners.ids_per_request_most) {
    return fail(Kind::Invalid, "{}: chunk_size: {} takes at most {} ids a request, not {}", file, checked.profile.title,
                manners.ids_per_request_most, checked.chunk_size);
  }
  return check_prefilter(checked, file);
}

// A chunk is a request's worth of ids: of a list, or of a table that is sent along.
Result<void> check_rows(CheckedManifest& checked, const std::string& file) {
  const manifest::Manifest& manifest = checked.manifest;
  for (const auto& table : manifest.tables) checked.types.push_back(table.name);
  const bool upload = manifest.upload == manifest::UploadUse::Always ||
                      (manifest.upload == manifest::UploadUse::Auto && checked.profile.uploads_welcome());
  const std::uint32_t most = upload ? checked.profile.tap.ids_per_upload : checked.profile.tap.ids_per_list;
  checked.chunk_size = manifest.chunk_size_given ? manifest.chunk_size : most;
  if (checked.chunk_size > most) {
    return fail(Kind::Invalid, "{}: chunk_size: {} ids at most go into one {} of {}, not {}", file, most,
                upload ? "uploaded table" : "IN (…) list", checked.profile.title, checked.chunk_size);
  }
  return {};
}

}  // namespace

Result<CheckedManifest> check_manifest(const std::string& text, const std::string& file,
                                       const ServiceOptions& options) {
  CheckedManifest out;
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
  const manifest::Sources& sources = out.manifest.sources;
  if ((sources.cone || sources.box) && sources.table.empty() && out.profile.tap.cone_table.empty()) {
    return fail(Kind::Invalid,
                "{}: sources: name the table to look in ('table'): the archive profile '{}' has no usual one", file,
                out.profile.name);
  }
  Result<void> good;
  switch (out.manifest.kind) {
    case HarvestKind::Products:
      good = check_products(out, file);
      break;
    case HarvestKind::Rows:
      good = check_rows(out, file);
      break;
    case HarvestKind::Query:
      out.types = {"result"};
      out.chunk_size = 1;
      break;
  }
  if (!good) return std::unexpected(good.error());
  return out;
}

}  // namespace garner::harvest
