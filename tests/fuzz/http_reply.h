// A reply as the transport would have brought it.
#pragma once

#include "http/transport.h"
#include "target.h"

namespace garner::fuzz {

inline http::Reply reply_of(int status, std::vector<std::pair<std::string, std::string>> headers,
                            std::string_view body) {
  http::Reply reply;
  reply.status = status;
  reply.headers = std::move(headers);
  reply.body = http::Body(std::make_shared<http::MemoryBudget>(1u << 20), "", 1u << 20);
  require(reply.body.append(bytes_of(body)).has_value() && reply.body.finish().has_value(), "a reply has a body");
  return reply;
}

}  // namespace garner::fuzz
