#include "archive/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace garner::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kLeast =
    "name: gaia\n"                           // 1
    "kind: gaia\n"                           // 2
    "base_url: http://127.0.0.1:8080\n"      // 3
    "releases:\n"                            // 4
    "  - name: Gaia DR3\n"                   // 5
    "    retrieval_types: [{name: RVS}]\n";  // 6

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kLeast);
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

std::string problems(const std::string& text) {
  const auto profile = parse_profile(text, "p.yaml");
  EXPECT_FALSE(profile.has_value()) << text;
  return profile ? std::string() : profile.error().detail;
}

TEST(Profile, TheShippedOneDescribesTheGaiaArchive) {
  const auto profile = find_profile(GARNER_CONF "/archives", "gaia");
  ASSERT_TRUE(profile.has_value()) << profile.error().detail;
  EXPECT_EQ(profile->title, "ESA Gaia Archive");
  EXPECT_EQ(profile->base_url, "https://gea.esac.esa.int");
  EXPECT_EQ(profile->data_path, "/data-server/data");
  EXPECT_EQ(profile->tap.path, "/tap-server/tap");
  EXPECT_EQ(profile->tap.sync_rows_most, 2000u);
  EXPECT_EQ(profile->manners.ids_per_request, 500u);
  EXPECT_EQ(profile->manners.ids_per_request_most, 5000u);
  EXPECT_EQ(profile->manners.in_flight_most, 4u);
  EXPECT_EQ(profile->manners.jobs_at_once, 4u);
  EXPECT_EQ(profile->manners.in_flight_least, 1u);
  EXPECT_EQ(profile->manners.retry_first, std::chrono::seconds(30));
  EXPECT_EQ(profile->probe_id, "5937083312263887616");
  EXPECT_THAT(profile->credit, HasSubstr("ESA/Gaia/DPAC"));
  ASSERT_NE(profile->find("Gaia DR2"), nullptr);
  ASSERT_NE(profile->find("Gaia DR3"), nullptr);
  ASSERT_NE(profile->find("Gaia DR4"), nullptr);
  EXPECT_EQ(profile->find("Gaia DR2")->retrieval_types.size(), 1u);
  EXPECT_EQ(profile->find("Gaia DR3")->retrieval_types.size(), 6u);
  EXPECT_EQ(profile->find("Gaia DR4")->retrieval_types.size(), 21u);
  EXPECT_EQ(profile->find("Gaia DR9"), nullptr);
  EXPECT_EQ(profile->find("Gaia DR3")->find("XP_SAMPLED")->typical_bytes, 5432u);
}

TEST(Profile, TheShippedOneSaysTheDefaults) {
  const auto shipped = find_profile(GARNER_CONF "/archives", "gaia");
  const auto least = parse_profile(kLeast, "p.yaml");
  ASSERT_TRUE(shipped && least);
  EXPECT_EQ(shipped->data_path, least->data_path);
  EXPECT_EQ(shipped->login_path, least->login_path);
  EXPECT_EQ(shipped->logout_path, least->logout_path);
  EXPECT_EQ(shipped->session_confirm, least->session_confirm);
  EXPECT_EQ(shipped->tap.path, least->tap.path);
  EXPECT_EQ(shipped->tap.login_path, least->tap.login_path);
  EXPECT_EQ(shipped->tap.logout_path, least->tap.logout_path);
  EXPECT_EQ(shipped->tap.sync_rows_most, least->tap.sync_rows_most);
  EXPECT_EQ(shipped->tap.cone_table, least->tap.cone_table);
  EXPECT_EQ(shipped->manners.attempts_most, least->manners.attempts_most);
  EXPECT_EQ(shipped->manners.retry_first, least->manners.retry_first);
  EXPECT_EQ(shipped->manners.retry_most, least->manners.retry_most);
  EXPECT_EQ(shipped->manners.sources_per_s_slow, least->manners.sources_per_s_slow);
  EXPECT_EQ(shipped->manners.sources_per_s_fast, least->manners.sources_per_s_fast);
  EXPECT_EQ(shipped->timeouts.connect, least->timeouts.connect);
  EXPECT_EQ(shipped->timeouts.first_byte, least->timeouts.first_byte);
  EXPECT_EQ(shipped->timeouts.stall, least->timeouts.stall);
  EXPECT_EQ(shipped->timeouts.stall_bytes_per_s, least->timeouts.stall_bytes_per_s);
  EXPECT_EQ(shipped->timeouts.total, least->timeouts.total);
  EXPECT_EQ(shipped->individual_spellings, least->individual_spellings);
  EXPECT_EQ(shipped->raw_spellings, least->raw_spellings);
}

