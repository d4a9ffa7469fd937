// Service over an Engine: posts to the loop and waits for the answer. What takes a disk is done on the calling thread.
#pragma once

#include <future>
#include <mutex>
#include <set>

#include "harvest/engine/engine.h"
#include "harvest/service/service.h"

namespace garner::harvest {

struct ServiceOptions {
  std::filesystem::path spill_directory;  // for ids on their way in
  std::vector<std::string> output_roots;
  std::uint32_t service_uid = 0;
  std::function<Result<archive::Profile>(const std::string& name)> find_profile;
  std::function<std::string(std::uint32_t uid)> user_name;
  std::function<std::optional<std::uint32_t>(const std::string& group)> find_group;
  // What all products together take that people read out; far below what a unit leaves the daemon (MemoryMax=).
  std::uint64_t product_memory = 256u << 20;
  std::function<void()> acted{};  // after each verb, on the loop: what it began may be at its end before the next tick
};

class EngineService final : public Service {
 public:
  EngineService(Engine& engine, Executor& executor, ledger::Ledger& ledger, ServiceOptions options);
  void set_output_roots(std::vector<std::string> roots);

  Result<std::unique_ptr<Submission>> submit(Peer peer, std::string manifest_text, std::string manifest_file) override;
  std::vector<HarvestStatus> list() override;
  Result<HarvestStatus> status(const std::string& name) override;
  Result<HarvestStatus> pause(Peer peer, const std::string& name) override;
  Result<HarvestStatus> resume(Peer peer, const std::string& name) override;
  Result<HarvestStatus> cancel(Peer peer, const std::string& name) override;
  Result<void> remove(Peer peer, const std::string& name, bool delete_data) override;
  Result<std::uint64_t> retry(Peer peer, const std::string& name, ledger::Outcome outcome) override;
  Result<SourcesPage> sources(const std::string& name, const std::string& outcome, const std::string& cursor,
                              std::size_t rows_most) override;
  Result<LogPage> log(const std::string& name, const LogQuestion& question) override;
  Result<ReceiptReply> receipt(Peer peer, const std::string& name) override;
  Result<FoundProduct> product(const std::string& name, SourceId id, const std::string& retrieval_type) override;
  Result<VerifyPage> verify(const std::string& name, const std::string& cursor) override;
  Result<VerifyPage> repair(Peer peer, const std::string& name, const std::string& cursor) override;

  // Takes the snapshot from which list() and status() are answered, so that they never wait for a busy loop. On the
  // loop; every so often while anything moves, and by itself after every verb. Before the first one they ask the loop.
  void refresh();

  // Runs on the loop, awaited by the calling thread.
  template <class T>
  T on_loop(std::move_only_function<Task<T>()> start);
  template <class F>
  std::invoke_result_t<F&> ask(F question);

 private:
  friend class EngineSubmission;
  friend class SubmissionQuestions;
  Result<void> check_rights(Peer peer, const std::string& name);
  Result<std::shared_ptr<HarvestFiles>> files(const std::string& name);

  Engine& engine_;
  Executor& executor_;
  ledger::Ledger& ledger_;
  ServiceOptions options_;
  TaskGroup tasks_;
  output::ReadRoom read_room_{options_.product_memory};
  using Snapshot = std::vector<HarvestStatus>;
  std::shared_ptr<const Snapshot> snapshot();

  std::mutex mutex_;  // guards output_roots and what follows
  std::shared_ptr<const Snapshot> snapshot_;
  std::map<std::string, std::uint32_t> names_coming_;  // and by whom
  std::set<std::filesystem::path> directories_coming_;
};

template <class T>
T EngineService::on_loop(std::move_only_function<Task<T>()> start) {
  // The promise is the loop's: who waits for the answer may be gone before set_value() has returned.
  std::promise<T> answer;
  auto future = answer.get_future();
  executor_.post([this, answer = std::move(answer), start = std::move(start)]() mutable {
    struct Driver {
      static Task<void> drive(EngineService* service, Task<T> task, std::promise<T> to) {
        T result = co_await task;
        service->refresh();  // who acted must see what came of it
        if (service->options_.acted) service->options_.acted();
        to.set_value(std::move(result));
      }
    };
    tasks_.spawn(Driver::drive(this, start(), std::move(answer)));
  });
  return future.get();
}

template <class F>
std::invoke_result_t<F&> EngineService::ask(F question) {
  std::promise<std::invoke_result_t<F&>> answer;
  auto future = answer.get_future();
  executor_.post([answer = std::move(answer), &question]() mutable { answer.set_value(question()); });
  return future.get();
}

}  // namespace garner::harvest
