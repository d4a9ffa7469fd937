// The simulated archive as one object, for the program and for tests in the same process: the two server contexts and
// /sim/. Any thread; the destructor stops it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "archive_sim/data_server.h"
#include "archive_sim/replay.h"
#include "base/error.h"

namespace garner::archive_sim {

struct SimulatorOptions {
  std::uint16_t port = 0;
  Knobs knobs;
  std::string tls_certificate_file, tls_key_file;
  std::string request_log_file;
  std::string replay_folder;
};

class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> start(SimulatorOptions options);
  ~Simulator();

  std::uint16_t port() const;
  std::string base_url() const;  // "http://127.0.0.1:PORT", or https
  World& world();

  struct Impl;

 private:
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner::archive_sim
