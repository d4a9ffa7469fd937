// garner-archive-sim: serves the simulated archive, prints ids, or writes one product.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "archive_sim/ids.h"
#include "archive_sim/simulator.h"

namespace {

using namespace garner;
using namespace garner::archive_sim;

constexpr const char* kAbout =
    R"(garner-archive-sim: a simulated ESA Gaia Archive for tests, demos and benchmarks (loopback only).

Serves POST/GET /data-server/data (zips in the archive's own flavour), TAP under /tap-server/tap, login and logout of both. Products
are invented from the source_id after the real schemas, the same bytes each time. What it was asked: GET /sim/report and
/sim/asked?type=RVS. Faults and delays: --config FILE or POST /sim/knobs. tests/archive_sim/README.md has the table of knobs.

Examples:
  garner-archive-sim --port-file /tmp/port &                     any free port, printed and written to a file
  garner-archive-sim ids --count 20000 --seed 1 > ids.txt        plausible Gaia DR3 source_ids
  garner-archive-sim product --type RVS 5937083312263887616      one product on stdout
  garner-archive-sim --prepare ids.txt --prepare-types RVS       deflate beforehand, then serve from memory
  curl -d 'RETRIEVAL_TYPE=RVS&USE_ZIP_ALWAYS=true&ID=5937083312263887616' http://127.0.0.1:PORT/data-server/data -o x.zip
  curl -d '{"faults": {"pool_empty_500": {"script": [3]}}}' http://127.0.0.1:PORT/sim/knobs)";

struct Arguments {
  SimulatorOptions simulator;
  std::string port_file, config_file;
  std::optional<std::uint64_t> seed;
  std::string prepare_file, prepare_format = "votable", prepare_structure = "INDIVIDUAL", prepare_release = "Gaia DR3";
  std::vector<std::string> prepare_types = {"RVS"};
  IdOptions ids;
  bool sorted = false;
  std::string type, format = "votable", structure = "INDIVIDUAL", release = "Gaia DR3";
  bool valid_data = false;
  double half_null_xp = Knobs{}.half_null_xp;
  std::vector<std::uint64_t> product_ids;
};

int complain(const Error& error) {
  fmt::print(stderr, "garner-archive-sim: {}\n", error.detail);
  return 2;
}

Result<Knobs> load_knobs(const Arguments& args) {
  Knobs knobs;
  if (!args.config_file.empty()) {
    std::ifstream in(args.config_file);
    if (!in) return fail(Kind::NotFound, "cannot open the knobs '{}'", args.config_file);
    std::ostringstream text;
    text << in.rdbuf();
    auto merged = merge_knobs(knobs, text.str());
    if (!merged) return with_context(merged.error(), "{}", args.config_file);
    knobs = *std::move(merged);
  }
  if (args.seed) knobs.seed = *args.seed;
  return knobs;
}

Result<std::size_t> prepare(const Arguments& args, Simulator& simulator) {
  if (args.prepare_structure != "INDIVIDUAL" && args.prepare_structure != "DATAMODEL_STANDARD")
    return fail(Kind::Invalid,
                "--prepare-structure: only INDIVIDUAL can be prepared, a RAW table is made for each request");
  const auto format = parse_format(args.prepare_format);
  if (!format)
    return fail(Kind::Invalid, "--prepare-format: expected votable, votable_plain, fits, csv or ecsv, found '{}'",
                args.prepare_format);
  for (const std::string& type : args.prepare_types)
    if (!serves(args.prepare_release, type))
      return fail(Kind::Invalid, "--prepare-types: {} has no '{}'; it has {}", args.prepare_release, type,
                  fmt::join(types_of(args.prepare_release), ", "));
  auto ids = read_id_file(args.prepare_file);
  if (!ids) return std::unexpected(ids.error());
  World& world = simulator.world();
  return world.cache.prepare(world.knobs_copy(), args.prepare_release, args.prepare_types, *format, *ids);
}

Result<void> write_port_file(const std::string& path, std::uint16_t port) {
  const std::string temporary = path + ".part";
  {
    std::ofstream out(temporary);
    out << port << '\n';
    if (!out.flush()) return fail(Kind::Invalid, "cannot write the port file '{}'", path);
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return fail(Kind::Invalid, "cannot write the port file '{}': {}", path, error.message());
  return {};
}

int serve(Arguments& args) {
  // Blocked before any thread is made, so that only sigwait() below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto knobs = load_knobs(args);
  if (!knobs) return complain(knobs.error());
  args.simulator.knobs = *std::move(knobs);
  auto simulator = Simulator::start(args.simulator);
  if (!simulator) return complain(simulator.error());
  if (!args.prepare_file.empty()) {
    const auto made = prepare(args, **simulator);
    if (!made) return complain(made.error());
    fmt::print("prepared: true ({} members)\n", *made);
  }
  fmt::print("listening on {}\n", (*simulator)->base_url());
  std::fflush(stdout);
  if (!args.port_file.empty())
    if (const auto written = write_port_file(args.port_file, (*simulator)->port()); !written)
      return complain(written.error());
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

int print_product(const Arguments& args) {
  const auto format = parse_format(args.format);
  if (!format) return complain({Kind::Invalid, "--format: expected votable, votable_plain, fits, csv or ecsv"});
  if (!serves(args.release, args.type))
    return complain(
        {Kind::Invalid, fmt::format("--type: {} has {}", args.release, fmt::join(types_of(args.release), ", "))});
  const bool raw = args.structure == "RAW" || args.structure == "DATAMODEL_GAIA";
  if (!raw && args.product_ids.size() != 1)
    return complain({Kind::Invalid, "an INDIVIDUAL product has exactly one source_id"});
  const Table table = make_product(args.release, args.type, raw ? Structure::Raw : Structure::Individual,
                                   args.product_ids, {args.half_null_xp, args.valid_data});
  const std::string bytes = write_table(table, *format);
  return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() && std::fflush(stdout) == 0 ? 0 : 1;
}

void declare_serve(CLI::App& app, Arguments& args) {
  app.add_option("--port", args.simulator.port, "TCP port on 127.0.0.1; 0 takes a free one")->capture_default_str();
  app.add_option("--port-file", args.port_file, "Write the port here once it listens (appears whole)");
  app.add_option("--seed", args.seed, "Seed of faults, delays, absences and member order (knob seed)");
  app.add_option("--config", args.config_file, "Knobs as JSON");
  app.add_option("--tls-cert", args.simulator.tls_certificate_file, "Serve https with this certificate (PEM)");
  app.add_option("--tls-key", args.simulator.tls_key_file, "The certificate's key (PEM)");
  app.add_option("--request-log", args.simulator.request_log_file, "Append one line of JSON for each data request");
  app.add_option("--replay", args.simulator.replay_folder, "Answer from recorded replies in this folder");
  app.add_option("--prepare", args.prepare_file,
                 "Make and deflate the products of these source_ids before listening is announced");
  app.add_option("--prepare-types", args.prepare_types, "Retrieval types to prepare, with commas")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--prepare-format", args.prepare_format, "Format to prepare")->capture_default_str();
  app.add_option("--prepare-structure", args.prepare_structure, "INDIVIDUAL")->capture_default_str();
  app.add_option("--prepare-release", args.prepare_release, "Release to prepare")->capture_default_str();
}

void declare_ids(CLI::App& ids, Arguments& args) {
  ids.add_option("--count", args.ids.count, "How many")
      ->capture_default_str()
      ->check(CLI::Range(1ULL, 1'000'000'000ULL));
  ids.add_option("--seed", args.ids.seed, "Another seed, another sky")->capture_default_str();
  ids.add_option("--absent", args.ids.unknown, "Share of sources that the archive does not know at all")
      ->check(CLI::Range(0.0, 1.0));
  ids.add_flag("--sorted", args.sorted, "Ascending (constant memory); else shuffled (8 bytes of memory an id)");
}

void declare_product(CLI::App& product, Arguments& args) {
  product.add_option("--type", args.type, "Retrieval type")->required();
  product.add_option("--format", args.format, "votable, votable_plain, fits, csv, ecsv")->capture_default_str();
  product.add_option("--structure", args.structure, "INDIVIDUAL or RAW")->capture_default_str();
  product.add_option("--release", args.release, "Release")->capture_default_str();
  product.add_flag("--valid-data", args.valid_data, "As with VALID_DATA=true");
  product.add_option("--half-null-xp", args.half_null_xp, "The knob half_null_xp")->capture_default_str();
  product.add_option("ID", args.product_ids, "source_ids")->required();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{kAbout};
  app.name("garner-archive-sim");
  Arguments args;
  declare_serve(app, args);
  CLI::App* ids = app.add_subcommand("ids", "Print plausible Gaia source_ids, one a line, and end");
  CLI::App* product = app.add_subcommand("product", "Write one product to stdout and end");
  declare_ids(*ids, args);
  declare_product(*product, args);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (ids->parsed()) return write_ids(STDOUT_FILENO, args.ids, args.sorted) ? 0 : 1;
  if (product->parsed()) return print_product(args);
  return serve(args);
}
