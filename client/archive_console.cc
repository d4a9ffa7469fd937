#include "client/archive_console.h"

#include "client/archives_folder.h"
#include "client/exit_code.h"
#include "http/curl_transport.h"

namespace garner::client {

namespace {

constexpr std::uint64_t kMostMemory = 256u << 20;  // of answers; larger ones lie in an unnamed file of TMPDIR

http::TransportOptions transport_options(const archive::Profile& profile) {
  http::TransportOptions options;
  options.user_agent = "garner/" GARNER_VERSION;
  if (!profile.user_agent_contact.empty()) options.user_agent += " (" + profile.user_agent_contact + ")";
  options.ca_file = profile.ca_file;
  options.proxy = profile.proxy;
  options.budget = std::make_shared<http::MemoryBudget>(kMostMemory);
  return options;
}

}  // namespace

ArchiveConsole::ArchiveConsole(const archive::Profile& profile)
    : transport_(std::make_unique<http::CurlTransport>(loop_, transport_options(profile))),
      on_interrupt_(loop_.on_signal(SIGINT, [this] { stop_.request_stop(); })) {}

Result<archive::Profile> profile_of(const Session& session) {
  return archive::find_profile(archives_directory(session), session.arguments.archive);
}

int archive_fail(Session& session, const Error& error) {
  session.fail(error);
  switch (error.kind) {
    case Kind::Invalid:
    case Kind::Unsupported:
    case Kind::NotFound:
      return kBadInput;
    case Kind::Auth:
      return kNotPermitted;
    case Kind::Cancelled:
      return kInterrupted;
    default:
      return kNotWell;
  }
}

void print_json_line(Session& session, const std::string& json) {
  session.terminal.write(json + "\n");
}

}  // namespace garner::client
