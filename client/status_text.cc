#include "client/status_text.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/error.h"
#include "client/archive_text.h"
#include "client/format.h"

namespace garner::client {

namespace {

using harvest::HarvestStatus;

constexpr std::size_t kColumns = 8, kStateMost = 44;
using Cells = std::array<std::string, kColumns>;

constexpr std::array<bool, kColumns> kRightAligned = {false, false, true, true, true, true, true, false};
constexpr std::array<std::size_t, kColumns> kLeast = {11, 10, 9, 6, 6, 7, 7, 3};

std::string eta_cell(const HarvestStatus& status, std::time_t now) {
  if (status.pending == 0 && status.finished_s > 0) return "done " + clock_text(status.finished_s, now);
  return status.eta_s && status.pending > 0 ? eta_text(*status.eta_s, now) : std::string("-");
}

std::string state_cell(const HarvestStatus& status, std::time_t now) {
  if (status.state == "waiting" && status.opens_s > 0) return "waiting until " + clock_text(status.opens_s, now);
  return cut(state_text(status), kStateMost);
}

// "20:00-06:00 Europe/Madrid · closes 06:00".
std::string window_text(const HarvestStatus& status, std::time_t now) {
  if (status.window.empty()) return {};
  std::string out = printable(status.window);
  if (status.closes_s > 0) out += " · closes " + clock_text(status.closes_s, now);
  if (status.opens_s > 0) out += " · opens " + clock_text(status.opens_s, now);
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
          eta_cell(status, now)};
}

std::string line_of(const Cells& cells, const std::array<std::size_t, kColumns>& widths) {
  std::string out;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (i != 0) out += "  ";
    out += kRightAligned[i]    ? pad_left(cells[i], widths[i])
           : i + 1 == kColumns ? cells[i]
                               : pad_right(cells[i], widths[i]);
  }
  return out + "\n";
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
  std::vector<Cells> rows = {{"HARVEST", "STATE", "DELIVERED", "ABSENT", "FAILED", "PENDING", "STORED", "ETA"}};
  for (const auto& status : harvests) rows.push_back(cells_of(status, view.now));
  auto widths = kLeast;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], text_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) out += line_of(row, widths);
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
  row("chunks", fmt::format("{} of {} done · {} asked in all", thousands(status.chunks_done),
                            thousands(status.chunks_total), counted(status.attempts, "request", "requests")));
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
    row("submitted", fmt::format("{} by user id {}", clock_text(status.submitted_s, view.now), status.submitter_uid));
  if (status.finished_s > 0) row("finished", clock_text(status.finished_s, view.now));
  if (status.failed > 0) row("why failed", "garner sources " + status.name + " --outcome failed");
  return out;
}

std::string reasons_text(const HarvestStatus& status) {
  constexpr std::size_t kRowsMost = 8;
  if (status.reasons.empty()) return {};
  std::uint64_t failed = 0;
  for (const auto& reason : status.reasons) failed += reason.count;
  std::string out = fmt::format("  trouble        {} for {} (examples: garner log {})\n",
                                counted(failed, "failed request", "failed requests"),
                                counted(status.reasons.size(), "reason", "reasons"), status.name);
  for (std::size_t i = 0; i < std::min(kRowsMost, status.reasons.size()); ++i) {
    const auto& reason = status.reasons[i];
    out += fmt::format("    {} × {} ({}, put down to the {})\n", pad_left(thousands(reason.count), 9),
                       printable(reason.reason), reason.kind, reason.against);
  }
  if (status.reasons.size() > kRowsMost)
    out += fmt::format("    and {} more; all of them: garner status {} --json\n", status.reasons.size() - kRowsMost,
                       status.name);
  return out;
}

}  // namespace garner::client
