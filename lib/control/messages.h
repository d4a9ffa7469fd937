// What the control API says, as values and as JSON; docs/control-api.md lists every key. Ids are strings always. Both
// directions: the daemon writes, the client reads, defensively: a key that is missing or of another type leaves its
// default, a reply without a harvest's name is Malformed. Values; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "harvest/service/service.h"

namespace garner::control {

struct DaemonInfo {
  std::string version;
  std::int64_t pid = 0;
  double uptime_s = 0;
  std::string identity;  // who the daemon is to its archives; empty if it does not say
};

std::string daemon_json(const DaemonInfo& info);
std::string status_json(const harvest::HarvestStatus& status);
std::string statuses_json(std::span<const harvest::HarvestStatus> statuses);  // {"harvests": [...]}
std::string plan_json(const harvest::Plan& plan);
std::string submit_json(const harvest::SubmitResult& result, bool plan_only);  // {"already_here", "harvest"?, "plan"}
std::string verify_json(const harvest::VerifyPage& page);
std::string retry_json(std::uint64_t products);
std::string error_json(const Error& error);

Result<DaemonInfo> parse_daemon(std::string_view json);
Result<harvest::HarvestStatus> parse_status(std::string_view json);
Result<std::vector<harvest::HarvestStatus>> parse_statuses(std::string_view json);
Result<harvest::SubmitResult> parse_submit(std::string_view json);
Result<harvest::VerifyPage> parse_verify(std::string_view json);
Result<std::uint64_t> parse_retry(std::string_view json);
// The Error in an error reply; if it holds none, one that tells the HTTP status.
Error parse_error(int http_status, std::string_view json);

// 400 Invalid, Malformed, Unsupported · 403 Auth · 404 NotFound · 409 Conflict · 413 TooLarge · 503 Overloaded · 507
// DiskFull · else 500.
unsigned http_status(Kind kind);

// The outcomes by their names in URLs and listings.
std::optional<ledger::Outcome> parse_outcome(std::string_view name);

}  // namespace garner::control
