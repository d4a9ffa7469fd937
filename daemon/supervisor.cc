#include "supervisor.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/log.h"

namespace garner::daemon {

namespace {

constexpr std::chrono::seconds kStatusEvery{5};
// One step of a worker may take long (a large reply on a slow disk); beyond this without any, something hangs.
constexpr std::chrono::minutes kPatience{15};

}  // namespace

Supervisor::Supervisor(UvLoop& loop, const ThreadWorkers& workers, harvest::Engine& engine)
    : loop_(loop), workers_(workers), engine_(engine), progress_(loop.now()) {
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) > 0) watchdog_ = std::chrono::microseconds(usec);
}

void Supervisor::ready() {
  sd_notify(0, "READY=1");
  tick();
}

void Supervisor::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
  // systemd 253 and later want the time, 252 ignores it.
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", usec).c_str());
}

void Supervisor::stopping() {
  sd_notify(0, "STOPPING=1\nSTATUS=finishing what is in flight");
}

void Supervisor::tick() {
  const auto activity = engine_.activity();
  sd_notify(0, fmt::format("STATUS={} harvests active, {} requests in flight, {:.1f} sources/s, {:.1f} MB/s",
                           activity.active, activity.in_flight, activity.sources_per_s, activity.bytes_per_s / 1e6)
                   .c_str());
  // Steps count within long jobs: the catalogue of a large harvest is one job of an hour.
  const std::uint64_t steps = workers_.jobs_done() + activity.steps;
  const bool waits = workers_.idle() && !activity.forgotten;
  if (waits || steps != steps_seen_) progress_ = loop_.now();
  steps_seen_ = steps;
  if (loop_.now() - progress_ < kPatience) {
    sd_notify(0, "WATCHDOG=1");
    told_ = false;
  } else if (!std::exchange(told_, true)) {
    log::error(
        "nothing has moved for {} minutes although there is work; the watchdog is not fed any more, systemd will start "
        "the daemon anew",
        kPatience.count());
  }
  arm();
}

void Supervisor::arm() {
  Duration every = kStatusEvery;
  if (watchdog_.count() > 0) every = std::min<Duration>(every, watchdog_ / 3);
  timer_ = loop_.call_at(loop_.now() + every, [this] { tick(); });
}

}  // namespace garner::daemon
