// What a TAP or UWS service's words and statuses mean: the one table that reads them, and the rules by which a reply is
// data or an error document (DALI 1.1 §4.4.1 errors, §5.4 QUERY_STATUS; TAP 1.1 §3.3). Product services are judged in
// archive/reply. The Kinds mean here:
//   TooLarge     the query ran into a time, row or size limit: halve it, or run it by async. Not an error of the
//   service. Unsupported  the request itself is wrong (ADQL, unknown table, column, format): repeat it and it fails
//   again Quota        an account's quota; also 'null' to a request with an upload, which mostly is the quota all
//   anonymous users share:
//                log in, or fall back to IN lists
//   Suspect      failed for no stated reason ('null', unknown 500s)
//   Overloaded, RateLimited, Maintenance, Transient    later
//   Auth         not logged in (any more), or not allowed; NotFound: no such job or child
//   Corrupt      an empty or cut reply
// Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/transport.h"

namespace garner::ivoa {

// What the request was, as far as its answer's meaning depends on it.
struct Asked {
  bool with_upload = false;
  // What the body is due to be: "votable", "fits", "csv", "ecsv", "json", … or a media type; empty: not a table.
  std::string format;
};

// A format by its kind, whatever its spelling: "votable_gzip" and "application/x-votable+xml;serialization=BINARY2" are
// votables.
bool is_votable_format(std::string_view format);

// An error by the server's message and the HTTP status it came with (200 where there was none of an error).
Error judge_words(std::string_view message, int status, const Asked& asked);

// A reply of any status that is no answer; the text holds the server's words.
Error judge_failure(const http::Reply& reply, const Asked& asked, WallTime now);

// Nothing if the reply may be read as the table asked for: status 200 and no error document in it as far as its first
// 64 KiB tell (also below gzip). The end of the answer decides (votable_verdict.h).
std::optional<Error> judge_answer(const http::Reply& reply, const Asked& asked, WallTime now);

// The start of a body, decompressed if it is gzip; at most `bytes`.
std::string head_of(std::span<const std::byte> body, std::size_t bytes = 64u << 10);

}  // namespace garner::ivoa
