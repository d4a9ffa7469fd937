#include "process.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "base/durable_step.h"
#include "control/listen_socket.h"
#include "control/server.h"
#include "ledger/rocks_ledger.h"
#include "supervisor.h"
#include "wiring.h"

namespace garner::daemon {

namespace {

// How old an answer to `garner status` may be while harvests are active, and otherwise; verbs are seen at once.
constexpr std::chrono::milliseconds kStatusEvery{200}, kIdleStatusEvery{2000};

int complain(const Error& error) {
  log::error("{}", error.detail);
  return 1;
}

// systemd's socket if it gave one, else one of our own.
Result<int> listening_socket(const Config& config) {
  const int given = sd_listen_fds(1);
  if (given > 1) return fail(Kind::Invalid, "systemd passed {} sockets; the .socket unit must name one", given);
  if (given == 1) {
    if (auto good = control::check_listening_socket(SD_LISTEN_FDS_START); !good) return std::unexpected(good.error());
    return SD_LISTEN_FDS_START;
  }
  std::optional<std::uint32_t> gid;
  if (!config.group.empty()) {
    gid = group_number(config.group);
    if (!gid) return fail(Kind::Invalid, "group: there is no group '{}' on this machine", config.group);
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(config.socket).parent_path(), error);
  return control::listen_on_path(config.socket, gid);
}

// Tables of the ledger, spill files, replies and connections together pass what a login session allows softly (1024).
// Nothing here uses select(2), which higher numbers would break.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log::info("no more than the descriptors that the unit allows");
}

class Process {
 public:
  Process(Config config, std::string config_path, std::unique_ptr<ledger::Ledger> ledger)
      : config_(std::move(config)),
        config_path_(std::move(config_path)),
        ledger_(std::move(ledger)),
        workers_(config_.workers > 0 ? config_.workers : std::thread::hardware_concurrency() + 2),
        engine_(make_world(config_, loop_, workers_, *ledger_)),
        service_(engine_, loop_, *ledger_, make_service_options(config_, [this] { arm_status(kStatusEvery); })),
        supervisor_(loop_, workers_, engine_) {}

  int run(int socket) {
    auto terminate = loop_.on_signal(SIGTERM, [this] { stop("SIGTERM"); });
    auto interrupt = loop_.on_signal(SIGINT, [this] { stop("SIGINT"); });
    auto hang_up = loop_.on_signal(SIGHUP, [this] { reload(); });
    loop_.post([this, socket] { tasks_.spawn(serve(socket)); });
    loop_.run();
    if (closer_.joinable()) closer_.join();
    return exit_code_;
  }

 private:
  Task<void> serve(int socket) {
    auto started = co_await engine_.start();
    if (!started)
      exit_code_ = complain(started.error());
    else if (!stopping_)
      answer(socket);
    served_ = true;
    if (exit_code_ != 0)
      stop("a fault at start");
    else if (stopping_)
      co_await drain();  // asked to stop while still starting
  }

  void answer(int socket) {
    control::ServerOptions options;
    options.access.service_uid = geteuid();
    if (!config_.group.empty()) options.access.allowed_gid = group_number(config_.group);
    auto server = control::Server::start(socket, service_, {GARNER_VERSION, getpid(), 0, {}}, options);
    if (!server) {
      exit_code_ = complain(server.error());
      return;
    }
    server_ = std::move(*server);
    refresh_status();
    log::notice("garnerd {} serves {} (state in {})", GARNER_VERSION, config_.socket, config_.state_directory);
    supervisor_.ready();
    if (std::exchange(reload_wanted_, false)) reload();
  }

  void refresh_status() {
    service_.refresh();
    engine_.explain_stillness();
    arm_status(engine_.activity().active > 0 ? kStatusEvery : kIdleStatusEvery);
  }

  void arm_status(std::chrono::milliseconds after) {
    status_timer_ = loop_.call_at(loop_.now() + after, [this] { refresh_status(); });
  }

  void reload() {
    if (stopping_) return;
    if (!server_) {  // READY is due when the socket answers, not before
      reload_wanted_ = true;
      return;
    }
    supervisor_.reloading();
    auto fresh = read_config(config_path_);
    if (!fresh) {
      log::error("reload: the new configuration is bad, the old one stays in force:\n{}", fresh.error().detail);
    } else {
      const bool needs_restart = fresh->state_directory != config_.state_directory || fresh->socket != config_.socket ||
                                 fresh->group != config_.group || fresh->workers != config_.workers ||
                                 fresh->archives_directory != config_.archives_directory ||
                                 fresh->reply_memory_mib != config_.reply_memory_mib;
      config_.output_roots = fresh->output_roots;
      config_.in_flight_most = fresh->in_flight_most;
      config_.rate_limits = fresh->rate_limits;
      config_.drain = fresh->drain;
      log::set_level(config_.log_level = fresh->log_level);
      service_.set_output_roots(config_.output_roots);
      engine_.reload(config_.in_flight_most, config_.rate_limits);
      engine_.set_watermarks(config_.watermarks = fresh->watermarks);
      log::notice("reloaded {}{}", config_path_,
                  needs_restart ? "; some changed keys take effect at the next start only" : "");
    }
    supervisor_.ready();
  }

  // The order at the end: the engine first, while status still answers; then the server, from a thread of its own
  // because its last calls need the loop; then the loop.
  void stop(const char* why) {
    if (std::exchange(stopping_, true)) return;
    log::notice("stopping on {}: what is in flight has {} s to settle", why, config_.drain.count());
    supervisor_.stopping();
    if (served_) tasks_.spawn(drain());
  }

  Task<void> drain() {
    co_await engine_.stop(loop_.now() + config_.drain);
    closer_ = std::thread([this] {
      server_.reset();
      loop_.post([this] { loop_.request_stop(); });
    });
  }

  Config config_;
  const std::string config_path_;
  std::unique_ptr<ledger::Ledger> ledger_;
  UvLoop loop_;
  ThreadWorkers workers_;
  harvest::Engine engine_;
  harvest::EngineService service_;
  Supervisor supervisor_;
  std::unique_ptr<Executor::Timer> status_timer_;
  std::unique_ptr<control::Server> server_;
  TaskGroup tasks_;
  std::thread closer_;
  int exit_code_ = 0;
  bool served_ = false, stopping_ = false, reload_wanted_ = false;
};

}  // namespace

int run(Config config, const std::string& config_path) {
  log::set_level(config.log_level);
  (void)std::signal(SIGPIPE, SIG_IGN);
  umask(027);
  raise_descriptor_limit();
  // Memory follows what is in use, not how many threads there are; but a niced worker that is preempted inside malloc
  // must not keep the loop waiting, so that arenas are enough for each to have one (large blocks are mapped and belong
  // to none).
  mallopt(M_ARENA_MAX, 8);
  trace_durable_steps_from_environment();

  std::error_code error;
  std::filesystem::create_directories(config.state_directory, error);
  if (error)
    return complain(
        {Kind::Internal, fmt::format("state_directory {}: {}", config.state_directory, error.message()), {}});
  auto ledger = ledger::open_rocks_ledger(std::filesystem::path(config.state_directory) / "ledger");
  if (!ledger) return complain(ledger.error());
  auto socket = listening_socket(config);
  if (!socket) return complain(socket.error());
  return Process(std::move(config), config_path, std::move(*ledger)).run(*socket);
}

}  // namespace garner::daemon
