// A Service in memory for the tests of control and client: it answers from what a test put in, and keeps what it was
// told.
#pragma once

#include <condition_variable>
#include <mutex>

#include "harvest/service/service.h"

namespace garner::control_test {

inline harvest::ArchiveStatus example_archive() {
  harvest::ArchiveStatus archive;
  archive.in_flight = 3;
  archive.limit = 3;
  archive.floor = 1;
  archive.ceiling = 4;
  archive.last_change = {1'790'000'400, 4, 3, "success fell to 92 %: HTTP 500: Pool empty"};
  return archive;
}

inline harvest::HarvestStatus example_status(std::string name = "rvs-bright") {
  harvest::HarvestStatus status;
  status.name = std::move(name);
  status.state = "running";
  status.archive = "gaia";
  status.release = "Gaia DR3";
  status.identity = "anonymous";
  status.output_directory = "/srv/gaia/rvs-bright";
  status.layout = "tar.zst";
  status.sources = 1'203'002;
  status.duplicates = 112;
  status.refused = 3;
  status.requested = 2'406'004;
  status.delivered = 546'300;
  status.absent = 31'200;
  status.pending = status.requested - status.delivered - status.absent;
  status.bytes_received = 12'400'000'000;
  status.bytes_stored = 8'900'000'000;
  status.attempts = 1160;
  status.chunks_total = 4814;
  status.chunks_done = 1155;
  status.chunks_in_flight = 3;
  status.rate_sources_per_s = 87.3;
  status.rate_bytes_per_s = 5.1e6;
  status.eta_s = 18'700;
  status.submitter_uid = 1000;
  status.submitter_gid = 1001;
  status.submitted_s = 1'790'000'000;
  status.types = {{"RVS", 1'203'002, 625'502, 546'300, 31'200, 0, ""},
                  {"XP_CONTINUOUS", 1'203'002, 1'203'002, 0, 0, 0, ""}};
  status.in_flight = {{"RVS", 1156, 14}, {"RVS", 1157, 9}, {"RVS", 1158, 2}};
  status.last_trouble = "21:47 chunk 1139: 500 pool empty, tried again after 41 s, delivered";
  return status;
}

class FakeService final : public harvest::Service {
 public:
  // What it answers.
  std::map<std::string, harvest::HarvestStatus> harvests;
  std::function<void(harvest::HarvestStatus&)> before_status;  // time goes on between two looks
  std::optional<Error> error;                                  // instead of any answer
  std::vector<harvest::SourcesPage> pages;                     // by cursor: "", "1", "2", …
  harvest::FoundProduct found;
  std::vector<harvest::VerifyPage> verify_pages;
  harvest::LogPage log_page;
  harvest::LogQuestion log_question;  // the last one
  std::uint64_t retried = 500;
  std::optional<Error> submit_error;  // of submit() itself
  bool already_here = false;

  // What it was told.
  struct Submitted {
    harvest::Peer peer;
    std::string manifest, file;
    std::vector<SourceId> ids;
    std::uint64_t id_count = 0;
    std::vector<ledger::RefusedRow> refused;
    bool finished = false, plan_only = false, dropped = false;
  };
  bool keep_ids = true;
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<Submitted> submissions() const {
    const std::lock_guard lock(mutex_);
    std::vector<Submitted> out;
    for (const auto& one : submissions_) out.push_back(*one);
    return out;
  }
  // Waits until the number of submissions that ended, finished or dropped, is that.
  void wait_for_ended(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ >= count; });
  }
  void wait_for_begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return submissions_.size() >= count; });
  }

  Result<std::unique_ptr<harvest::Submission>> submit(harvest::Peer peer, std::string manifest,
                                                      std::string file) override {
    if (submit_error) return std::unexpected(*submit_error);
    const std::lock_guard lock(mutex_);
    submissions_.push_back(std::make_shared<Submitted>(
        Submitted{peer, std::move(manifest), std::move(file), {}, 0, {}, false, false, false}));
    changed_.notify_all();
    return std::make_unique<FakeSubmission>(*this, submissions_.back());
  }
  std::vector<harvest::HarvestStatus> list() override {
    note("list");
    for (auto& [name, status] : harvests) {
      if (before_status) before_status(status);
    }
    std::vector<harvest::HarvestStatus> out;
    for (const auto& [name, status] : harvests) out.push_back(status);
    return out;
  }
  Result<harvest::HarvestStatus> status(const std::string& name) override {
    const auto known = harvests.find(name);
    if (before_status && known != harvests.end()) before_status(known->second);
    return find("status", name);
  }
  Result<harvest::HarvestStatus> pause(harvest::Peer, const std::string& name) override { return find("pause", name); }
  Result<harvest::HarvestStatus> resume(harvest::Peer, const std::string& name) override {
    return find("resume", name);
  }
  Result<harvest::HarvestStatus> cancel(harvest::Peer, const std::string& name) override {
    return find("cancel", name);
  }
  Result<void> remove(harvest::Peer, const std::string& name, bool delete_data) override {
    auto found_status = find(delete_data ? "remove+data" : "remove", name);
    if (!found_status) return std::unexpected(found_status.error());
    return {};
  }
  Result<std::uint64_t> retry(harvest::Peer, const std::string& name, ledger::Outcome outcome) override {
    auto found_status = find(fmt::format("retry {}", static_cast<int>(outcome)), name);
    if (!found_status) return std::unexpected(found_status.error());
    return retried;
  }
  Result<harvest::SourcesPage> sources(const std::string& name, const std::string& outcome, const std::string& cursor,
                                       std::size_t rows) override {
    auto found_status = find(fmt::format("sources {} '{}' {}", outcome, cursor, rows), name);
    if (!found_status) return std::unexpected(found_status.error());
    return pages.at(cursor.empty() ? 0 : static_cast<std::size_t>(std::stoul(cursor)));
  }
  Result<harvest::FoundProduct> product(const std::string& name, SourceId id, const std::string& type) override {
    auto found_status = find(fmt::format("product {} {}", id.value, type), name);
    if (!found_status) return std::unexpected(found_status.error());
    return found;
  }
  Result<harvest::LogPage> log(const std::string& name, const harvest::LogQuestion& question) override {
    auto found_status = find("log", name);
    if (!found_status) return std::unexpected(found_status.error());
    log_question = question;
    return log_page;
  }
  Result<harvest::ReceiptReply> receipt(harvest::Peer, const std::string& name) override {
    auto found_status = find("receipt", name);
    if (!found_status) return std::unexpected(found_status.error());
    return harvest::ReceiptReply{"{\"receipt\": 1}\n", "# Receipt: " + name + "\n", true};
  }
  Result<harvest::VerifyPage> verify(const std::string& name, const std::string& cursor) override {
    auto found_status = find("verify", name);
    if (!found_status) return std::unexpected(found_status.error());
    return verify_pages.at(cursor.empty() ? 0 : static_cast<std::size_t>(std::stoul(cursor)));
  }
  Result<harvest::VerifyPage> repair(harvest::Peer, const std::string& name, const std::string& cursor) override {
    auto found_status = find("repair", name);
    if (!found_status) return std::unexpected(found_status.error());
    auto page = verify_pages.at(cursor.empty() ? 0 : static_cast<std::size_t>(std::stoul(cursor)));
    page.put_back = 100 * page.damages.size();
    return page;
  }

 private:
  class FakeSubmission final : public harvest::Submission {
   public:
    FakeSubmission(FakeService& service, std::shared_ptr<Submitted> kept) : service_(service), kept_(std::move(kept)) {}
    ~FakeSubmission() override {
      const std::lock_guard lock(service_.mutex_);
      kept_->dropped = !kept_->finished;
      ++service_.ended_;
      service_.changed_.notify_all();
    }
    Result<void> add_ids(std::span<const SourceId> ids) override {
      kept_->id_count += ids.size();
      if (service_.keep_ids) kept_->ids.insert(kept_->ids.end(), ids.begin(), ids.end());
      return {};
    }
    Result<void> add_refused(const ledger::RefusedRow& row) override {
      kept_->refused.push_back(row);
      return {};
    }
    Result<harvest::SubmitResult> finish(bool plan_only) override {
      if (service_.error) return std::unexpected(*service_.error);
      const std::lock_guard lock(service_.mutex_);
      kept_->finished = true;
      kept_->plan_only = plan_only;
      harvest::SubmitResult result;
      result.already_here = service_.already_here;
      result.plan = {"rvs-bright",
                     kept_->id_count,
                     0,
                     kept_->refused.size(),
                     2 * kept_->id_count,
                     4814,
                     500,
                     44'000'000'000,
                     31'000'000'000,
                     812'000'000'000,
                     3.0,
                     26.7,
                     25,
                     225,
                     "products"};
      if (!service_.harvests.empty()) result.status = service_.harvests.begin()->second;
      return result;
    }

   private:
    FakeService& service_;
    std::shared_ptr<Submitted> kept_;
  };

  void note(std::string call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  Result<harvest::HarvestStatus> find(const std::string& call, const std::string& name) {
    note(call + " " + name);
    if (error) return std::unexpected(*error);
    const auto found_harvest = harvests.find(name);
    if (found_harvest == harvests.end()) return fail(Kind::NotFound, "no harvest '{}' here", name);
    return found_harvest->second;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> calls_;
  std::vector<std::shared_ptr<Submitted>> submissions_;
  std::size_t ended_ = 0;
};

}  // namespace garner::control_test
