#include "wiring.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <random>

#include "harvest/tiles/tile_merge.h"
#include "http/curl_transport.h"

namespace garner::daemon {

namespace {

// An archive together with the transport that only it uses: certificate authorities, proxy and User-Agent are the
// profile's.
class WiredArchive final : public archive::Archive {
 public:
  WiredArchive(archive::Profile profile, UvLoop& loop, std::shared_ptr<http::MemoryBudget> budget)
      : transport_(loop, options(profile, std::move(budget))),
        archive_(archive::make_archive(std::move(profile), transport_, loop)) {}

  Task<Result<http::Body>> fetch(archive::ChunkRequest request, std::stop_token stop) override {
    return archive_->fetch(std::move(request), std::move(stop));
  }
  Task<archive::TapReply> ask(archive::TapQuestion question, std::stop_token stop) override {
    return archive_->ask(std::move(question), std::move(stop));
  }
  Task<Result<void>> forget_job(std::string job_url, std::stop_token stop) override {
    return archive_->forget_job(std::move(job_url), std::move(stop));
  }
  Task<void> leave(std::stop_token stop) override { return archive_->leave(std::move(stop)); }
  const archive::Profile& profile() const override { return archive_->profile(); }
  std::string identity() const override { return archive_->identity(); }

 private:
  static http::TransportOptions options(const archive::Profile& profile, std::shared_ptr<http::MemoryBudget> budget) {
    http::TransportOptions out;
    out.user_agent = "garner/" GARNER_VERSION;
    if (!profile.user_agent_contact.empty()) out.user_agent += " (" + profile.user_agent_contact + ")";
    out.ca_file = profile.ca_file;
    out.proxy = profile.proxy;
    out.budget = std::move(budget);
    return out;
  }

  http::CurlTransport transport_;
  std::unique_ptr<archive::Archive> archive_;
};

std::string user_name(std::uint32_t uid) {
  char buffer[16'384];
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) return found->pw_name;
  return fmt::format("uid {}", uid);
}

}  // namespace

std::optional<std::uint32_t> group_number(const std::string& name) {
  char buffer[65'536];
  group entry{};
  group* found = nullptr;
  if (getgrnam_r(name.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || found == nullptr) return std::nullopt;
  return found->gr_gid;
}

harvest::World make_world(const Config& config, UvLoop& loop, Workers& workers, ledger::Ledger& ledger) {
  auto budget = std::make_shared<http::MemoryBudget>(config.reply_memory_mib << 20);
  auto open_archive = [&loop, budget, directory = config.archives_directory](
                          const std::string& name) -> Result<std::unique_ptr<archive::Archive>> {
    auto profile = archive::find_profile(directory, name);
    if (!profile) return std::unexpected(profile.error());
    return std::make_unique<WiredArchive>(std::move(*profile), loop, budget);
  };
  return harvest::World{
      .executor = loop,
      .workers = workers,
      .ledger = ledger,
      .budget = budget,
      .open_archive = std::move(open_archive),
      .make_layout = output::make_layout,
      .prepare_output = output::prepare_output,
      .write_indexes = output::write_indexes,
      .write_tile_indexes = output::write_tile_indexes,
      .make_tile_merge = harvest::make_tile_merge,
      .sums_facts = output::sums_facts,
      .write_receipt = output::write_receipt,
      .software = "garner " GARNER_VERSION,
      .read_reply = product::read_reply,
      .read_table = product::read_table_answer,
      .spill_directory = config.state_directory,
      .find_group = group_number,
      .seed = std::random_device{}(),
      .in_flight_most = config.in_flight_most,
      .rate_limits = config.rate_limits,
      .disk_space = output::disk_space,
      .watermarks = config.watermarks,
      .try_output = output::try_output,
  };
}

harvest::ServiceOptions make_service_options(const Config& config, std::function<void()> acted) {
  return {
      .spill_directory = config.state_directory,
      .output_roots = config.output_roots,
      .service_uid = geteuid(),
      .find_profile = [directory = config.archives_directory](
                          const std::string& name) { return archive::find_profile(directory, name); },
      .user_name = user_name,
      .find_group = group_number,
      .acted = std::move(acted),
  };
}

}  // namespace garner::daemon
