#include "control/metrics.h"

#include <map>

namespace garner::control {

namespace {

using harvest::HarvestStatus;

// Label values escape backslash, quote and line feed (Prometheus exposition format, "Comments, help text, and type
// information").
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

struct HarvestMetric {
  const char* name;
  const char* type;
  const char* help;
  double (*value)(const HarvestStatus&);
};

constexpr HarvestMetric kHarvestMetrics[] = {
    {"garner_harvest_sources", "gauge", "Distinct sources of the harvest.",
     [](const HarvestStatus& s) { return static_cast<double>(s.sources); }},
    {"garner_harvest_refused_rows", "gauge", "Rows of the id list that never became a source.",
     [](const HarvestStatus& s) { return static_cast<double>(s.refused); }},
    {"garner_harvest_received_bytes_total", "counter", "Bytes received from the archive.",
     [](const HarvestStatus& s) { return static_cast<double>(s.bytes_received); }},
    {"garner_harvest_stored_bytes", "gauge", "Bytes stored in published files.",
     [](const HarvestStatus& s) { return static_cast<double>(s.bytes_stored); }},
    {"garner_harvest_attempts_total", "counter", "Requests sent for chunks.",
     [](const HarvestStatus& s) { return static_cast<double>(s.attempts); }},
    {"garner_harvest_chunks", "gauge", "Chunks in all.",
     [](const HarvestStatus& s) { return static_cast<double>(s.chunks_total); }},
    {"garner_harvest_chunks_done", "gauge", "Chunks with nothing pending.",
     [](const HarvestStatus& s) { return static_cast<double>(s.chunks_done); }},
    {"garner_harvest_chunks_in_flight", "gauge", "Requests under way.",
     [](const HarvestStatus& s) { return static_cast<double>(s.chunks_in_flight); }},
    {"garner_harvest_chunks_blocked", "gauge", "Chunks that wait for `garner retry`.",
     [](const HarvestStatus& s) { return static_cast<double>(s.chunks_blocked); }},
    {"garner_harvest_sources_per_second", "gauge", "Rate over the last minute.",
     [](const HarvestStatus& s) { return s.rate_sources_per_s; }},
};

struct OutcomeRow {
  const char* outcome;
  std::uint64_t harvest::TypeStatus::* field;
};
constexpr OutcomeRow kOutcomes[] = {{"pending", &harvest::TypeStatus::pending},
                                    {"delivered", &harvest::TypeStatus::delivered},
                                    {"absent", &harvest::TypeStatus::absent},
                                    {"failed", &harvest::TypeStatus::failed}};

void write_products(std::string& out, std::span<const HarvestStatus> harvests) {
  head(out, "garner_harvest_products", "gauge", "Products by outcome.");
  for (const auto& status : harvests) {
    for (const auto& type : status.types) {
      for (const auto& row : kOutcomes) {
        fmt::format_to(std::back_inserter(out),
                       "garner_harvest_products{{harvest=\"{}\",retrieval_type=\"{}\",outcome=\"{}\"}} {}\n",
                       label(status.name), label(type.retrieval_type), row.outcome, type.*row.field);
      }
    }
  }
}

struct ArchiveMetric {
  const char* name;
  const char* help;
  double (*value)(const harvest::ArchiveStatus&);
};

constexpr ArchiveMetric kArchiveMetrics[] = {
    {"garner_archive_requests_in_flight", "Requests under way by all harvests.",
     [](const harvest::ArchiveStatus& s) { return static_cast<double>(s.in_flight); }},
    {"garner_archive_requests_in_flight_limit", "Requests that may be under way at the moment.",
     [](const harvest::ArchiveStatus& s) { return static_cast<double>(s.limit); }},
    {"garner_archive_requests_in_flight_ceiling", "Requests that may ever be under way.",
     [](const harvest::ArchiveStatus& s) { return static_cast<double>(s.ceiling); }},
    {"garner_archive_breaker_open", "1 while the archive's breaker is open and only probes go out.",
     [](const harvest::ArchiveStatus& s) { return s.breaker == "closed" ? 0.0 : 1.0; }},
};

// Every harvest of an archive tells the same.
void write_archives(std::string& out, std::span<const HarvestStatus> harvests) {
  std::map<std::string, harvest::ArchiveStatus> archives;
  for (const auto& status : harvests) {
    if (status.archive_status) archives.emplace(status.archive, *status.archive_status);
  }
  for (const auto& metric : kArchiveMetrics) {
    head(out, metric.name, "gauge", metric.help);
    for (const auto& [name, archive] : archives) {
      fmt::format_to(std::back_inserter(out), "{}{{archive=\"{}\"}} {}\n", metric.name, label(name),
                     metric.value(archive));
    }
  }
}

}  // namespace

std::string metrics_text(const DaemonInfo& daemon, std::span<const HarvestStatus> harvests) {
  std::string out;
  head(out, "garner_build_info", "gauge", "The daemon's version.");
  fmt::format_to(std::back_inserter(out), "garner_build_info{{version=\"{}\"}} 1\n", label(daemon.version));
  head(out, "garner_uptime_seconds", "gauge", "Since the daemon's start.");
  fmt::format_to(std::back_inserter(out), "garner_uptime_seconds {:.3f}\n", daemon.uptime_s);
  head(out, "garner_harvest_state", "gauge", "1 for the state that the harvest is in.");
  for (const auto& status : harvests) {
    fmt::format_to(std::back_inserter(out), "garner_harvest_state{{harvest=\"{}\",state=\"{}\"}} 1\n",
                   label(status.name), label(status.state));
  }
  write_products(out, harvests);
  for (const auto& metric : kHarvestMetrics) {
    head(out, metric.name, metric.type, metric.help);
    for (const auto& status : harvests) {
      fmt::format_to(std::back_inserter(out), "{}{{harvest=\"{}\"}} {}\n", metric.name, label(status.name),
                     metric.value(status));
    }
  }
  write_archives(out, harvests);
  return out;
}

}  // namespace garner::control