TEST(Profile, EachMistakeHasAMessageWithItsPlace) {
  const std::vector<std::array<std::string_view, 3>> cases = {{
      {"name: gaia\n", "", "p.yaml:1:1: the key 'name' is missing"},
      {"kind: gaia\n", "", "p.yaml:1:1: the key 'kind' is missing"},
      {"kind: gaia", "kind: cadc", "p.yaml:2:7: kind: 'cadc' is not one of gaia, tap"},
      {"base_url: http://127.0.0.1:8080\n", "", "p.yaml:1:1: the key 'base_url' is missing"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080/",
       "p.yaml:3:11: base_url: expected http(s)://host[:port] without a path or a slash at its end, found "
       "'http://127.0.0.1:8080/'"},
      {"http://127.0.0.1:8080", "ftp://a",
       "p.yaml:3:11: base_url: expected http(s)://host[:port] without a path or a slash at its end, found 'ftp://a'"},
      {"http://127.0.0.1:8080", "http://u:p@a",
       "p.yaml:3:11: base_url: expected http(s)://host[:port] without a path or a slash at its end, found "
       "'http://u:p@a'"},
      {"http://127.0.0.1:8080", "http://a:99999",
       "p.yaml:3:11: base_url: expected http(s)://host[:port] without a path or a slash at its end, found "
       "'http://a:99999'"},
      {"kind: gaia\n", "kind: gaia\nmaners: {}\n", "p.yaml:3:1: maners: unknown key; did you mean 'manners'?"},
      {"kind: gaia\n", "kind: gaia\nmanners: {in_flight_most: 65}\n",
       "p.yaml:3:27: manners.in_flight_most: expected a whole number from 1 to 64, found '65'"},
      {"kind: gaia\n", "kind: gaia\nmanners: {jobs_at_once: 0}\n",
       "p.yaml:3:25: manners.jobs_at_once: expected a whole number from 1 to 64, found '0'"},
      {"kind: gaia\n", "kind: gaia\nmanners: {in_flight_most: 3, in_flight_least: 4}\n",
       "p.yaml:3:47: manners.in_flight_least: expected a whole number from 1 to 3, found '4'"},
      {"kind: gaia\n", "kind: gaia\nmanners: {ids_per_request_most: 100, ids_per_request: 101}\n",
       "p.yaml:3:55: manners.ids_per_request: expected a whole number from 1 to 100, found '101'"},
      {"kind: gaia\n", "kind: gaia\nmanners: {retry_first_s: 60, retry_most_s: 0.5}\n",
       "p.yaml:3:10: manners: retry_most_s is less than retry_first_s"},
      {"kind: gaia\n", "kind: gaia\nmanners: {requests_per_minute: 30, bandwidth: 20 mb}\n",
       "p.yaml:3:47: manners.bandwidth: '20 mb' is no bandwidth: expected a number and its unit, kB/s, MB/s or GB/s, "
       "such "
       "as \"20 MB/s\"; 1 kB/s at least"},
      {"kind: gaia\n", "kind: gaia\ntimeouts: {connect: 5}\n",
       "p.yaml:3:12: timeouts.connect: unknown key; did you mean 'connect_s'?"},
      {"kind: gaia\n", "kind: gaia\nca_file: ca.pem\n", "p.yaml:3:10: ca_file: must be an absolute path, or empty"},
      {"kind: gaia\n", "kind: gaia\nproxy: proxy:3128\n",
       "p.yaml:3:8: proxy: expected scheme://host:port, such as http://proxy.example.org:3128"},
      {"kind: gaia\n", "kind: gaia\nsession_confirm_s: -1\n",
       "p.yaml:3:20: session_confirm_s: expected a whole number from 0 to 604800, found '-1'"},
      {"kind: gaia\n", "kind: gaia\ncredential_file: secret\n",
       "p.yaml:3:18: credential_file: expected an absolute path, or \"systemd:NAME\""},
      {"kind: gaia\n", "kind: gaia\nuser_agent_contact: \"a\\r\\nX: b\"\n",
       "p.yaml:3:21: user_agent_contact: must be one line without control characters"},
      {"kind: gaia\n", "kind: gaia\npaths: {data: data}\n",
       "p.yaml:3:15: paths.data: must begin with '/' and hold no blank, '?' or '#'"},
      {"kind: gaia\n", "kind: gaia\ndata_structures: {raw: [INDIVIDUAL]}\n",
       "p.yaml:3:24: data_structures.raw: 'INDIVIDUAL' is no spelling of it"},
      {"[{name: RVS}]", "[]", "p.yaml:6:22: releases[1].retrieval_types: name one type at least"},
      {"{name: RVS}", "{name: RVS}, {name: RVS}", "p.yaml:6:36: releases[1].retrieval_types[2]: 'RVS' stands twice"},
      {"{name: RVS}", "{name: ALL}",
       "p.yaml:6:30: releases[1].retrieval_types[1].name: expected capital letters, digits and '_', and not ALL"},
      {"{name: RVS}", "{name: RVS, typical_byte: 3}",
       "p.yaml:6:35: releases[1].retrieval_types[1].typical_byte: unknown key; did you mean 'typical_bytes'?"},
      {"kind: gaia\n", "kind: gaia\nprobe: {source_id: 5, retrieval_type: XP, release: Gaia DR3}\n",
       "p.yaml:3:39: probe.retrieval_type: is no type of that release"},
  }};
  for (const auto& [from, to, message] : cases) EXPECT_EQ(problems(replaced(from, to)), message) << to;
}

