#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/format.h"
#include "client/verb.h"

namespace garner::client {

namespace {

namespace fs = std::filesystem;

// The archive's own name, unless it would lead elsewhere than into the directory.
std::string safe_name(const harvest::FoundProduct& product, const std::string& source_id) {
  const auto& name = product.file_name;
  const bool safe = !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
                    name.find('/') == std::string::npos && printable(name, 1000) == name;
  return safe ? name : source_id;
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "writing " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// A regular file appears whole or not at all; into a device or pipe the bytes go as they are.
Result<void> write_file(const std::string& path, std::string_view bytes) {
  struct stat status{};
  const bool replace = ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  const auto target = replace ? path + ".part" : path;
  const int fd = ::open(target.c_str(), O_WRONLY | O_CLOEXEC | (replace ? O_CREAT | O_TRUNC : 0), 0666);
  if (fd < 0) return fail(Kind::Invalid, "can't write {}: {}", path, std::strerror(errno));
  auto written = write_all(fd, bytes, path);
  if (::close(fd) != 0 && written) written = fail_errno(errno, "writing " + path);
  if (replace && written && ::rename(target.c_str(), path.c_str()) != 0) written = fail_errno(errno, "writing " + path);
  if (replace && !written) ::unlink(target.c_str());
  return written;
}

int to_standard_output(Session& session, const harvest::FoundProduct& product) {
  const bool binary = product.bytes.find('\0') != std::string::npos;
  if (session.terminal.interactive() && binary) {
    return session.fail({Kind::Invalid,
                         "this product is binary and standard output is a terminal; name a file with -o FILE",
                         std::nullopt});
  }
  session.terminal.write(product.bytes);
  return kGood;
}

void tell(Session& session, const harvest::FoundProduct& product, const std::string& path) {
  if (session.arguments.json) {
    const nlohmann::json out = {{"file", path},
                                {"bytes", product.bytes.size()},
                                {"retrieval_type", product.retrieval_type},
                                {"name", product.file_name},
                                {"whole_table", product.whole_table}};
    session.terminal.write(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else if (session.terminal.complaints_seen()) {
    session.terminal.complain(fmt::format("{}  {}\n", path, bytes_text(product.bytes.size())));
  }
}

int run_get(Session& session) {
  const auto& arguments = session.arguments;
  const auto id = parse_source_id(arguments.source_id);
  if (!id) return session.fail({Kind::Invalid, "SOURCE_ID: " + id.error().detail, std::nullopt});
  const bool to_stdout = arguments.output.empty() || arguments.output == "-";
  if (arguments.json && to_stdout)
    return session.fail({Kind::Invalid, "--json tells about the product, so name a file for it with -o", std::nullopt});
  const auto product = session.client.product(arguments.harvest, *id, arguments.retrieval_type);
  if (!product) return session.fail(product.error());
  if (product->whole_table) {
    session.terminal.complain(
        "garner: this product is a table of many sources (data_structure RAW); the whole table is written\n");
  }
  if (to_stdout) return to_standard_output(session, *product);
  std::error_code error;
  auto path = arguments.output;
  if (fs::is_directory(path, error)) path = (fs::path(path) / safe_name(*product, arguments.source_id)).string();
  if (auto written = write_file(path, product->bytes); !written) return session.fail(written.error());
  tell(session, *product, path);
  return kGood;
}

}  // namespace

const Verb& get_verb() {
  static const Verb kVerb = {
      "get",
      "One product out of whatever layout",
      R"(Reads the product back from the harvest's files, checked on the way, uncompressed, byte for byte as the archive made it. The
RETRIEVAL_TYPE may be left out where the harvest has only one. Where the harvest holds tables of many sources, the whole table comes.

Examples:
  garner get rvs-bright 5937083312263887616 RVS -o one.fits
  garner get rvs-bright 5937083312263887616 RVS -o .      under the archive's own name
  garner get rvs-bright 5937083312263887616 RVS | fitsverify -)",
      {{"HARVEST", "its name", &Arguments::harvest, true},
       {"SOURCE_ID", "all its digits", &Arguments::source_id, true},
       {"RETRIEVAL_TYPE", "as in the manifest: RVS, XP_SAMPLED, …", &Arguments::retrieval_type},
       {"-o,--output", "a file, or a directory; standard output otherwise", &Arguments::output}},
      run_get};
  return kVerb;
}

}  // namespace garner::client
