// A client of the real server, for its tests: lib/ivoa over lib/http on a loop of its own. A test is passed over where
// GARNER_REAL_TAP names no TAP service.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/uv_loop.h"
#include "http/curl_transport.h"
#include "ivoa/tap.h"
#include "ivoa/votable_verdict.h"
#include "table/table_reader.h"

namespace garner::real_server {

class RealServer : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("GARNER_REAL_TAP");
    if (url == nullptr || *url == '\0')
      GTEST_SKIP() << "GARNER_REAL_TAP names no TAP service; ./dev test --real-server";
    base_ = url;
    http::TransportOptions options;
    options.user_agent = "garner-tests";
    options.budget = std::make_shared<http::MemoryBudget>(std::uint64_t{1} << 30);
    transport_ = std::make_unique<http::CurlTransport>(loop_, options);
    ivoa::TapService service;
    service.http.base_url = base_;
    service.http.timeouts.first_byte = std::chrono::seconds(90);  // its own limit for a sync query is 60 s
    tap_ = std::make_unique<ivoa::Tap>(*transport_, loop_, service);
  }

  // Runs the loop until the task is done.
  template <class T>
  T wait(Task<T> task) {
    std::optional<T> out;
    TaskGroup group;
    group.spawn(keep(std::move(task), out, loop_));
    loop_.run();
    return std::move(*out);
  }

  ivoa::Tap& tap() { return *tap_; }
  ivoa::Jobs& jobs() { return tap_->jobs(); }
  std::stop_token stop() const { return stop_.get_token(); }

  Result<http::Body> sync(ivoa::Query query) { return wait(tap_->sync(std::move(query), stop())); }
  // Made, run and waited for; the job stays. The looks are frequent, for a server of our own.
  struct Ran {
    std::string url;
    ivoa::JobOutcome outcome;
  };
  Result<Ran> run_job(const ivoa::Query& query);
  // The answer of a job that is expected to complete, which is removed; nothing but failures otherwise.
  std::optional<http::Body> async(const ivoa::Query& query);

  std::string base_;

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>& out, UvLoop& loop) {
    out.emplace(co_await task);
    loop.request_stop();
  }

  UvLoop loop_;
  std::stop_source stop_;
  std::unique_ptr<http::CurlTransport> transport_;
  std::unique_ptr<ivoa::Tap> tap_;
};

ivoa::Query adql(std::string text, std::string format = "votable");

// A copy of the bytes, opened as a table of its own recognition.
Result<std::unique_ptr<table::TableReader>> open(const http::Body& body);

}  // namespace garner::real_server
