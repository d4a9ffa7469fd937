// A control server with a FakeService behind it, on a socket in a folder of its own.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "control/client.h"
#include "control/listen_socket.h"
#include "control/server.h"
#include "fake_service.h"

namespace garner::control_test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "garner-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class TestDaemon {
 public:
  explicit TestDaemon(control::ServerOptions options = {}) : options_(options) {
    options_.access.service_uid = ::geteuid();
    start();
  }
  void start() {
    const auto fd = control::listen_on_path(socket(), std::nullopt);
    EXPECT_TRUE(fd) << (fd ? "" : fd.error().detail);
    auto started = control::Server::start(*fd, service, {"0.1.0", 4242, 0, "anonymous"}, options_);
    EXPECT_TRUE(started) << (started ? "" : started.error().detail);
    server_ = std::move(*started);
  }
  void stop() { server_.reset(); }
  std::string socket() const { return folder / "garnerd.sock"; }
  control::Client client() const { return control::Client(socket()); }

  TemporaryFolder folder;
  FakeService service;

 private:
  control::ServerOptions options_;
  std::unique_ptr<control::Server> server_;
};

}  // namespace garner::control_test
