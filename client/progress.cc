#include "client/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "client/archive_text.h"
#include "client/format.h"

namespace garner::client {

namespace {

using harvest::HarvestStatus;
using harvest::TypeStatus;

constexpr std::size_t kBarMost = 40, kBarLeast = 8, kLabel = 13;
constexpr std::size_t kInFlightShown = 6;
constexpr std::size_t kWhyMost = 2000;  // several types may be blocked, each for its reason

// What came back empty once has been asked for, too.
std::uint64_t answered(const TypeStatus& type) {
  return type.delivered + type.absent + type.failed + type.empty_so_far;
}
std::uint64_t answered(const HarvestStatus& status) {
  return status.delivered + status.absent + status.failed + status.empty_so_far;
}
bool moves(const HarvestStatus& status) {
  return status.state == "running";
}

std::string labelled(std::string label, std::string_view text) {
  return "  " + pad_right(std::move(label), kLabel) + "  " + std::string(text);
}

std::string headline(const HarvestStatus& status, const View& view) {
  auto out = fmt::format("{}  {}", status.name, state_text(status));
  if (!status.archive.empty()) out += " · " + status.archive;
  if (status.chunks_in_flight > 0)
    out += " · " + counted(status.chunks_in_flight, "request", "requests") + " in flight";
  if (status.closes_s > 0 && moves(status))
    out += " · closes " + clock_text(status.closes_s, view.now) + " " + zone_text(status.closes_s);
  return out;
}

// The columns of all bar lines, as wide as their widest cell; 0: is not shown.
struct Widths {
  std::size_t type = kLabel, done = 0, total = 0, absent = 0, failed = 0, empty = 0;
};

Widths widths_of(const HarvestStatus& status) {
  Widths widths;
  for (const auto& type : status.types) {
    widths.type = std::max(widths.type, text_width(type.retrieval_type));
    widths.done = std::max(widths.done, thousands(answered(type)).size());
    widths.total = std::max(widths.total, thousands(type.requested).size());
    widths.absent = std::max(widths.absent, thousands(type.absent).size());
    widths.failed = std::max(widths.failed, thousands(type.failed).size());
    if (type.empty_so_far > 0) widths.empty = std::max(widths.empty, thousands(type.empty_so_far).size());
  }
  // Nothing is absent before the second look, as long as something awaits it.
  if (status.absent == 0 && widths.empty > 0) widths.absent = 0;
  return widths;
}

std::string bar_line(const TypeStatus& type, const Widths& widths, std::size_t width) {
  const auto head = "  " + pad_right(type.retrieval_type, widths.type) + "  ";
  const auto counts =
      fmt::format("  {}   {} of {}", pad_left(percent_text(answered(type), type.requested), 5),
                  pad_left(thousands(answered(type)), widths.done), pad_left(thousands(type.requested), widths.total));
  std::string tail;
  if (widths.empty > 0) tail += "   empty so far " + pad_left(thousands(type.empty_so_far), widths.empty);
  if (widths.absent > 0) tail += "   absent " + pad_left(thousands(type.absent), widths.absent);
  tail += "   failed " + pad_left(thousands(type.failed), widths.failed);
  auto taken = text_width(head) + text_width(counts);
  if (taken + text_width(tail) + kBarLeast > width) tail.clear();
  taken += text_width(tail);
  const auto columns = taken + kBarLeast > width ? kBarLeast : std::min(kBarMost, width - taken);
  return head + bar(answered(type), type.requested, columns) + counts + tail;
}

// Parts come by the hour, sources by the second.
std::string speed_text(const HarvestStatus& status) {
  if (status.kind == "query") return rate_text(status.rate_sources_per_s * 3600) + " parts/h";
  return rate_text(status.rate_sources_per_s) + " sources/s";
}

// The headline tells that already.
bool says_so(const HarvestStatus& status, std::string_view what) {
  return !moves(status) && !what.empty() && status.waiting_for.find(what) != std::string::npos;
}

std::string rates_line(const HarvestStatus& status) {
  std::string out = "  ";
  if (moves(status)) {
    out += fmt::format("{} · {}/s · ", speed_text(status),
                       bytes_text(static_cast<std::uint64_t>(std::max(0.0, status.rate_bytes_per_s))));
  }
  out += fmt::format("{} received, {} stored", bytes_text(status.bytes_received), bytes_text(status.bytes_stored));
  if (status.eta_s && status.pending > 0) out += fmt::format(" · about {} left", duration_text(*status.eta_s));
  return out;
}

std::string in_flight_line(const HarvestStatus& status) {
  std::string out;
  for (std::size_t i = 0; i < std::min(status.in_flight.size(), kInFlightShown); ++i) {
    const auto& chunk = status.in_flight[i];
    out += fmt::format("{}{} {}", i == 0 ? "chunk " : " · ", chunk.chunk, duration_text(chunk.age_s));
  }
  if (status.in_flight.size() > kInFlightShown)
    out += fmt::format(" · {} more", status.in_flight.size() - kInFlightShown);
  return labelled("in flight", out);
}

// "RVS, XP_SAMPLED and 3 chunks".
std::string blocked_text(const HarvestStatus& status) {
  std::string types;
  for (const auto& type : status.types) {
    if (!type.blocked.empty()) types += (types.empty() ? "" : ", ") + printable(type.retrieval_type);
  }
  if (status.chunks_blocked == 0) return types;
  return types + (types.empty() ? "" : " and ") + counted(status.chunks_blocked, "chunk", "chunks");
}

}  // namespace

std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t columns) {
  static constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double fraction = whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
  auto eighths = static_cast<std::size_t>(std::floor(fraction * static_cast<double>(columns) * 8));
  if (fraction > 0 && eighths == 0) eighths = 1;  // something is more than nothing
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  out += kEighths[eighths % 8];
  return pad_right(std::move(out), columns);
}

