// Ties a submission stream to the Service: one upload, from its first byte to its answer. After an error the rest of
// the upload is taken and dropped, since an HTTP client reads the answer only when it has sent everything. Dropped
// without finish(), it leaves no harvest. One thread at a time (its connection's).
#pragma once

#include <memory>

#include "control/submission_stream.h"
#include "harvest/service/service.h"

namespace garner::control {

class SubmissionReceiver final : private StreamSink {
 public:
  SubmissionReceiver(harvest::Service& service, harvest::Peer peer, bool plan_only)
      : service_(service), peer_(peer), plan_only_(plan_only) {}
  SubmissionReceiver(const SubmissionReceiver&) = delete;  // reader_ refers to us
  SubmissionReceiver& operator=(const SubmissionReceiver&) = delete;

  void push(std::span<const std::byte> bytes);
  // At the upload's regular end. Whatever went wrong first, or the Service's verdict.
  Result<harvest::SubmitResult> finish();

 private:
  Result<void> manifest(std::string file_name, std::string text) override;
  Result<void> ids(std::span<const SourceId> ids) override { return submission_->add_ids(ids); }
  Result<void> refused(const ledger::RefusedRow& row) override { return submission_->add_refused(row); }

  harvest::Service& service_;
  harvest::Peer peer_;
  bool plan_only_;
  std::unique_ptr<harvest::Submission> submission_;
  SubmissionReader reader_{*this};
  std::optional<Error> error_;
};

}  // namespace garner::control
