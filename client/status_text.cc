#include "client/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/error.h"
#include "client/archive_text.h"
#include "client/format.h"

namespace garner::client {

namespace {

using harvest::HarvestStatus;

constexpr std::size_t kColumns = 9;
using Cells = std::array<std::string, kColumns>;

constexpr std::array<bool, kColumns> kRightAligned = {false, false, true, true, true, true, true, false, false};
constexpr std::array<std::size_t, kColumns> kLeast = {11, 10, 9, 6, 6, 7, 7, 3, 0};

std::string eta_cell(const HarvestStatus& status, std::time_t now) {
  if (status.pending == 0 && status.finished_s > 0) return "done " + clock_text(status.finished_s, now);
  return status.eta_s && status.pending > 0 ? eta_text(*status.eta_s, now) : std::string("-");
}

bool waits_for_its_window(const HarvestStatus& status) {
  return status.state == "waiting" && status.opens_s > 0;
}

std::string state_cell(const HarvestStatus& status, std::time_t now) {
  if (waits_for_its_window(status)) return "waiting until " + clock_text(status.opens_s, now);
  return printable(status.state, 40);
}

// Last, since it may be long.
std::string why_cell(const HarvestStatus& status) {
  if (waits_for_its_window(status)) return {};
  auto why = why_text(status);
  if (why.starts_with(status.state + " ")) why.erase(0, status.state.size() + 1);  // "paused", "by ada; …"
  return why;
}

// "20:00-06:00 Europe/Madrid · closes 06:00".
std::string window_text(const HarvestStatus& status, std::time_t now) {
  if (status.window.empty()) return {};
  const auto clock = [now](std::int64_t when) { return clock_text(when, now) + " " + zone_text(when); };
  std::string out = printable(status.window);  // by the clocks of the manifest's zone
  if (status.closes_s > 0) out += " · closes " + clock(status.closes_s);
  if (status.opens_s > 0) out += " · opens " + clock(status.opens_s);
  return out;
}

Cells cells_of(const HarvestStatus& status, std::time_t now) {
  return {status.name,
          state_cell(status, now),
          thousands(status.delivered),
          thousands(status.absent),
          thousands(status.failed),
          thousands(status.pending),
          bytes_text(status.bytes_stored),
          eta_cell(status, now),
          why_cell(status)};
}

std::string line_of(const Cells& cells, const std::array<std::size_t, kColumns>& widths) {
  std::string out;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (i != 0) out += "  ";
    out += kRightAligned[i] ? pad_left(cells[i], widths[i]) : pad_right(cells[i], widths[i]);
  }
  return out.substr(0, out.find_last_not_of(' ') + 1);
}

// "12 of 60 (30 of each type) done": chunks are numbered within their type.
std::string chunks_text(const HarvestStatus& status) {
  auto out = thousands(status.chunks_done) + " of " + thousands(status.chunks_total);
  if (const auto types = status.types.size(); types > 1 && status.kind != "query")
    out += fmt::format(" ({} of each {})", thousands(status.chunks_total / types),
                       status.kind == "rows" ? "table" : "type");
  out += " done";
  if (status.chunks_to_look_at > 0)
    out += fmt::format(" · {} await the second look", thousands(status.chunks_to_look_at));
  return out + " · " + counted(status.attempts, "attempt", "attempts") + " in all";
}

// What came back empty, and what became of it. Nothing where nothing did.
std::string second_look_text(const harvest::TypeStatus& type) {
  std::string out;
  if (type.empty_so_far > 0) out = thousands(type.empty_so_far) + " empty so far, to be asked for once more";
  if (type.second_look_found > 0)
    out += fmt::format("{}{} found that the first answers left out", out.empty() ? "" : " · ",
                       thousands(type.second_look_found));
  return out.empty() ? out : printable(type.retrieval_type) + ": " + out;
}

}  // namespace

