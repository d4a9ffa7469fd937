// How a chunk is asked for and what the answer means. The engine knows only this; behind it lie login, redirects,
// vocabulary and the table that judges replies. Other routes to the same products will be other Archives. Threads: the
// loop's only.
#pragma once

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
  virtual const Profile& profile() const = 0;
  // Who we are to the archive: "anonymous" or the user's name.
  virtual std::string identity() const = 0;
};

// The Gaia Archive's DataLink bulk service. The transport and executor outlive it.
std::unique_ptr<Archive> make_gaia_products(Profile profile, http::Transport& transport, Executor& executor);

}  // namespace garner::archive
