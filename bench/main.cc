// garner-bench: measures garner from outside and prints each figure beside its target. Called by bench/run.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "figures.h"

namespace {

const std::set<std::string> kFigures = {"harvest", "primitives", "status", "latency", "rows",
                                        "query",   "ingest",     "ledger", "restart"};

int measure(const garner::bench::Options& options, const std::set<std::string>& wanted) {
  using namespace garner::bench;
  Table table;
  const auto any = [&wanted](std::initializer_list<const char*> names) {
    return std::ranges::any_of(names, [&wanted](const char* name) { return wanted.contains(name); });
  };
  if (any({"harvest", "primitives", "status", "latency"})) measure_harvests(options, wanted, table);
  if (any({"rows"})) measure_rows(options, table);
  if (any({"query"})) measure_query(options, table);
  if (any({"ingest"})) measure_ingest(options, table);
  if (any({"ledger"})) measure_ledger(options, table);
  if (any({"restart"})) measure_restart(options, table);
  std::filesystem::remove_all(options.work);
  return table.print() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "garner-bench: measures garner against its targets; a Markdown table on standard output, progress on standard "
      "error.");
  app.footer(
      fmt::format("Figures: {}. Exit codes: 0 all targets met, 1 one missed or nothing could be measured, 2 bad usage.",
                  fmt::join(kFigures, ", ")));
  garner::bench::Options options;
  std::string build, work;
  std::vector<std::string> figures;
  app.add_option("--build", build, "the build directory with the programs under test")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--profile", options.profile, "the archive profile to derive from")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--work", work, "where to work; emptied. Default: BUILD/bench-work");
  app.add_option("--rounds", options.rounds, "how often the noisy ones are repeated")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_flag("--quick", options.quick, "small sizes and one round: to see that it runs, not to judge by");
  app.add_option("FIGURE", figures, "which; all unless told otherwise")->check(CLI::IsMember(kFigures));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const std::filesystem::path root = std::filesystem::canonical(build);
  options.garner = root / "client/garner";
  options.garnerd = root / "daemon/garnerd";
  options.simulator = root / "tests/archive_sim/garner-archive-sim";
  options.work = work.empty() ? root / "bench-work" : std::filesystem::absolute(work);
  if (options.quick) options.rounds = 1;
  return measure(options, figures.empty() ? kFigures : std::set<std::string>(figures.begin(), figures.end()));
}
