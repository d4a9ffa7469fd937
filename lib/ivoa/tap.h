// TAP 1.1 (and 1.0): a query sync or async, with tables uploaded inline; the service's answer is a body to be read as
// the table asked for. A sync answer is whole only once its end was seen, and complete only if its verdict is Ok
// (votable_verdict.h). Threads: the loop's only. The transport and executor outlive it, and it its requests. Errors:
// the Kinds of ivoa/dali.h, and the transport's.
#pragma once

#include <optional>

#include "ivoa/uws_client.h"

namespace garner::ivoa {

struct TapService {
  Service http{};  // base_url is TAP's: ".../tap"
  std::string sync_path = "/sync", async_path = "/async";
  std::string format_field = "RESPONSEFORMAT";                                      // FORMAT for TAP 1.0 and Gaia
  std::string plain_votable = "application/x-votable+xml;serialization=TABLEDATA";  // kPlainVOTable
  std::vector<std::pair<std::string, std::string>> more_fields{};                   // of every query: "tapclient", …
  JobDeletion deletion = JobDeletion::Delete;
};

struct Upload {
  std::string table;  // the query says TAP_UPLOAD.<table>: a letter, then letters, digits, underscores (TAP 1.1 §2.7.6)
  std::string votable;  // table/votable/writer.h
};

// A VOTable with its cells as text; what a service calls it stands in TapService.
inline constexpr std::string_view kPlainVOTable = "votable_plain";

struct Query {
  std::string adql{};
  std::string lang = "ADQL";
  std::string format = "votable";  // the service's own name or media type, or kPlainVOTable
  std::optional<std::uint64_t> maxrec{};
  std::string run_id{};  // at most 64 characters; comes back in the job and in the job list
  std::vector<Upload> uploads{};
};

struct EncodedQuery {
  std::string content_type, body;
};

// REQUEST, LANG, the format, MAXREC, RUNID, UPLOAD, QUERY; a form, or multipart where tables come along. PHASE is never
// among them. Invalid for names of tables or a run_id that TAP does not allow.
Result<EncodedQuery> encode_query(const TapService& service, const Query& query);

class Tap {
 public:
  Tap(http::Transport& transport, Executor& executor, TapService service);
  Tap(const Tap&) = delete;  // its jobs refer to its caller
  Tap& operator=(const Tap&) = delete;

  const TapService& service() const { return service_; }
  Jobs& jobs() { return jobs_; }
  Caller& caller() { return caller_; }

  // POST to sync; a 303 is followed within the service's origin (TAP 1.1 §2.1, DALI 1.1 §5.3). TooLarge where the query
  // ran out of the service's time.
  Task<Result<http::Body>> sync(Query query, std::stop_token stop);
  // A job for the query, not running: its URL. Record it, then jobs().run() and jobs().wait_for().
  Task<Result<std::string>> create(Query query, std::stop_token stop);

  static Asked asked_of(const Query& query) { return {!query.uploads.empty(), query.format}; }

 private:
  const TapService service_;
  Caller caller_;
  Jobs jobs_;
};

}  // namespace garner::ivoa
