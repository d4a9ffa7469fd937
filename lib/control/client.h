// The control API from the other end: one method a call, each blocking until it is answered. What the daemon answers is
// not trusted more than needed: replies are bounded and parsed defensively. One thread a Client; each call opens a
// connection of its own, so a Client survives the daemon's restarts. Errors: Transient when the daemon can't be reached
// or went away during the call (the text names the socket and what to do), Auth when the socket or the daemon refuses
// this user, and the daemon's own Errors with their kinds (its Transient ones come as Overloaded).
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "control/messages.h"
#include "control/upload.h"
#include "harvest/service/service.h"

namespace garner::control {

class Client {
 public:
  explicit Client(std::string socket_path) : socket_path_(std::move(socket_path)) {}
  const std::string& socket_path() const { return socket_path_; }

  Result<DaemonInfo> daemon();
  Result<std::vector<harvest::HarvestStatus>> list();
  Result<harvest::HarvestStatus> status(const std::string& name);
  Result<harvest::HarvestStatus> pause(const std::string& name);
  Result<harvest::HarvestStatus> resume(const std::string& name);
  Result<harvest::HarvestStatus> cancel(const std::string& name);
  Result<void> remove(const std::string& name, bool delete_data);
  Result<std::uint64_t> retry(const std::string& name, const std::string& outcome);
  Result<harvest::SourcesPage> sources(const std::string& name, const std::string& outcome, const std::string& cursor,
                                       std::size_t rows);
  Result<harvest::LogPage> log(const std::string& name, const harvest::LogQuestion& question);
  // As JSON or as Markdown.
  Result<std::string> receipt(const std::string& name, bool as_json);
  Result<harvest::FoundProduct> product(const std::string& name, SourceId id, const std::string& retrieval_type);
  Result<harvest::VerifyPage> verify(const std::string& name, const std::string& cursor, bool repair = false);
  // Opens the upload; it must be fed and finished.
  std::unique_ptr<Upload> submit(bool plan_only, std::string_view manifest_file, std::string_view manifest_text);

 private:
  std::string socket_path_;
};

}  // namespace garner::control
