// What systemd hears of us (sd_notify(3)): READY, RELOADING, STOPPING, a STATUS line with rates, and WATCHDOG only
// while work progresses or is rightly waiting. Without systemd all of it does nothing. Threads: the loop's only.
#pragma once

#include "base/uv_loop.h"
#include "base/workers.h"
#include "harvest/engine/engine.h"

namespace garner::daemon {

class Supervisor {
 public:
  Supervisor(UvLoop& loop, const ThreadWorkers& workers, harvest::Engine& engine);
  void ready();
  void reloading();
  void stopping();

 private:
  void tick();
  void arm();

  UvLoop& loop_;
  const ThreadWorkers& workers_;
  harvest::Engine& engine_;
  std::unique_ptr<Executor::Timer> timer_;
  std::chrono::microseconds watchdog_{0};
  std::uint64_t steps_seen_ = 0;
  SteadyTime progress_;
  bool told_ = false;
};

}  // namespace garner::daemon
