#include "control/submission_receiver.h"

namespace garner::control {

void SubmissionReceiver::push(std::span<const std::byte> bytes) {
  if (error_) return;
  if (auto pushed = reader_.push(bytes); !pushed) {
    error_ = std::move(pushed.error());
    submission_.reset();
  }
}

Result<harvest::SubmitResult> SubmissionReceiver::finish() {
  if (error_) return std::unexpected(*error_);
  if (auto whole = reader_.finish(); !whole) return std::unexpected(whole.error());
  return submission_->finish(plan_only_);
}

Result<void> SubmissionReceiver::manifest(std::string file_name, std::string text) {
  auto begun = service_.submit(peer_, std::move(text), std::move(file_name));
  if (!begun) return std::unexpected(begun.error());
  submission_ = std::move(*begun);
  return {};
}

}  // namespace garner::control
