#include <fmt/format.h>

#include <filesystem>

#include "base/strict_yaml.h"
#include "client/follow.h"
#include "client/format.h"
#include "client/submit_text.h"
#include "client/verb.h"

namespace garner::client {

namespace {

namespace fs = std::filesystem;

// Takes what the list holds: into the upload, and the first refused rows for the user.
class Taker {
 public:
  Taker(control::Upload& upload, ListRead& list) : upload_(upload), list_(list) {}

  Result<void> ids(std::span<const SourceId> ids) { return upload_.add_ids(ids); }
  Result<void> refused(const manifest::RefusedId& row) {
    ledger::RefusedRow out{fmt::format("{} {} {}", list_.name, row.is_line ? "line" : "row", thousands(row.row)),
                           row.text, row.reason};
    if (list_.refused.size() < kRefusedShown) list_.refused.push_back(out);
    return upload_.add_refused(out);
  }

 private:
  control::Upload& upload_;
  ListRead& list_;
};

// The ids that stand in the manifest itself.
Result<manifest::IdListCounts> take_inline(const manifest::Manifest& manifest, Taker& taker) {
  manifest::IdListCounts counts;
  manifest::DoubleTrap trap;
  for (const auto& text : manifest.sources.ids) {
    ++counts.rows;
    const auto id = manifest::parse_id_text(text, manifest.release);
    Result<void> taken;
    if (id) {
      ++counts.accepted;
      trap.see(*id);
      taken = taker.ids({&*id, 1});
    } else {
      ++counts.refused;
      taken = taker.refused({counts.rows, false, printable(text, 60), id.error().detail});
    }
    if (!taken) return std::unexpected(taken.error());
  }
  if (trap.spoiled()) {
    return fail(Kind::Invalid,
                "the manifest's ids went through a floating-point number, so they name other sources; write them with "
                "all 19 digits, as text");
  }
  return counts;
}

Result<manifest::IdListCounts> take_list(const manifest::Manifest& manifest, const std::string& manifest_path,
                                         Taker& taker) {
  if (!manifest.sources.ids.empty()) return take_inline(manifest, taker);
  auto path = manifest.sources.file;
  if (path != "-" && fs::path(path).is_relative()) path = (fs::path(manifest_path).parent_path() / path).string();
  return manifest::read_id_list(
      path, {manifest.release, manifest.sources.column},
      [&taker](std::span<const SourceId> ids) { return taker.ids(ids); },
      [&taker](const manifest::RefusedId& row) { return taker.refused(row); });
}

std::string list_name(const manifest::Manifest& manifest) {
  const manifest::Sources& sources = manifest.sources;
  if (manifest.kind == manifest::HarvestKind::Query) return "partition";
  if (sources.by_query()) return sources.cone ? "sources.cone" : sources.box ? "sources.box" : "sources.adql";
  if (!sources.ids.empty()) return "sources.ids";
  return sources.file == "-" ? "standard input" : sources.file;
}

Error nothing_left(const ListRead& list) {
  if (list.counts.rows == 0) return {Kind::Invalid, list.name + ": the list holds no source_id", std::nullopt};
  auto refused = refused_text(list, 2);
  refused.pop_back();
  return {Kind::Invalid,
          fmt::format("{}: {} refused, nothing is left to harvest\n{}", list.name,
                      list.counts.rows == 1 ? std::string("its only row was")
                                            : fmt::format("all of its {} rows were", thousands(list.counts.rows)),
                      refused),
          std::nullopt};
}

Result<harvest::SubmitResult> send(Session& session, const manifest::Manifest& manifest, const std::string& text,
                                   ListRead& list) {
  // Whether anybody listens is known before a long list is read.
  if (auto daemon = session.client.daemon(); !daemon) return std::unexpected(daemon.error());
  const auto& path = session.arguments.manifest;
  const auto upload = session.client.submit(session.arguments.plan, path, text);
  if (!manifest.brings_ids()) return upload->finish();  // the daemon asks the archive
  Taker taker(*upload, list);
  auto counts = take_list(manifest, path, taker);
  if (!counts) {
    // A damaged list is bad input; exit code 1 is for damage in what garner keeps.
    if (counts.error().kind == Kind::Corrupt) counts.error().kind = Kind::Malformed;
    if (counts.error().kind == Kind::NotFound) return with_context(counts.error(), "{}: sources.file", path);
    return std::unexpected(counts.error());
  }
  list.counts = *counts;
  if (counts->accepted == 0) return std::unexpected(nothing_left(list));
  return upload->finish();
}

int run_submit(Session& session) {
  const auto& arguments = session.arguments;
  if (arguments.plan && arguments.wait)
    return session.fail({Kind::Invalid, "--plan starts nothing, so there is nothing to --wait for", std::nullopt});
  const auto text = yaml::read_text_file(arguments.manifest);
  if (!text) return session.fail(text.error());
  const auto manifest = manifest::parse_manifest(*text, arguments.manifest);
  if (!manifest) return session.fail(manifest.error());
  ListRead list{list_name(*manifest), {}, {}};
  const auto result = send(session, *manifest, *text, list);
  if (!result) return session.fail(result.error());
  if (arguments.json) {
    session.terminal.write(control::submit_json(*result, arguments.plan) + "\n");
  } else {
    session.terminal.print(arguments.plan ? plan_text(*manifest, list, result->plan)
                                          : submitted_text(*manifest, list, *result, std::time(nullptr)));
  }
  session.terminal.flush();
  return arguments.wait ? follow(session, result->status.name, Until::Blocked) : kGood;
}

}  // namespace

const Verb& submit_verb() {
  static const Verb kVerb = {
      "submit",
      "Start a harvest from a manifest",
      R"(Reads the manifest and its id list with your own rights, checks both, and hands the ids to the daemon. Rows that are
no source_id of the asked release are refused with their place and counted, never dropped silently. Submitting the
same manifest with the same ids again changes nothing. Of kind query, and where the sources are a query, there is no
list: the daemon asks the archive.

Examples:
  garner submit rvs-bright.yaml --plan     requests, bytes and hours; sends nothing
  garner submit rvs-bright.yaml
  garner submit rvs-bright.yaml --wait     exit code 0 only when nothing failed
  psql -At -c 'select source_id from bright' | garner submit from-stdin.yaml      with sources: {file: "-"}

A manifest:
  harvest: rvs-bright
  archive: gaia
  release: Gaia DR3
  sources: {file: bright.fits, column: source_id}
  retrieval_types: [RVS]
  output: {directory: /srv/gaia/rvs-bright, layout: tar.zst}
Others of kind rows (tables: [gaiadr3.gaia_source]) or query (adql, partition), and
sources: {cone: {ra: 56.75, dec: 24.1, radius: 1.8}}.)",
      {{"MANIFEST", "a YAML file", &Arguments::manifest, true},
       {"--plan", "tell what it would cost, and start nothing", &Arguments::plan},
       {"--wait", "follow it until it finished, is blocked, or was cancelled", &Arguments::wait}},
      run_submit};
  return kVerb;
}

}  // namespace garner::client