TEST(Profile, APasswordOverPlainHttpIsRefusedButToLoopback) {
  const std::string credentials = "kind: gaia\ncredential_file: /etc/garner/gaia-login\n";
  EXPECT_TRUE(parse_profile(replaced("kind: gaia\n", credentials), "p.yaml").has_value());
  auto elsewhere = replaced("kind: gaia\n", credentials);
  elsewhere.replace(elsewhere.find("127.0.0.1:8080"), 14, "example.org");
  EXPECT_EQ(problems(elsewhere),
            "p.yaml:3:18: credential_file: a password is never sent over plain http; base_url must be https");
  auto https = elsewhere;
  https.replace(https.find("http://"), 7, "https://");
  EXPECT_TRUE(parse_profile(https, "p.yaml").has_value());
}

TEST(Profile, IsFoundByItsFilesName) {
  const auto directory = std::filesystem::path(::testing::TempDir()) / "garner-profiles";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  EXPECT_THAT(find_profile(directory, "gaia").error().detail, HasSubstr("holds no archive profile"));
  std::ofstream(directory / "gaia.yaml") << kLeast;
  std::ofstream(directory / "other.yaml") << kLeast;
  std::ofstream(directory / ".hidden.yaml") << kLeast;
  std::ofstream(directory / "notes.txt") << kLeast;
  EXPECT_THAT(profile_names(directory), ElementsAre("gaia", "other"));
  EXPECT_TRUE(find_profile(directory, "gaia").has_value());
  const auto none = find_profile(directory, "../gaia");
  EXPECT_EQ(none.error().kind, Kind::NotFound);
  EXPECT_THAT(none.error().detail, HasSubstr("there are: gaia, other"));
  EXPECT_THAT(find_profile(directory, "other").error().detail, HasSubstr("which must be the file's: 'other'"));
  std::filesystem::remove_all(directory);
}

TEST(RetrievalTypes, AllIsTakenApartAndUnknownOnesAreNamed) {
  const auto profile = find_profile(GARNER_CONF "/archives", "gaia");
  ASSERT_TRUE(profile.has_value());
  EXPECT_THAT(expand_retrieval_types(*profile, "Gaia DR3", {"ALL"}).value(),
              ElementsAre("EPOCH_PHOTOMETRY", "XP_CONTINUOUS", "XP_SAMPLED", "RVS", "MCMC_GSPPHOT", "MCMC_MSC"));
  EXPECT_THAT(expand_retrieval_types(*profile, "Gaia DR3", {"RVS", "XP_SAMPLED"}).value(),
              ElementsAre("RVS", "XP_SAMPLED"));
  const auto unknown = expand_retrieval_types(*profile, "Gaia DR2", {"RVS"});
  EXPECT_EQ(unknown.error().kind, Kind::Invalid);
  EXPECT_EQ(unknown.error().detail, "retrieval_type 'RVS' is unknown in Gaia DR2; it has: EPOCH_PHOTOMETRY");
  EXPECT_EQ(expand_retrieval_types(*profile, "Gaia DR5", {"RVS"}).error().detail,
            "release 'Gaia DR5' is unknown to the archive 'gaia'; it has: Gaia DR2, Gaia DR3, Gaia DR4");
}

}  // namespace
}  // namespace garner::archive
