// The control API's table: method and path pattern to handler. Knows HTTP's words but no socket; the server calls it
// from many threads at once, since the Service takes calls from any thread. Submissions stream and are the server's
// matter, except for their place in the table.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/messages.h"
#include "harvest/service/service.h"

namespace garner::control {

struct ApiRequest {
  std::string method;
  std::string path;                          // percent-decoded
  std::map<std::string, std::string> query;  // percent-decoded
  harvest::Peer peer;
};

struct ApiReply {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const void> held{};  // until the body is sent
};

struct ApiContext {
  harvest::Service& service;
  DaemonInfo daemon;
};

using ApiHandler = ApiReply (*)(const ApiContext& context, const ApiRequest& request, const std::string& harvest);

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/v1/harvests/NAME/pause": NAME stands for one segment
  ApiHandler handler;        // none where the body is a submission stream
  bool plan_only = false;    // of submission streams
};

std::span<const Route> routes();

// The route that fits method and path; NotFound for an unknown path, Unsupported (405) for a known one with another
// method.
struct Matched {
  const Route* route = nullptr;
  std::string harvest;  // what stood in NAME's place
};
Result<Matched> match(std::string_view method, std::string_view path);

ApiReply error_reply(const Error& error);
// Finds the route and calls its handler. Not for submission streams.
ApiReply answer(const ApiContext& context, const ApiRequest& request);

inline constexpr std::size_t kSourcesPageDefault = 10'000, kSourcesPageMost = 50'000;

}  // namespace garner::control
