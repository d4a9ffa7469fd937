// Replies made by hand, and a Transport that answers from a script. Header-only; tests only.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "http/transport.h"

namespace garner::archive::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline http::Reply reply(int status, std::string_view body, Headers headers = {}) {
  http::Reply made;
  made.status = status;
  made.headers = std::move(headers);
  made.body = http::Body(std::make_shared<http::MemoryBudget>(64u << 20), "", 64u << 20);
  EXPECT_TRUE(made.body.append(std::as_bytes(std::span(body))).has_value());
  EXPECT_TRUE(made.body.finish().has_value());
  return made;
}

// An end record (APPNOTE 4.3.16) without members: a whole, empty zip.
inline std::string empty_zip() {
  return std::string("PK\x05\x06", 4) + std::string(18, '\0');
}

// Begins with a member and ends with an end record: all that is looked at here.
inline std::string some_zip(std::string_view member = "a member") {
  return std::string("PK\x03\x04", 4) + std::string(member) + empty_zip();
}

// The server's HTML error page.
inline std::string error_page(std::string_view message, int status = 500) {
  return fmt::format(
      "<html><head><title>SERVICE ERROR</title></head><body>\n<h1 class=\"error\">SERVICE ERROR - "
      "{}</h1><h2>Description</h2><ul>\n"
      "<li><b>Action: </b>null</li><li><b>Context: </b>DataRetrieval</li>\n<li><b>Exception: "
      "</b>esavo.tap.TAPException</li>"
      "<li><b>Message: </b>{}</li></ul>\n<h2>Stack trace</h2><table><tr><td>at esavo</td></tr></table></body></html>",
      status, message);
}

inline std::string error_votable(std::string_view message) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VOTABLE version=\"1.2\" "
      "xmlns=\"http://www.ivoa.net/xml/VOTable/v1.2\"><RESOURCE type=\"results\">\n"
      "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">\n{}\n</INFO><INFO name=\"HttpErrorCode\" "
      "value=\"500\"/></RESOURCE></VOTABLE>",
      message);
}

// Answers each request with the next of the script after one turn of the loop, or after `hold` has ended.
class ScriptedTransport final : public http::Transport {
 public:
  using Answer = std::function<Result<http::Reply>(const http::Request&)>;
  explicit ScriptedTransport(Executor& executor) : executor_(executor) {}

  void then(Answer answer) { script_.push_back(std::move(answer)); }
  void then(int status, std::string body, Headers headers = {}) {
    then([status, body, headers](const http::Request&) -> Result<http::Reply> { return reply(status, body, headers); });
  }

  Task<Result<http::Reply>> fetch(http::Request request, std::stop_token stop) override {
    requests.push_back(request);
    ++under_way;
    if (latency > Duration::zero()) {
      const auto slept = co_await sleep_for(executor_, latency, stop);
      if (!slept) {
        --under_way;
        co_return std::unexpected(slept.error());
      }
    } else {
      co_await yield_to(executor_);
    }
    --under_way;
    if (script_.empty()) co_return fail(Kind::Internal, "the script is at its end");
    const Answer answer = std::move(script_.front());
    script_.pop_front();
    co_return answer(request);
  }

  std::vector<http::Request> requests;
  Duration latency{};
  int under_way = 0;
  std::size_t left() const { return script_.size(); }

 private:
  Executor& executor_;
  std::deque<Answer> script_;
};

}  // namespace garner::archive::testing
