// A service played by a test: a Transport on virtual time that answers each request by a script or a function, and
// notes what was asked. Header-only; tests only.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "http/transport.h"
#include "support/virtual_loop.h"

namespace garner::ivoa::testing {

using garner::testing::VirtualLoop;
using Headers = std::vector<std::pair<std::string, std::string>>;
using std::chrono::seconds;

inline http::Reply reply(int status, std::string_view body, Headers headers = {}) {
  http::Reply made;
  made.status = status;
  made.headers = std::move(headers);
  made.body = http::Body(std::make_shared<http::MemoryBudget>(256u << 20), "", 256u << 20);
  EXPECT_TRUE(made.body.append(std::as_bytes(std::span(body))).has_value());
  EXPECT_TRUE(made.body.finish().has_value());
  return made;
}

inline http::Reply see_other(std::string location) {
  return reply(303, "", {{"location", std::move(location)}});
}

class FakeTransport final : public http::Transport {
 public:
  using Answer = std::function<Result<http::Reply>(const http::Request&)>;
  explicit FakeTransport(VirtualLoop& loop) : loop_(loop) {}

  struct Asked {
    http::Request request;
    SteadyTime at;
  };
  std::vector<Asked> asked;
  Answer always;  // where the script is at its end
  Duration latency{};

  void then(Answer answer) { script_.push_back(std::move(answer)); }
  void then(int status, std::string body, Headers headers = {}) {
    then([=](const http::Request&) -> Result<http::Reply> { return reply(status, body, headers); });
  }
  void then_see_other(std::string location) { then(303, "", {{"location", std::move(location)}}); }
  void then_fail(Kind kind) {
    then([kind](const http::Request&) -> Result<http::Reply> { return fail(kind, "the network"); });
  }
  bool script_done() const { return script_.empty(); }

  Task<Result<http::Reply>> fetch(http::Request request, std::stop_token stop) override {
    asked.push_back({request, loop_.now()});
    if (auto slept = co_await sleep_for(loop_, latency, stop); !slept) co_return std::unexpected(slept.error());
    Answer answer = always;
    if (!script_.empty()) {
      answer = std::move(script_.front());
      script_.pop_front();
    }
    if (!answer) co_return fail(Kind::Internal, "the script is at its end");
    co_return answer(request);
  }

  std::vector<std::string> urls() const {
    std::vector<std::string> all;
    for (const auto& each : asked) {
      const auto method = each.request.method;
      all.push_back((method == http::Method::Get    ? "GET "
                     : method == http::Method::Post ? "POST "
                                                    : "DELETE ") +
                    each.request.url);
    }
    return all;
  }
  std::size_t count(std::string_view text) const {
    const auto all = urls();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [text](const std::string& url) { return url.find(text) != url.npos; }));
  }

 private:
  VirtualLoop& loop_;
  std::deque<Answer> script_;
};

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& result) {
  result = co_await task;
}

// Runs the loop until the task has ended.
template <class T>
T finish(VirtualLoop& loop, Task<T> task) {
  std::optional<T> result;
  TaskGroup group;
  group.spawn(keep(std::move(task), result));
  if (!loop.run_until([&result] { return result.has_value(); })) std::abort();
  loop.run_until([&group] { return group.running() == 0; });
  return std::move(*result);
}

inline std::string job_xml(std::string_view phase, std::string_view more = "",
                           std::string_view version = "version=\"1.1\"") {
  return fmt::format(
      "<?xml version=\"1.0\"?><uws:job {} xmlns:uws=\"http://www.ivoa.net/xml/UWS/v1.0\" "
      "xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
      "<uws:jobId>7</uws:jobId><uws:phase>{}</uws:phase>{}</uws:job>",
      version, phase, more);
}

inline std::string votable(std::string_view before, std::string_view after = "", std::size_t rows = 2) {
  std::string text =
      "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE "
      "type=\"results\">";
  text.append(before).append("<TABLE><FIELD name=\"source_id\" datatype=\"long\"/><DATA><TABLEDATA>");
  for (std::size_t i = 0; i < rows; ++i) text += fmt::format("<TR><TD>{}</TD></TR>\n", 4295806720u + i);
  return text.append("</TABLEDATA></DATA></TABLE>").append(after).append("</RESOURCE></VOTABLE>\n");
}

inline std::string error_votable(std::string_view message) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.2\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" "
      "value=\"ERROR\">\n{}\n</INFO></RESOURCE></VOTABLE>",
      message);
}

// Gaia's HTML error page.
inline std::string error_page(std::string_view message) {
  return fmt::format(
      "<html><head><title>SERVICE ERROR</title></head><body><h1>SERVICE ERROR - 500</h1><ul><li><b>Context: "
      "</b>x</li><li><b>Message: </b>{}</li></ul></body></html>",
      message);
}

inline constexpr std::string_view kMaintenance =
    "<!DOCTYPE html><html><head><title>Archive</title></head><body><p>The archive is down for "
    "maintenance.</p></body></html>";

inline std::optional<std::string> data_file(const std::string& name) {
  const char* folder = std::getenv("GARNER_TEST_DATA");
  if (folder == nullptr) return std::nullopt;
  std::ifstream file(std::filesystem::path(folder) / name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good()) << name;
  return text.str();
}

}  // namespace garner::ivoa::testing
