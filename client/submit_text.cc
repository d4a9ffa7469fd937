#include "client/submit_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/format.h"
#include "client/progress.h"

namespace garner::client {

namespace {

using manifest::HarvestKind;
using manifest::Manifest;

// ": 1 to 3 nights in 20:00-06:00".
std::string openings_text(const Manifest& manifest, const harvest::Plan& plan) {
  const auto& window = manifest.timing.window;
  if (window.empty() || plan.openings_least == 0) return {};
  const bool at_night = std::ranges::all_of(window, &manifest::Hours::over_midnight);
  const std::string_view one = at_night ? "night" : "opening", many = at_night ? "nights" : "openings";
  std::string count = counted(plan.openings_least, one, many);
  if (plan.openings_most == 0)
    count += " or many more";
  else if (plan.openings_most > plan.openings_least)
    count = thousands(plan.openings_least) + " to " + counted(plan.openings_most, one, many);
  return fmt::format(": {} {} {}", count, at_night ? "in" : "of the window", printable(plan.window));
}

std::string rates(const Manifest& manifest, const harvest::Plan& plan) {
  if (plan.hours_most <= 0) return {};
  const bool short_work = plan.hours_most < 1;
  const auto time = [short_work](double hours) { return short_work ? duration_text(hours * 3600) : hours_text(hours); };
  const std::string least = time(plan.hours_least), most = time(plan.hours_most);
  auto hours = plan.hours_most * 3600 < 1 ? "less than a second" : (least == most ? "about " : least + " to ") + most;
  if (!short_work) hours += " hours";
  const bool capped = least == most;  // else the archive's own pace is what counts
  const std::string rate = plan.sources_per_s_slow > 0 && !capped
                               ? fmt::format("at {} to {} sources/s this archive takes",
                                             rate_text(plan.sources_per_s_slow), rate_text(plan.sources_per_s_fast))
                               : "within its limits it takes";
  return fmt::format("{} {}{}", rate, hours, openings_text(manifest, plan));
}

// The account in words: "2 retrieval types × 3 sources = 6 products".
std::string account_text(const Manifest& manifest, std::uint64_t sources, std::uint64_t products) {
  switch (manifest.kind) {
    case HarvestKind::Products: {
      const auto types = sources == 0 ? manifest.retrieval_types.size() : products / sources;
      return fmt::format("{} × {} = {}", counted(types, "retrieval type", "retrieval types"),
                         counted(sources, "source", "sources"), counted(products, "product", "products"));
    }
    case HarvestKind::Rows:
      return fmt::format("rows of {} × {}", counted(manifest.tables.size(), "table", "tables"),
                         counted(sources, "source", "sources"));
    case HarvestKind::Query:
      return counted(products, "part", "parts");
  }
  return {};
}

std::string partition_text(const manifest::Partition& partition) {
  if (partition.healpix) {
    return fmt::format("{} of {}: the HEALPix pixels of level {}", counted(partition.parts, "part", "parts"),
                       partition.column, *partition.healpix);
  }
  return fmt::format("{} of {} from {} to {}, and one for its NULLs", counted(partition.parts, "part", "parts"),
                     partition.column, partition.from, partition.to);
}

constexpr std::string_view kCounted = ", counted by COUNT(*) at the archive";

// What the list held, or what stands in its place.
std::string what_is_asked_for(const Manifest& manifest, const ListRead& list, const harvest::Plan& plan) {
  if (manifest.kind == HarvestKind::Query) return partition_text(manifest.partition);
  if (manifest.sources.by_query())
    return fmt::format("{}{}", counted(plan.sources, "source", "sources"), plan.counted_by_archive ? kCounted : "");
  return fmt::format("{} = {} + {} + {} refused", counted(list.counts.rows, "row", "rows"),
                     counted(plan.sources, "source", "sources"), counted(plan.duplicates, "duplicate", "duplicates"),
                     thousands(plan.refused));
}

// A first line that is no id is a column's name; where nobody said so, it is told.
std::string guessed_text(const ListRead& list, std::size_t indent) {
  if (list.counts.guessed_column.empty()) return {};
  return std::string(indent, ' ') + fmt::format("its only column, '{}', is taken for the source_ids (sources.column)\n",
                                                printable(list.counts.guessed_column, 60));
}

std::string requests_text(const Manifest& manifest, const harvest::Plan& plan) {
  auto out = counted(plan.requests, "request", "requests");
  if (manifest.kind == HarvestKind::Query) return out + ", more where a part is too large for one answer";
  return out + fmt::format(" of up to {} sources{} · about {} received · {} stored", thousands(plan.chunk_size),
                           plan.confirms_absent ? ", and a second look at what comes back empty" : "",
                           bytes_text(plan.bytes_received), bytes_text(plan.bytes_stored));
}

}  // namespace

std::string refused_text(const ListRead& list, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string out;
  for (std::size_t i = 0; i < std::min(list.refused.size(), kRefusedShown); ++i) {
    const auto& row = list.refused[i];
    out += fmt::format("{}{} {} \"{}\": {}\n", margin, i == 0 ? "refused:" : "        ", printable(row.where),
                       printable(row.text, 60), printable(row.reason));
  }
  if (list.counts.refused > kRefusedShown) {
    out += fmt::format("{}         and {} more\n", margin, thousands(list.counts.refused - kRefusedShown));
  }
  return out;
}

std::string plan_text(const manifest::Manifest& manifest, const ListRead& list, const harvest::Plan& plan) {
  const auto label = std::max<std::size_t>(text_width(list.name), 12) + 2;
  const std::string margin(label, ' ');
  std::string out = pad_right(list.name, label) + what_is_asked_for(manifest, list, plan) + "\n";
  out += guessed_text(list, label) + refused_text(list, label);
  out += pad_right("plan", label) + account_text(manifest, plan.sources, plan.products) + " to account for\n";
  if (manifest.kind == HarvestKind::Query && plan.counted_by_archive)
    out += margin + fmt::format("{}{}\n", counted(plan.rows, "row", "rows"), kCounted);
  out += margin + requests_text(manifest, plan) + "\n";
  if (const auto hours = rates(manifest, plan); !hours.empty()) out += margin + hours + "\n";
  if (plan.bytes_free > 0) {
    out += margin +
           fmt::format("output file system has {} free{}\n", bytes_text(plan.bytes_free),
                       plan.bytes_free < plan.bytes_stored ? ": not enough; the harvest will wait for space" : "");
  }
  return out + (plan.counted_by_archive ? "Nothing else was asked." : "Nothing was sent.") +
         " Submit without --plan to start.\n";
}

std::string submitted_text(const manifest::Manifest& manifest, const ListRead& list,
                           const harvest::SubmitResult& result, std::time_t now) {
  const auto& status = result.status;
  const auto label = std::max<std::size_t>(text_width(status.name), 12) + 2;
  const std::string margin(label, ' ');
  const std::string follow = margin + "Follow it with: garner watch " + status.name + "\n";
  if (result.already_here) {
    return pad_right(status.name, label) +
           fmt::format("already here, with the same manifest and ids: {}, {} of {} {}\n", state_text(status),
                       thousands(status.delivered + status.absent + status.failed), thousands(status.requested),
                       unit_of(status.kind)) +
           (status.state == "finished" || status.state == "cancelled"
                ? margin + "What became of it: garner receipt " + status.name + "\n"
                : follow);
  }
  auto out = pad_right(status.name, label) + "submitted: ";
  if (manifest.sources.by_query()) {
    out += fmt::format("the archive is asked for its sources first ({})\n", list.name);
  } else {
    const auto account = manifest.kind == HarvestKind::Products
                             ? counted(status.requested, "product", "products")
                             : account_text(manifest, status.sources, status.requested);
    out += account + " in " + counted(status.chunks_total, "chunk", "chunks");
    if (manifest.brings_ids()) out += ", " + counted(status.refused, "row", "rows") + " refused";
    out += status.refused > 0 ? " (garner sources " + status.name + " --outcome refused)\n" : "\n";
  }
  out += guessed_text(list, label) + refused_text(list, label);
  if (status.opens_s > now) {
    const auto clock = clock_text(status.opens_s, now);
    const bool today = clock.front() >= '0' && clock.front() <= '9';
    out += margin + fmt::format("starts {}{} {} (in {}), when its window opens\n", today ? "at " : "", clock,
                                zone_text(status.opens_s), duration_text(static_cast<double>(status.opens_s - now)));
  } else if (!status.waiting_for.empty()) {
    out += margin + "it is " + state_text(status) + "\n";
  }
  return out + follow;
}

}  // namespace garner::client
