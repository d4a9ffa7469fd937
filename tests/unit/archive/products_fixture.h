// The Gaia route over a scripted transport on virtual time. Header-only; tests only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "archive/archive.h"
#include "archive/replies.h"
#include "support/virtual_loop.h"

namespace garner::archive::testing {

inline Profile profile() {
  Profile made;
  made.name = "gaia";
  made.title = "ESA Gaia Archive";
  made.kind = "gaia";
  made.base_url = "https://gea.example.org";
  made.data_path = "/data-server/data";
  made.login_path = "/data-server/login";
  made.logout_path = "/data-server/logout";
  made.releases = {{"Gaia DR3", {{"RVS", 30'000, 1u << 20}}}};
  return made;
}

inline ChunkRequest chunk() {
  ChunkRequest made;
  made.ids = {SourceId{4295806720}, SourceId{5937083312263887616}};
  made.release = "Gaia DR3";
  made.retrieval_type = "RVS";
  made.structure_spelling = "DATAMODEL_STANDARD";
  made.format = ProductFormat::Fits;
  return made;
}

// Fetches side by side; results in the order of the fetches.
struct GaiaRun {
  garner::testing::VirtualLoop loop;
  ScriptedTransport transport{loop};
  std::unique_ptr<Archive> archive;
  std::vector<std::optional<Result<std::string>>> results;
  std::stop_source stop;
  TaskGroup group;

  explicit GaiaRun(Profile made = profile()) : archive(make_gaia_products(std::move(made), transport, loop)) {}

  static Task<void> one(Archive& archive, std::optional<Result<std::string>>& result, ChunkRequest request,
                        std::stop_token token) {
    auto body = co_await archive.fetch(std::move(request), std::move(token));
    if (body) {
      result = std::string(body->text());
    } else {
      result = Result<std::string>(std::unexpected(body.error()));
    }
  }
  void start(std::size_t fetches) {
    results.resize(fetches);
    for (auto& result : results) group.spawn(one(*archive, result, chunk(), stop.get_token()));
  }
  Result<std::string> fetch() {
    start(1);
    loop.run_until_idle();
    return results[0].value_or(Result<std::string>(fail(Kind::Internal, "never ended")));
  }
  Result<std::string> fetch(ChunkRequest request) {
    std::optional<Result<std::string>> result;
    group.spawn(one(*archive, result, std::move(request), stop.get_token()));
    loop.run_until_idle();
    return result.value_or(Result<std::string>(fail(Kind::Internal, "never ended")));
  }
};

// A credential file in the test's own folder.
class CredentialFile {
 public:
  explicit CredentialFile(std::string_view text = "joe\ns3cret&=\n", int mode = 0600)
      : path_(std::filesystem::path(::testing::TempDir()) /
              fmt::format("login-{}-{}", static_cast<const void*>(this), mode)) {
    write(text);
    std::filesystem::permissions(path_, static_cast<std::filesystem::perms>(mode));
  }
  ~CredentialFile() { std::filesystem::remove(path_); }
  void write(std::string_view text) { std::ofstream(path_) << text; }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline Profile profile_with(const CredentialFile& file) {
  auto made = profile();
  made.credential_file = file.path();
  return made;
}

}  // namespace garner::archive::testing
