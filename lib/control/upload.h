// A submission on its way to the daemon: fed from the caller's thread, sent by a thread of its own with at most some
// MiB between them, so that reading the id list and sending it overlap. While the caller has nothing to send, empty
// frames keep the connection alive. One thread calls. Dropped without finish(), the daemon keeps nothing. Errors as
// Client's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/source_id.h"
#include "harvest/service/service.h"

namespace garner::control {

class Upload {
 public:
  Upload(std::string socket_path, bool plan_only, std::string_view manifest_file, std::string_view manifest_text);
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  ~Upload();

  // Waits while the daemon is slower. An error means that the daemon has ended the call: finish() would tell the same.
  Result<void> add_ids(std::span<const SourceId> ids);
  Result<void> add_refused(const ledger::RefusedRow& row);
  // Sends the end frame and waits for the verdict; called once.
  Result<harvest::SubmitResult> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner::control
