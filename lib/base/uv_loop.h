// The real Executor: one libuv loop, run by one thread.
// Threads: post() and request_stop() from any; the rest on the thread that calls run().
#pragma once

#include <csignal>

#include "base/executor.h"

struct uv_loop_s;

namespace garner {

class UvLoop final : public Executor {
 public:
  UvLoop();
  // Everything started on the loop must be gone; handles still open are a fault of ours and abort.
  ~UvLoop() override;

  void post(Action action) override;
  SteadyTime now() const override;
  WallTime wall_now() const override;
  [[nodiscard]] std::unique_ptr<Timer> call_at(SteadyTime when, Action action) override;

  // Runs until request_stop(). What was posted before is still run. May be run again afterwards.
  void run();
  void request_stop();

  // Calls action on the loop for each such signal while the handle lives.
  [[nodiscard]] std::unique_ptr<Timer> on_signal(int signal_number, Action action);

  // For lib/http only.
  uv_loop_s* native();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner
