#include "archive_sim/tests/support.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <archive.h>
#include <archive_entry.h>
#include <curl/curl.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "archive_sim/ids.h"

namespace garner::archive_sim::test {
namespace {

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* out) {
  std::string line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  static_cast<std::vector<std::string>*>(out)->push_back(line);
  return size * count;
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  for (const std::string& line : header_lines)
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  return {};
}

HttpAnswer http(const std::string& url, const std::string& body, const HttpOptions& options) {
  HttpAnswer answer;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* lines = curl_slist_append(nullptr, "Expect:");
  if (!options.content_type.empty())
    lines = curl_slist_append(lines, ("Content-Type: " + options.content_type).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(lines, curl_slist_free_all);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, options.timeout_ms);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer.header_lines);
  if (!options.cookie.empty()) curl_easy_setopt(curl.get(), CURLOPT_COOKIE, options.cookie.c_str());
  if (!options.ca_file.empty()) curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.get) {
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  answer.curl_code = curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

const ZipFile* Unzipped::find(const std::string& name) const {
  for (const ZipFile& file : files)
    if (file.name == name) return &file;
  return nullptr;
}

Unzipped unzip(const std::string& zip) {
  Unzipped out;
  const std::unique_ptr<archive, decltype(&archive_read_free)> a(archive_read_new(), archive_read_free);
  archive_read_support_format_zip_seekable(a.get());
  if (archive_read_open_memory(a.get(), zip.data(), zip.size()) != ARCHIVE_OK) {
    out.error = archive_error_string(a.get());
    return out;
  }
  archive_entry* entry = nullptr;
  int code = ARCHIVE_OK;
  while ((code = archive_read_next_header(a.get(), &entry)) == ARCHIVE_OK) {
    ZipFile file{archive_entry_pathname(entry), {}};
    char buffer[65536];
    la_ssize_t n = 0;
    while ((n = archive_read_data(a.get(), buffer, sizeof buffer)) > 0)
      file.bytes.append(buffer, static_cast<std::size_t>(n));
    if (n < 0) out.error = archive_error_string(a.get());
    out.files.push_back(std::move(file));
  }
  if (code != ARCHIVE_EOF && out.error.empty()) out.error = archive_error_string(a.get());
  return out;
}

std::unique_ptr<Simulator> simulator_with(const std::string& knobs) {
  SimulatorOptions options;
  auto merged = merge_knobs({}, knobs);
  if (!merged) {
    ADD_FAILURE() << merged.error().detail;
    return nullptr;
  }
  options.knobs = *std::move(merged);
  auto simulator = Simulator::start(options);
  if (!simulator) {
    ADD_FAILURE() << simulator.error().detail;
    return nullptr;
  }
  return *std::move(simulator);
}

std::string form_for(const std::vector<std::uint64_t>& ids, const std::string& rest) {
  return fmt::format("ID={}&USE_ZIP_ALWAYS=true&RELEASE=Gaia+DR3&{}", fmt::join(ids, ","), rest);
}

std::vector<std::uint64_t> some_ids(std::uint64_t count, std::uint64_t seed) {
  return shuffled_ids({count, seed, 0});
}

std::vector<std::uint64_t> shuffled_ids_of_sky() {
  auto ids = shuffled_ids({3000, 1, 0});
  ids.resize(1000);
  return ids;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "archive_sim_XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(file(name), std::ios::binary) << bytes;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace garner::archive_sim::test
