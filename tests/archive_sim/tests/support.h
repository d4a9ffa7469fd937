// Helpers of the simulator's tests: an HTTP client over libcurl, and zips read by libarchive (not by code of ours).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "archive_sim/simulator.h"

namespace garner::archive_sim::test {

struct HttpAnswer {
  int curl_code = 0;
  long status = 0;
  std::string body;
  std::vector<std::string> header_lines;

  std::string header(const std::string& name) const;  // the first of that name; empty if missing
};

struct HttpOptions {
  std::string cookie = {};
  std::string ca_file = {};
  long timeout_ms = 20'000;
  bool get = false;
  std::string content_type = {};
};

HttpAnswer http(const std::string& url, const std::string& body = {}, const HttpOptions& options = {});

struct ZipFile {
  std::string name, bytes;
};

struct Unzipped {
  std::vector<ZipFile> files;
  std::string error;  // of libarchive; empty: all well
  const ZipFile* find(const std::string& name) const;
};

// Reads by central directory and checks every CRC.
Unzipped unzip(const std::string& zip);

// A running simulator with `knobs` laid over the defaults.
std::unique_ptr<Simulator> simulator_with(const std::string& knobs = "{}");

// "ID=1,2,3&RETRIEVAL_TYPE=...&..." with USE_ZIP_ALWAYS=true.
std::string form_for(const std::vector<std::uint64_t>& ids, const std::string& rest = "RETRIEVAL_TYPE=XP_SAMPLED");

std::vector<std::uint64_t> some_ids(std::uint64_t count, std::uint64_t seed = 1);

// The first thousand sources of TAP's default sky of 3,000, shuffled.
std::vector<std::uint64_t> shuffled_ids_of_sky();

// A file or folder for one test, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& bytes) const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

}  // namespace garner::archive_sim::test
