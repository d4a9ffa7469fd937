// garnerd: arguments only; the life is in process.cc.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "config.h"
#include "process.h"

int main(int argc, char** argv) {
  CLI::App app(
      "garnerd, the harvest daemon: fetches data products of millions of sources from astronomical archives and "
      "accounts for each.");
  app.footer(
      "Examples:\n"
      "  garnerd --config /etc/garner/garnerd.yaml                  run in the foreground (systemd does this)\n"
      "  garnerd --check-config --config garnerd.yaml               say what is wrong with a configuration\n"
      "  systemctl reload garnerd                                   read configuration and archive profiles again "
      "(SIGHUP)\n"
      "\n"
      "Harvests are submitted and watched with garner(1). SIGTERM lets what is in flight settle (drain_s), SIGKILL is "
      "harmless.\n"
      "Exit codes: 0 ended on request; 1 a fault, told on standard error; 2 bad usage or configuration.");
  std::string config_path = garner::daemon::default_config_path();
  bool check_only = false;
  app.add_option("--config", config_path, "the configuration file")->capture_default_str();
  app.add_flag("--check-config", check_only, "read the configuration, report every problem, and end");
  app.set_version_flag("--version", "garnerd " GARNER_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  auto config = garner::daemon::read_config(config_path);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().detail.c_str());
    return 2;
  }
  if (check_only) {
    std::printf("%s is good\n", config_path.c_str());
    return 0;
  }
  return garner::daemon::run(std::move(*config), config_path);
}
