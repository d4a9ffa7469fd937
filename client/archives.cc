#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/archive_probe.h"
#include "client/archives_folder.h"
#include "client/format.h"
#include "client/own_login.h"
#include "client/tap_health.h"
#include "client/verb.h"
#include "http/curl_transport.h"

namespace garner::client {

namespace {

using nlohmann::json;

void print_json(Session& session, const json& value) {
  session.terminal.write(value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

int list_archives(Session& session) {
  const auto folder = archives_directory(session);
  const auto names = archive::profile_names(folder);
  if (names.empty())
    return session.fail({Kind::NotFound,
                         "no archive profiles in " + folder + "; name their folder with --archives or GARNER_ARCHIVES",
                         std::nullopt});
  json out = {{"archives", json::array()}};
  int code = kGood;
  for (const auto& name : names) {
    const auto profile = archive::find_profile(folder, name);
    if (!profile) {
      code = session.fail(profile.error());
      continue;
    }
    out["archives"].push_back({{"name", name}, {"title", profile->title}, {"base_url", profile->base_url}});
    if (!session.arguments.json) {
      session.terminal.print(
          fmt::format("{}  {} · {}\n", pad_right(name, 12), printable(profile->title), printable(profile->base_url)));
    }
  }
  if (session.arguments.json) print_json(session, out);
  return code;
}

// The caller's rights may not reach the daemon's credentials; asking without them is still worth something.
bool without_unreadable_credentials(archive::Profile& profile, const Environment& environment) {
  auto path = profile.credential_file;
  if (path.empty()) return false;
  constexpr std::string_view kFromSystemd = "systemd:";
  if (path.starts_with(kFromSystemd))
    path = environment("CREDENTIALS_DIRECTORY").value_or("") + "/" + path.substr(kFromSystemd.size());
  if (::access(path.c_str(), R_OK) == 0) return false;
  profile.credential_file.clear();
  return true;
}

ProbeResult probe_over_the_network(const archive::Profile& profile, const ProbeSession& session) {
  UvLoop loop;
  http::TransportOptions options;
  options.user_agent = "garner/" GARNER_VERSION;
  if (!profile.user_agent_contact.empty()) options.user_agent += " (" + profile.user_agent_contact + ")";
  options.ca_file = profile.ca_file;
  options.proxy = profile.proxy;
  options.budget = std::make_shared<http::MemoryBudget>(std::uint64_t{1} << 30);
  http::CurlTransport transport(loop, options);
  return probe_archive(profile, transport, loop, session);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string profile_text(const archive::Profile& profile) {
  return fmt::format("{}  {} · {}\n", profile.name, printable(profile.title), printable(profile.base_url));
}

std::string probe_text(const archive::Profile& profile, const ProbeResult& result) {
  const auto row = [](std::string label, std::string_view text) {
    return fmt::format("  {}  {}\n", pad_right(std::move(label), 9), text);
  };
  auto out = row("asked", fmt::format("{} of {} {}, {}, votable, as {}", profile.probe_type, profile.probe_release,
                                      profile.probe_id, result.spelling, printable(result.identity)));
  for (const auto& exchange : result.exchanges) {
    out += row("answered",
               fmt::format("HTTP {} with {}, first byte after {:.1f} s, all after {:.1f} s", exchange.status,
                           bytes_text(exchange.body.size()), seconds(exchange.first_byte), seconds(exchange.total)));
  }
  out += row("expected", "a zip with " + result.expected_name);
  for (const auto& product : result.came) {
    out +=
        row("came", fmt::format("{}, {}, whole and well-formed", printable(product.name), bytes_text(product.bytes)));
  }
  if (result.error) out += row("came", printable_lines(result.error->detail));
  if (!result.error && result.spelling != profile.individual_spellings.front()) {
    out += row("note", fmt::format("it took {}, not {}; put that spelling first in the profile", result.spelling,
                                   profile.individual_spellings.front()));
  }
  return out + (result.error ? "It does not answer as the profile says.\n" : "It answers as the profile says.\n");
}

json probe_json(const archive::Profile& profile, const ProbeResult& result) {
  json out = {{"identity", result.identity},
              {"source_id", profile.probe_id},
              {"retrieval_type", profile.probe_type},
              {"release", profile.probe_release},
              {"data_structure", result.spelling},
              {"expected", result.expected_name},
              {"good", !result.error},
              {"exchanges", json::array()},
              {"came", json::array()}};
  for (const auto& exchange : result.exchanges) {
    out["exchanges"].push_back({{"status", exchange.status},
                                {"bytes", exchange.body.size()},
                                {"first_byte_s", seconds(exchange.first_byte)},
                                {"total_s", seconds(exchange.total)}});
  }
  for (const auto& product : result.came) out["came"].push_back({{"name", product.name}, {"bytes", product.bytes}});
  if (result.error) out["error"] = {{"kind", kind_name(result.error->kind)}, {"detail", result.error->detail}};
  return out;
}

int keep_exchanges(Session& session, const ProbeResult& result) {
  const auto& folder = session.arguments.record_directory;
  const auto written = write_exchanges(folder, result.exchanges);
  if (!written) return session.fail(written.error());
  if (!session.arguments.json)
    session.terminal.print(fmt::format("{} kept in {}\n", counted(written->size(), "exchange", "exchanges"), folder));
  return kGood;
}

// By the user's own login, where there is one; else as the daemon would, where its credentials may be read.
Result<std::optional<StoredLogin>> login_for_check(Session& session, archive::Profile& profile) {
  ArchiveConsole console(profile);
  auto login = own_login(session, console, profile, login_contexts(profile));
  if (session.arguments.anonymous) profile.credential_file.clear();
  if (login && !*login && without_unreadable_credentials(profile, session.environment))
    session.terminal.complain("garner: you may not read the profile's credential_file; asking as anonymous\n");
  return login;
}

int check_archive(Session& session) {
  const auto& arguments = session.arguments;
  auto profile = archive::find_profile(archives_directory(session), arguments.archive);
  if (!profile) return session.fail(profile.error());
  const bool has_products = !profile->probe_id.empty();
  if (!has_products && !arguments.record_directory.empty()) {
    return session.fail({Kind::Invalid,
                         "the profile " + arguments.archive + " names no `probe`, so there is no exchange to record",
                         std::nullopt});
  }
  const auto login = login_for_check(session, *profile);
  if (!login) return archive_fail(session, login.error());
  const auto session_of = [&login](const archive::LoginContext& context) {
    return *login ? (*login)->cookies.at(context.name) : std::string();
  };
  std::optional<ProbeResult> probed;
  if (has_products) {
    const ProbeSession as{*login ? (*login)->user : "", session_of(archive::data_login_context(*profile))};
    probed = probe_over_the_network(*profile, as);
  }
  const auto health = ask_tap(*profile, session_of(archive::tap_login_context(*profile)));
  if (health.interrupted)
    return archive_fail(session, {Kind::Cancelled, "stopped before the TAP service had answered", std::nullopt});
  if (arguments.json) {
    json out = {{"name", profile->name}, {"base_url", profile->base_url}};
    if (probed) out.update(probe_json(*profile, *probed));
    out["tap"] = json::parse(tap_health_json(health));
    print_json(session, out);
  } else {
    session.terminal.print(profile_text(*profile) + (probed ? probe_text(*profile, *probed) : std::string()) +
                           tap_health_text(health));
  }
  if (!arguments.record_directory.empty()) {
    if (const int kept = keep_exchanges(session, *probed); kept != kGood) return kept;
  }
  return (probed && probed->error) || !health.good() ? kNotWell : kGood;
}

int run_archives(Session& session) {
  const auto& arguments = session.arguments;
  if (arguments.action.empty()) return list_archives(session);
  if (arguments.archive.empty())
    return session.fail({Kind::Invalid,
                         "garner archives check needs the NAME of a profile; `garner archives` lists them",
                         std::nullopt});
  return check_archive(session);
}

}  // namespace

const Verb& archives_verb() {
  static const Verb kVerb = {
      "archives",
      "The archive profiles, and whether an archive answers as its profile says",
      R"(`check` asks the archive for one source, from this process and with your own rights: is it reachable, what does it
really answer, is that what the profile expects? (Nothing of this where the profile names no `probe`.) Then how its
TAP service does: availability, capabilities, the time of a tiny query. Asked by your own login (`garner login`), else
by the profile's credential_file if you may read it, else as anonymous. No daemon is needed. --record keeps the
exchange without cookies, for a bug report or for garner-archive-sim --replay.

Examples:
  garner archives
  garner archives check gaia
  garner archives check gaia --record exchange)",
      {{"ACTION", "check; a list of the profiles otherwise", &Arguments::action, false, {"check"}},
       {"NAME", "the profile to check", &Arguments::archive},
       archives_parameter(),
       anonymous_parameter(),
       {"--record", "keep the exchange in this folder, without secrets", &Arguments::record_directory}},
      run_archives};
  return kVerb;
}

}  // namespace garner::client
