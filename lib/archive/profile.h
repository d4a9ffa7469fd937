// An archive profile: a YAML file that describes a service (conf/archives/gaia.yaml documents every key). Data only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/rate_limits.h"
#include "base/vocabulary.h"
#include "http/transport.h"

namespace garner::archive {

struct RetrievalType {
  std::string name;
  std::uint64_t typical_bytes = 20'000;         // of one product as served, for --plan
  std::uint64_t max_product_bytes = 64u << 20;  // of one source, inflated; larger is refused
  std::string
      flag{};  // column of the release's source_table that says whether a source has it: "has_rvs"; may be empty
  bool operator==(const RetrievalType&) const = default;
};

struct Release {
  std::string name;  // "Gaia DR3"
  std::vector<RetrievalType> retrieval_types;
  std::string source_table{};  // "gaiadr3.gaia_source": where the flags stand, by source_id; may be empty
  const RetrievalType* find(std::string_view type) const;
  bool operator==(const Release&) const = default;
};

// What the client must keep to with this archive.
struct Manners {
  std::uint32_t ids_per_request_most = 5000;              // the archive refuses more
  std::uint32_t ids_per_request = 500;                    // default chunk_size
  std::uint32_t in_flight_least = 1, in_flight_most = 4;  // between them the number adapts
  std::uint32_t jobs_at_once = 4;                         // of TAP, beside the requests in flight
  std::uint32_t attempts_most = 6;                        // of a chunk, counting answers only
  std::chrono::milliseconds retry_first{30'000};          // cap of the first back-off; full jitter below it
  std::chrono::milliseconds retry_most{600'000};
  double sources_per_s_slow = 25, sources_per_s_fast = 225;  // for --plan
  RateLimits limits{};
  bool operator==(const Manners&) const = default;
};

// The archive's TAP service, as far as it is not asked for.
struct TapFacts {
  std::string path;                     // below base_url: "/tap-server/tap"
  std::string login_path, logout_path;  // below base_url as well: "/tap-server/login"
  std::uint64_t sync_rows_most = 2000;  // a sync answer of as many rows counts as cut; 0: no such limit is known
  std::uint64_t job_rows_most = 0;      // the same for jobs
  std::uint64_t maxrec = 0;             // rows asked for at most, where the service has a lower default; 0: not said
  enum class Uploads { Always, LoggedIn, Never } uploads = Uploads::LoggedIn;  // when ids may come along as a table
  std::uint32_t ids_per_list = 1000;                                           // of an IN (…) list
  std::uint32_t ids_per_upload = 100'000;                                      // of an uploaded table
  std::chrono::milliseconds poll_first{1'000}, poll_most{60'000};              // between looks at a job
  std::string cone_table;  // "gaiadr3.gaia_source": where `garner cone` looks, by its columns ra and dec
  bool operator==(const TapFacts&) const = default;
};

struct Profile {
  std::string name;   // "gaia"
  std::string title;  // "ESA Gaia Archive"
  // Which code speaks to it: "gaia" (DataLink products and TAP+), "tap" (TAP by the standard, no products).
  std::string kind;
  std::string base_url;                            // no slash at its end
  std::string data_path, login_path, logout_path;  // below base_url: "/data-server/data", …
  TapFacts tap;
  std::vector<Release> releases;
  // Spellings of data_structure, the preferred one first.
  std::vector<std::string> individual_spellings{"INDIVIDUAL", "DATAMODEL_STANDARD"};
  std::vector<std::string> raw_spellings{"RAW", "DATAMODEL_GAIA"};
  Manners manners;
  http::Timeouts timeouts;
  std::string user_agent_contact;  // goes into User-Agent: an address that the archive's operators can write to
  std::string ca_file, proxy;
  std::string credential_file;                // two lines, user and password, mode 0600; empty: anonymous
  std::chrono::seconds session_confirm{600};  // a session not confirmed for so long is asked about; 0: only upon signs
  std::string credit;                         // how the data must be credited
  std::string probe_id;                       // a source that has products, for `garner archives check`
  std::string probe_type;
  std::string probe_release;

  const Release* find(std::string_view release) const;
  // Whether ids may come along with a query as a table, under the identity that the profile gives us.
  bool uploads_welcome() const;
  bool operator==(const Profile&) const = default;
};

// Strict, as manifests: Invalid with every problem and its place.
Result<Profile> parse_profile(std::string_view text, const std::string& file_name);
Result<Profile> read_profile(const std::string& path);
// DIRECTORY/NAME.yaml; NotFound lists the names that are there.
Result<Profile> find_profile(const std::string& directory, std::string_view name);
std::vector<std::string> profile_names(const std::string& directory);

// The manifest's types, "ALL" taken apart into the release's own; Invalid names the unknown one and what the release
// has.
Result<std::vector<std::string>> expand_retrieval_types(const Profile& profile, std::string_view release,
                                                        const std::vector<std::string>& types);

}  // namespace garner::archive
