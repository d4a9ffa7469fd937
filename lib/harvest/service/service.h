// The engine as the outside sees it: every verb of the control API. Wraps the loop-bound Engine so that any thread may
// call; calls block until answered. Status is a snapshot of memory; listings and products come from the ledger and the
// disk on the caller's thread, never on the loop. Rights: a peer may see everything it could name, and act on its own
// harvests; root and the daemon's user on all. Errors: Auth (not yours), NotFound (no such harvest), Invalid (bad
// request), Conflict (state does not allow it), and those of ledger and output.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"
#include "harvest/run/status.h"
#include "ledger/ledger.h"
#include "output/read_room.h"

namespace garner::harvest {

// Who is at the other end of the control socket (SO_PEERCRED).
struct Peer {
  std::uint32_t uid = 0, gid = 0;
};

struct SubmitResult {
  bool already_here = false;  // same name, same manifest, same ids
  HarvestStatus status;       // of the harvest, unless it was only planned
  Plan plan;
};

// One submission under way. Dropped without finish(), it leaves no harvest. One thread.
class Submission {
 public:
  virtual ~Submission() = default;
  virtual Result<void> add_ids(std::span<const SourceId> ids) = 0;  // any order, duplicates too
  virtual Result<void> add_refused(const ledger::RefusedRow& row) = 0;
  // plan_only: everything is checked and counted, nothing is kept.
  virtual Result<SubmitResult> finish(bool plan_only) = 0;
};

// How the detail of a pending source begins that came back empty once, and awaits its second look.
inline constexpr std::string_view kEmptySoFar = "empty so far";

struct SourceRow {
  SourceId id;
  std::string retrieval_type;
  std::string detail;  // delivered: the file (and member); failed, pending: the reason, if any; absent: empty
};

struct SourcesPage {
  std::vector<SourceRow> rows;
  std::vector<ledger::RefusedRow> refused_rows;  // for outcome "refused"
  std::string next;                              // cursor of the next page; empty at the end
};

// What of a harvest's journal is to be read: of all, of a chunk, or of the chunk that a source lies in.
struct LogQuestion {
  std::optional<std::uint32_t> chunk;
  std::optional<SourceId> source;
  std::string retrieval_type;  // empty: all
  std::uint64_t after = 0;     // entries behind this one
  std::size_t most = 50;       // the last so many
};

struct LogLine {
  ledger::JournalEntry entry;
  std::string retrieval_type;  // of its attempt
};

struct LogPage {
  std::vector<LogLine> lines;      // the oldest first
  std::vector<std::string> about;  // of a chunk or a source: how it stands now, a line a retrieval_type
};

struct VerifyPage {
  std::uint64_t packs = 0, products = 0, bytes = 0;  // checked in this page
  std::vector<std::string> damages;
  std::string next;
  std::uint64_t put_back = 0;  // products that are fetched again (repair)
};

struct FoundProduct {
  std::string bytes;
  std::string file_name;  // the archive's own name for it
  std::string retrieval_type;
  bool whole_table = false;         // the file holds many sources (data_structure RAW)
  output::ReadRoom::Share share{};  // of the memory that all products have which are being handed on
};

struct ReceiptReply {
  std::string json, markdown;
  bool kept = false;  // written beside the data, too
};

class Service {
 public:
  virtual ~Service() = default;

  virtual Result<std::unique_ptr<Submission>> submit(Peer peer, std::string manifest_text,
                                                     std::string manifest_file) = 0;
  virtual std::vector<HarvestStatus> list() = 0;
  virtual Result<HarvestStatus> status(const std::string& name) = 0;
  virtual Result<HarvestStatus> pause(Peer peer, const std::string& name) = 0;
  virtual Result<HarvestStatus> resume(Peer peer, const std::string& name) = 0;
  virtual Result<HarvestStatus> cancel(Peer peer, const std::string& name) = 0;
  // Forgets the harvest; its data stay unless delete_data.
  virtual Result<void> remove(Peer peer, const std::string& name, bool delete_data) = 0;
  // Puts sources of that outcome back to pending and tries again; returns how many products.
  virtual Result<std::uint64_t> retry(Peer peer, const std::string& name, ledger::Outcome outcome) = 0;
  // outcome: pending, delivered, absent, failed, refused.
  virtual Result<SourcesPage> sources(const std::string& name, const std::string& outcome, const std::string& cursor,
                                      std::size_t rows_most) = 0;
  virtual Result<LogPage> log(const std::string& name, const LogQuestion& question) = 0;
  // The account in one page. Written beside the data where the peer may change the harvest.
  virtual Result<ReceiptReply> receipt(Peer peer, const std::string& name) = 0;
  virtual Result<FoundProduct> product(const std::string& name, SourceId id, const std::string& retrieval_type) = 0;
  virtual Result<VerifyPage> verify(const std::string& name, const std::string& cursor) = 0;
  // The same; what is damaged or missing goes back to pending, and is fetched again.
  virtual Result<VerifyPage> repair(Peer peer, const std::string& name, const std::string& cursor) = 0;
};

}  // namespace garner::harvest
