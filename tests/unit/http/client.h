// A real transport on a real loop, driven from a test: fetch() runs the loop until the reply is there.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "http/curl_transport.h"

namespace garner::http::testing {

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "garner-http-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
};

class Client {
 public:
  explicit Client(TransportOptions options = {}) {
    budget = options.budget ? options.budget : std::make_shared<MemoryBudget>(64u << 20);
    options.budget = budget;
    if (options.user_agent.empty()) options.user_agent = "garner-test (nobody@example.org)";
    transport = std::make_unique<CurlTransport>(loop, std::move(options));
  }

  // Runs the tasks side by side until all are done.
  void run(std::vector<Task<void>> tasks) {
    TaskGroup group, outer;
    outer.spawn(stop_after(loop, group));
    loop.post([&] {
      for (auto& task : tasks) group.spawn(std::move(task));
      started_ = true;
    });
    loop.run();
    started_ = false;
  }

  Result<Reply> fetch(Request request, std::stop_token stop = {}) {
    std::optional<Result<Reply>> result;
    std::vector<Task<void>> one;
    one.push_back(fetch_into(*transport, std::move(request), stop, result));
    run(std::move(one));
    return std::move(*result);
  }
  Result<Reply> get(std::string url) { return fetch(Request{.url = std::move(url)}); }

  static Task<void> fetch_into(Transport& transport, Request request, std::stop_token stop,
                               std::optional<Result<Reply>>& result) {
    result = co_await transport.fetch(std::move(request), stop);
  }

  UvLoop loop;
  std::shared_ptr<MemoryBudget> budget;
  std::unique_ptr<CurlTransport> transport;

 private:
  Task<void> stop_after(UvLoop& the_loop, TaskGroup& group) {
    while (!started_) co_await yield_to(the_loop);
    co_await group.join();
    the_loop.request_stop();
  }
  bool started_ = false;
};

inline std::string_view text(const Result<Reply>& reply) {
  return reply->body.text();
}

// What went wrong, for a test's message.
inline std::string shown(const Result<Reply>& reply) {
  return reply ? fmt::format("status {}", reply->status)
               : fmt::format("{}: {}", kind_name(reply.error().kind), reply.error().detail);
}

}  // namespace garner::http::testing
