// How a chunk is asked for and what the answer means. The engine knows only this; behind it lie login, redirects,
// vocabulary and the table that judges replies. Other routes to the same products will be other Archives. Threads: the
// loop's only.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "archive/profile.h"
#include "base/executor.h"
#include "base/source_id.h"
#include "http/transport.h"

namespace garner::archive {

struct ChunkRequest {
  std::vector<SourceId> ids;  // strictly rising
  std::string release;
  std::string retrieval_type;
  DataStructure structure = DataStructure::Individual;
  std::string structure_spelling;  // what to send for it
  ProductFormat format = ProductFormat::VOTable;
  bool valid_data = false;
  std::string spool_directory;
  std::uint64_t max_body_bytes = 0;
};

// A question to the archive's TAP service.
struct TapQuestion {
  std::string adql;
  ProductFormat format = ProductFormat::VOTable;  // or VOTablePlain: only VOTables carry a verdict
  // Come along as TAP_UPLOAD.ids, one column of the given name; empty: nothing comes along.
  std::vector<SourceId> upload{};
  std::string upload_column{};
  bool by_job = false;   // async: more time and rows than a sync answer has
  std::string run_id{};  // at most 64 characters; shown in the archive's job lists
  // URL of the job that this very question has already, from an earlier try or an earlier life of this process: it is
  // adopted, not run a second time.
  std::string job{};
  // Writes the URL of a new job down, durably; the job is told to run only after that ended well.
  std::function<Task<Result<void>>(std::string job_url)> record_job{};
  // After each look at the job: it was seen, or why not. From the first one on nothing but such looks leaves until
  // `turn` was awaited.
  std::function<void(const Result<void>& seen)> looked{};
  // Before more than a look leaves: the request for the job's result, or the question anew. An error is the answer
  // then, and the job stays.
  std::function<Task<Result<void>>()> turn{};
  std::string spool_directory{};
};

struct TapReply {
  Result<http::Body> body;  // due to be read as the VOTable asked for: its verdict stands at its end
  // URL of the job that still lives, or holds the result: to be given with the next try, or to forget_job() once the
  // rows are safe. Empty: there is none (any more).
  std::string job{};
};

class Archive {
 public:
  virtual ~Archive() = default;
  // One exchange about one chunk. A value is a body that is due to be read as products (a zip by its first bytes). An
  // Error's Kind tells what to do:
  //   Transient, Overloaded, Maintenance, RateLimited   later, without counting against the chunk
  //   Suspect, Malformed, Corrupt                        later, counted
  //   TooLarge                                           the archive refuses so many ids
  //   Auth, Quota                                        blocks until an operator acts
  //   Unsupported                                        the request is wrong: blocks the retrieval_type, with the
  //   archive's own words DiskFull, Cancelled, Internal                      ours
  virtual Task<Result<http::Body>> fetch(ChunkRequest request, std::stop_token stop) = 0;
  // One question to the TAP service, to its answer. Errors as above, but TooLarge: the answer would pass a limit of
  // time, rows or size, so less must be asked at a time; Quota: also the one that all anonymous users share; Auth: the
  // job is not ours.
  virtual Task<TapReply> ask(TapQuestion question, std::stop_token stop) = 0;
  // Deletes a remote job. Gone already is well.
  virtual Task<Result<void>> forget_job(std::string job_url, std::stop_token stop) = 0;
  // Ends the sessions with the archive, where there are any. Nothing else is under way, or matters any more.
  virtual Task<void> leave(std::stop_token) { co_return; }
  virtual const Profile& profile() const = 0;
  // Who we are to the archive: "anonymous" or the user's name.
  virtual std::string identity() const = 0;
};

// By the profile's kind. The transport and executor outlive it.
std::unique_ptr<Archive> make_archive(Profile profile, http::Transport& transport, Executor& executor);
// The Gaia Archive's DataLink bulk service, and its TAP.
std::unique_ptr<Archive> make_gaia_products(Profile profile, http::Transport& transport, Executor& executor);

}  // namespace garner::archive