std::string status_table(std::span<const HarvestStatus> harvests, const View& view) {
  std::vector<Cells> rows = {{"HARVEST", "STATE", "DELIVERED", "ABSENT", "FAILED", "PENDING", "STORED",
                              "ETA (" + zone_text(view.now) + ")", ""}};
  for (const auto& status : harvests) rows.push_back(cells_of(status, view.now));
  // A line for programs holds all of a row; on a terminal the reason has a line of its own, as wide as that is.
  std::vector<std::string> whys;
  for (auto& row : rows) whys.push_back(view.cut_lines ? std::exchange(row.back(), {}) : std::string());
  if (std::ranges::any_of(rows, [](const Cells& row) { return !row.back().empty(); })) rows[0].back() = "WHY";
  auto widths = kLeast;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], text_width(row[i]));
  }
  std::string out;
  const auto add = [&out, &view](const std::string& line) {
    out += (view.cut_lines ? cut(line, view.width) : line) + "\n";
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    add(line_of(rows[i], widths));
    if (!whys[i].empty()) add("  " + whys[i]);
  }
  for (const auto& status : harvests) {
    if (const auto retry = retry_command(status); !retry.empty() && status.state == "blocked")
      add("When that is settled: " + retry);
  }
  return out;
}

std::string archives_table(std::span<const HarvestStatus> harvests, const View& view) {
  std::string out;
  std::set<std::string> told;
  for (const auto& status : harvests) {
    if (!status.archive_status || !told.insert(status.archive).second) continue;
    out += printable(status.archive) + "\n";
    for (const auto& [label, text] : archive_rows(*status.archive_status, view.now))
      out += fmt::format("  {}  {}\n", pad_right(label, 13), text);
  }
  return out;
}

std::string status_details(const HarvestStatus& status, const View& view) {
  std::string out;
  for (const auto& line : progress_lines(status, view)) out += line + "\n";
  const auto row = [&out](std::string label, std::string_view text) {
    if (!text.empty()) out += fmt::format("  {}  {}\n", pad_right(std::move(label), 13), text);
  };
  row("account", fmt::format("{} requested = {} pending + {} delivered + {} absent + {} failed",
                             thousands(status.requested), thousands(status.pending), thousands(status.delivered),
                             thousands(status.absent), thousands(status.failed)));
  for (const auto& type : status.types) row("second look", second_look_text(type));
  if (status.kind != "query")
    row("sources",
        fmt::format("{} · {} · {}", thousands(status.sources), counted(status.duplicates, "duplicate", "duplicates"),
                    counted(status.refused, "row refused", "rows refused")));
  row("chunks", chunks_text(status));
  if (view.verbose && status.archive_status) {
    for (const auto& [label, text] : archive_rows(*status.archive_status, view.now)) row(label, text);
  }
  const std::string comma = status.release.empty() || status.identity.empty() ? "" : ", ";
  row("window", window_text(status, view.now));
  if (status.deadline_s > 0) row("deadline", clock_text(status.deadline_s, view.now));
  row("kept to", printable(status.limited_by));
  row("asked as", printable(status.release + comma + status.identity));
  row("output", printable(status.output_directory + (status.layout.empty() ? "" : " (" + status.layout + ")")));
  if (status.submitted_s > 0)
    row("submitted", clock_text(status.submitted_s, view.now) + " by " + user_text(status.submitter_uid));
  if (status.finished_s > 0) row("finished", clock_text(status.finished_s, view.now));
  row("clocks", "of this machine, " + zone_text(view.now) + ", unless a zone is named");
  if (status.failed > 0) row("why failed", "garner sources " + status.name + " --outcome failed");
  return out;
}

std::string reasons_text(const HarvestStatus& status) {
  constexpr std::size_t kRowsMost = 8;
  if (status.reasons.empty()) return {};
  std::uint64_t failed = 0;
  for (const auto& reason : status.reasons) failed += reason.count;
  std::string out = fmt::format("  trouble        {} for {} (examples: garner log {})\n",
                                counted(failed, "failed attempt", "failed attempts"),
                                counted(status.reasons.size(), "reason", "reasons"), status.name);
  for (std::size_t i = 0; i < std::min(kRowsMost, status.reasons.size()); ++i) {
    const auto& reason = status.reasons[i];
    out += fmt::format("                 {} × {} ({}, put down to {})\n", thousands(reason.count),
                       printable(words_of(reason)), reason.kind, blamed_on(reason));
  }
  if (status.reasons.size() > kRowsMost)
    out += fmt::format("                 and {} more; all of them: garner status {} --json\n",
                       status.reasons.size() - kRowsMost, status.name);
  return out;
}

}  // namespace garner::client
