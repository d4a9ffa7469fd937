#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/format.h"
#include "client/save_file.h"
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
    session.terminal.complain("garner: this product is a table of many sources; the whole table is written\n");
  }
  if (to_stdout) return to_standard_output(session, *product);
  std::error_code error;
  auto path = arguments.output;
  if (fs::is_directory(path, error)) path = (fs::path(path) / safe_name(*product, arguments.source_id)).string();
  const auto write = [&product](const ByteSink& sink) { return sink(product->bytes); };
  if (auto written = save_file(path, write); !written) return session.fail(written.error());
  tell(session, *product, path);
  return kGood;
}

}  // namespace

const Verb& get_verb() {
  static const Verb kVerb = {
      "get",
      "One product out of whatever layout",
      R"(Reads the product back from the harvest's files, checked on the way, uncompressed, byte for byte as the archive made
it. The RETRIEVAL_TYPE may be left out where the harvest has only one. Where the harvest holds tables of many sources,
the whole table comes.

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
