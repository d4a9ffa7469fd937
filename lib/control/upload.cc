#include "control/upload.h"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "control/curl_call.h"
#include "control/messages.h"
#include "control/submission_stream.h"

namespace garner::control {

namespace {

constexpr std::size_t kIdsAFrame = 1u << 16;
constexpr std::size_t kQueuedBytesMost = 4u << 20;
constexpr std::size_t kRefusedAFrame = 300;
constexpr std::chrono::seconds kHeartbeat{10};

}  // namespace

struct Upload::Impl {
  Call call;
  // The caller's own: what is not a whole frame yet.
  std::vector<SourceId> ids;
  std::vector<ledger::RefusedRow> refused;
  StreamTotals totals;

  // Shared with the sending thread.
  std::mutex mutex;
  std::condition_variable changed;
  std::string queued;  // whole frames, so that a frame may be put in whenever it is empty
  bool closed = false, aborted = false;
  std::optional<Result<harvest::SubmitResult>> outcome;

  // The sending thread's own.
  std::string sending;
  std::size_t sent = 0;

  std::thread thread;

  std::size_t read(char* buffer, std::size_t room);
  Result<void> push(std::string frames);
  Result<void> flush_ids();
  Result<void> flush_refused();
  void run();
};

std::size_t Upload::Impl::read(char* buffer, std::size_t room) {
  if (sent == sending.size()) {
    sending.clear();
    sent = 0;
    std::unique_lock lock(mutex);
    const bool woken = changed.wait_for(lock, kHeartbeat, [this] { return aborted || closed || !queued.empty(); });
    if (aborted) return CURL_READFUNC_ABORT;
    if (woken && queued.empty()) return 0;
    if (!woken) append_ids(queued, {});
    std::swap(sending, queued);
    changed.notify_all();
  }
  const auto take = std::min(room, sending.size() - sent);
  std::memcpy(buffer, sending.data() + sent, take);
  sent += take;
  return take;
}

Result<void> Upload::Impl::push(std::string frames) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return outcome || queued.size() < kQueuedBytesMost; });
  if (outcome) {
    if (!*outcome) return std::unexpected(outcome->error());
    return fail(Kind::Internal, "the daemon answered before the submission ended");
  }
  queued += frames;
  changed.notify_all();
  return {};
}

Result<void> Upload::Impl::flush_ids() {
  if (ids.empty()) return {};
  std::string frames;
  append_ids(frames, ids);
  ids.clear();
  return push(std::move(frames));
}

Result<void> Upload::Impl::flush_refused() {
  if (refused.empty()) return {};
  std::string frames;
  append_refused(frames, refused);
  refused.clear();
  return push(std::move(frames));
}

void Upload::Impl::run() {
  const auto reply = perform(call);
  auto result = reply ? parse_submit(reply->body) : Result<harvest::SubmitResult>(std::unexpected(reply.error()));
  const std::lock_guard lock(mutex);
  outcome = std::move(result);
  changed.notify_all();
}

Upload::Upload(std::string socket_path, bool plan_only, std::string_view manifest_file, std::string_view manifest_text)
    : impl_(std::make_unique<Impl>()) {
  auto& impl = *impl_;
  append_manifest(impl.queued, manifest_file, manifest_text);
  impl.call.socket_path = std::move(socket_path);
  impl.call.method = "POST";
  impl.call.path = plan_only ? "/v1/plan" : "/v1/harvests";
  impl.call.upload = [&impl](char* buffer, std::size_t room) { return impl.read(buffer, room); };
  impl.thread = std::thread([&impl] { impl.run(); });
}

Upload::~Upload() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->aborted = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

Result<void> Upload::add_ids(std::span<const SourceId> ids) {
  impl_->totals.rows += ids.size();
  impl_->totals.ids += ids.size();
  while (!ids.empty()) {
    const auto take = ids.first(std::min(ids.size(), kIdsAFrame - impl_->ids.size()));
    impl_->ids.insert(impl_->ids.end(), take.begin(), take.end());
    ids = ids.subspan(take.size());
    if (impl_->ids.size() < kIdsAFrame) continue;
    if (auto flushed = impl_->flush_ids(); !flushed) return flushed;
  }
  return {};
}

Result<void> Upload::add_refused(const ledger::RefusedRow& row) {
  ++impl_->totals.rows;
  ++impl_->totals.refused;
  impl_->refused.push_back(row);
  return impl_->refused.size() < kRefusedAFrame ? Result<void>() : impl_->flush_refused();
}

Result<harvest::SubmitResult> Upload::finish() {
  auto& impl = *impl_;
  auto flushed = impl.flush_ids();
  if (flushed) flushed = impl.flush_refused();
  std::string end;
  append_end(end, impl.totals);
  if (flushed) flushed = impl.push(std::move(end));
  {
    const std::lock_guard lock(impl.mutex);
    impl.closed = true;
    impl.changed.notify_all();
  }
  impl.thread.join();
  return std::move(*impl.outcome);
}

}  // namespace garner::control
