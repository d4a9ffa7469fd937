// The verbs, as any thread may call them: rights are checked, then the loop is asked.
#include "harvest/account/reasons.h"
#include "harvest/service/service_impl.h"
#include "output/remove_tree.h"

namespace garner::harvest {

using ledger::Outcome;

EngineService::EngineService(Engine& engine, Executor& executor, ledger::Ledger& ledger, ServiceOptions options)
    : engine_(engine), executor_(executor), ledger_(ledger), options_(std::move(options)) {}

void EngineService::set_output_roots(std::vector<std::string> roots) {
  const std::lock_guard lock(mutex_);
  options_.output_roots = std::move(roots);
}

Result<void> EngineService::check_rights(Peer peer, const std::string& name) {
  auto owner = ask([this, &name]() -> std::optional<std::uint32_t> {
    auto run = engine_.find(name);
    return run ? std::optional(run->record().submitter_uid) : std::nullopt;
  });
  if (!owner || peer.uid == 0 || peer.uid == options_.service_uid || peer.uid == *owner)
    return {};  // a missing one is told by the verb
  return fail(Kind::Auth, "'{}' belongs to {}; only they, root and the service's user may change it", name,
              options_.user_name(*owner));
}

Result<std::shared_ptr<HarvestFiles>> EngineService::files(const std::string& name) {
  auto found = ask([this, &name] {
    auto run = engine_.find(name);
    return run ? run->files() : nullptr;
  });
  if (!found) return fail(Kind::NotFound, "no harvest is called '{}'; see: garner list", printable(name, 80));
  return found;
}

void EngineService::refresh() {
  auto fresh = std::make_shared<const Snapshot>(engine_.list());
  const std::lock_guard lock(mutex_);
  snapshot_.swap(fresh);
}

std::shared_ptr<const EngineService::Snapshot> EngineService::snapshot() {
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_) return snapshot_;
  }
  return ask([this] { return std::make_shared<const Snapshot>(engine_.list()); });
}

std::vector<HarvestStatus> EngineService::list() {
  return *snapshot();
}

Result<HarvestStatus> EngineService::status(const std::string& name) {
  const auto all = snapshot();
  const auto found = std::ranges::find(*all, name, &HarvestStatus::name);
  if (found == all->end())
    return fail(Kind::NotFound, "no harvest is called '{}'; see: garner list", printable(name, 80));
  HarvestStatus status = *found;
  std::vector<std::string> types;
  for (const auto& type : status.types) types.push_back(type.retrieval_type);
  status.reasons = reasons_of(ledger_, status.number, types, status.kind == "query");
  return status;
}

Result<HarvestStatus> EngineService::pause(Peer peer, const std::string& name) {
  if (auto rights = check_rights(peer, name); !rights) return std::unexpected(rights.error());
  return on_loop<Result<HarvestStatus>>(
      [this, name, by = options_.user_name(peer.uid)] { return engine_.pause(name, by); });
}

Result<HarvestStatus> EngineService::resume(Peer peer, const std::string& name) {
  if (auto rights = check_rights(peer, name); !rights) return std::unexpected(rights.error());
  return on_loop<Result<HarvestStatus>>(
      [this, name, by = options_.user_name(peer.uid)] { return engine_.resume(name, by); });
}

Result<HarvestStatus> EngineService::cancel(Peer peer, const std::string& name) {
  if (auto rights = check_rights(peer, name); !rights) return std::unexpected(rights.error());
  return on_loop<Result<HarvestStatus>>(
      [this, name, by = options_.user_name(peer.uid)] { return engine_.cancel(name, by); });
}

Result<void> EngineService::remove(Peer peer, const std::string& name, bool delete_data) {
  if (auto rights = check_rights(peer, name); !rights) return rights;
  using Removed = Result<std::shared_ptr<HarvestFiles>>;
  auto removed = on_loop<Removed>([this, name] { return engine_.remove(name); });
  if (!removed) return std::unexpected(removed.error());
  if (!delete_data) return {};
  if (auto deleted = output::remove_tree((*removed)->spec.directory); !deleted)
    return with_context(deleted.error(), "'{}' is forgotten, but not all of its data could be deleted", name);
  return {};
}

Result<ReceiptReply> EngineService::receipt(Peer peer, const std::string& name) {
  const bool keep = check_rights(peer, name).has_value();
  auto texts = on_loop<Result<ReceiptTexts>>([this, name, keep] { return engine_.receipt(name, keep); });
  if (!texts) return std::unexpected(texts.error());
  return ReceiptReply{std::move(texts->json), std::move(texts->markdown), keep};
}

Result<std::uint64_t> EngineService::retry(Peer peer, const std::string& name, Outcome outcome) {
  if (auto rights = check_rights(peer, name); !rights) return std::unexpected(rights.error());
  if (outcome == Outcome::Delivered)
    return fail(Kind::Invalid, "delivered products are not fetched again; failed, absent or pending ones are");
  return on_loop<Result<std::uint64_t>>(
      [this, name, outcome, by = options_.user_name(peer.uid)] { return engine_.retry(name, outcome, by); });
}

}  // namespace garner::harvest
