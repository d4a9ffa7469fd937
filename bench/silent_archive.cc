#include "silent_archive.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"

namespace garner::bench {

namespace {

std::pair<int, std::uint16_t> bound_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("no port of loopback can be had");
  }
  return {fd, ntohs(address.sin_port)};
}

}  // namespace

SilentArchive::SilentArchive() {
  std::tie(listener_, port_) = bound_socket();
  if (listen(listener_, 64) != 0) give_up("cannot listen");
  thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
}

SilentArchive::~SilentArchive() {
  thread_.request_stop();
  thread_.join();
  for (const int client : clients_) close(client);
  close(listener_);
}

void SilentArchive::forget() {
  first_ = 0;
}

std::optional<double> SilentArchive::wait_for_request(double until_s) const {
  while (first_ == 0) {
    if (now_s() > until_s) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return first_;
}

void SilentArchive::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    for (const int client : clients_) polled.push_back({client, POLLIN, 0});
    if (poll(polled.data(), polled.size(), 50) <= 0) continue;
    for (std::size_t i = polled.size(); i-- > 1;) {
      if (polled[i].revents != 0) read_one(i - 1);
    }
    if (polled[0].revents != 0) accept_one();
  }
}

void SilentArchive::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client >= 0) clients_.push_back(client);
}

void SilentArchive::read_one(std::size_t index) {
  char bytes[16'384];
  if (recv(clients_[index], bytes, sizeof bytes, 0) > 0) {
    if (first_ == 0) first_ = now_s();
    return;
  }
  close(clients_[index]);
  clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(index));
}

std::uint16_t closed_port() {
  const auto [fd, port] = bound_socket();
  close(fd);
  return port;
}

}  // namespace garner::bench