std::string_view unit_of(std::string_view kind) {
  if (kind == "rows") return "sources × tables";
  return kind == "query" ? "parts" : "products";
}

std::string why_text(const HarvestStatus& status) {
  return moves(status) ? std::string() : printable(status.waiting_for, kWhyMost);
}

std::string state_text(const HarvestStatus& status) {
  const std::string state = printable(status.state, 40), why = why_text(status);
  if (why.empty()) return state;
  if (why.starts_with(state + " ")) return why;  // "paused by ada; …"
  // "waiting: the archive asked …", but "waiting until 20:00".
  const bool clause = why.starts_with("until ") || why.starts_with("for ");
  return state + (clause ? " " : ": ") + why;
}

HarvestStatus stilled(HarvestStatus status) {
  if (moves(status)) return status;
  status.waiting_for = without_numbers(status.waiting_for);
  status.eta_s.reset();
  return status;
}

std::string retry_command(const HarvestStatus& status) {
  const bool type_blocked =
      std::ranges::any_of(status.types, [](const TypeStatus& type) { return !type.blocked.empty(); });
  return status.chunks_blocked > 0 || type_blocked ? "garner retry " + status.name + " --outcome pending" : "";
}

std::vector<std::string> progress_lines(const HarvestStatus& status, const View& view) {
  std::vector<std::string> lines = {headline(status, view)};
  const auto widths = widths_of(status);
  for (const auto& type : status.types) {
    lines.push_back(bar_line(type, widths, view.width));
    if (!type.blocked.empty() && !says_so(status, type.blocked))
      lines.push_back(labelled("", "blocked: " + printable(type.blocked)));
  }
  lines.push_back(rates_line(status));
  if (!status.in_flight.empty()) lines.push_back(in_flight_line(status));
  if (const auto& archive = status.archive_status; archive && archive->last_change && moves(status) && !view.verbose)
    lines.push_back(labelled("concurrency", concurrency_text(*archive, view.now)));
  if (const auto retry = retry_command(status); !retry.empty())
    lines.push_back(labelled("blocked", blocked_text(status) + " stay pending until: " + retry));
  const auto trouble = status.last_trouble.substr(std::min(status.last_trouble.find(": "), status.last_trouble.size()));
  if (!status.last_trouble.empty() && !says_so(status, trouble)) {
    const auto when = status.last_trouble_s > 0 ? clock_text(status.last_trouble_s, view.now) + " " : std::string();
    lines.push_back(labelled("last trouble", when + printable(status.last_trouble)));
  }
  if (view.cut_lines) {
    for (auto& line : lines) line = cut(line, view.width);
  }
  return lines;
}

std::string progress_line(const HarvestStatus& status) {
  const std::string state = printable(status.state, 40);
  auto out = fmt::format("{}: {} · {} of {} {} ({}) · delivered {}, absent {}, failed {}", status.name, state,
                         thousands(answered(status)), thousands(status.requested), unit_of(status.kind),
                         percent_text(answered(status), status.requested), thousands(status.delivered),
                         thousands(status.absent), thousands(status.failed));
  if (status.empty_so_far > 0) out += ", empty so far " + thousands(status.empty_so_far);
  if (moves(status) && status.rate_sources_per_s > 0) out += " · " + speed_text(status);
  if (status.eta_s && status.pending > 0) out += fmt::format(" · about {} left", duration_text(*status.eta_s));
  auto why = why_text(status);
  if (why.starts_with(state + " ")) why.erase(0, state.size() + 1);  // "paused · … · by ada; …"
  return why.empty() ? out : out + " · " + why;
}

std::string ending_line(const HarvestStatus& status) {
  if (status.state == "blocked") {
    const auto retry = retry_command(status);
    return fmt::format("{} is blocked with {} pending: {}{}", status.name, thousands(status.pending),
                       status.waiting_for.empty() ? "see its last trouble" : why_text(status),
                       retry.empty() ? "" : ". When that is settled: " + retry);
  }
  if (status.state == "cancelled")
    return fmt::format("{} was cancelled; {} were still pending", status.name, thousands(status.pending));
  if (status.state != "finished") return {};
  auto out = fmt::format("{} finished: {} requested = {} delivered + {} absent + {} failed, {} in {}", status.name,
                         thousands(status.requested), thousands(status.delivered), thousands(status.absent),
                         thousands(status.failed), bytes_text(status.bytes_stored), printable(status.output_directory));
  if (status.failed > 0) out += fmt::format("\nWhy they failed: garner sources {} --outcome failed", status.name);
  return out;
}

}  // namespace garner::client
