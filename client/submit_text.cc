#include "client/submit_text.h"

#include <fmt/format.h>

#include "client/format.h"
#include "client/progress.h"

namespace garner::client {

namespace {

std::string rates(const harvest::Plan& plan) {
  if (plan.hours_most <= 0) return {};
  const auto hours = plan.hours_most < 1
                         ? duration_text(plan.hours_least * 3600) + " to " + duration_text(plan.hours_most * 3600)
                         : hours_text(plan.hours_least) + " to " + hours_text(plan.hours_most) + " hours";
  return fmt::format("at {} to {} sources/s this archive takes {}", rate_text(plan.sources_per_s_slow),
                     rate_text(plan.sources_per_s_fast), hours);
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
  std::string out = pad_right(list.name, label) +
                    fmt::format("{} = {} + {} + {} refused\n", counted(list.counts.rows, "row", "rows"),
                                counted(plan.sources, "source", "sources"),
                                counted(plan.duplicates, "duplicate", "duplicates"), thousands(plan.refused));
  out += refused_text(list, label);
  const auto types = plan.sources == 0 ? manifest.retrieval_types.size() : plan.products / plan.sources;
  out += pad_right("plan", label) +
         fmt::format("{} × {} = {} to account for\n", counted(types, "retrieval type", "retrieval types"),
                     counted(plan.sources, "source", "sources"), counted(plan.products, "product", "products"));
  out += margin + fmt::format("{} of up to {} sources · about {} received · {} stored\n",
                              counted(plan.requests, "request", "requests"), thousands(plan.chunk_size),
                              bytes_text(plan.bytes_received), bytes_text(plan.bytes_stored));
  if (const auto hours = rates(plan); !hours.empty()) out += margin + hours + "\n";
  if (plan.bytes_free > 0) {
    out += margin +
           fmt::format("output file system has {} free{}\n", bytes_text(plan.bytes_free),
                       plan.bytes_free < plan.bytes_stored ? ": not enough; the harvest will wait for space" : "");
  }
  return out + "Nothing was sent. Submit without --plan to start.\n";
}

std::string submitted_text(const ListRead& list, const harvest::SubmitResult& result) {
  const auto& status = result.status;
  const auto label = std::max<std::size_t>(text_width(status.name), 12) + 2;
  const std::string margin(label, ' ');
  if (result.already_here) {
    return pad_right(status.name, label) +
           fmt::format("already here, with the same manifest and ids: {}, {} of {} products\n", state_text(status),
                       thousands(status.delivered + status.absent + status.failed), thousands(status.requested)) +
           margin + "Follow it with: garner watch " + status.name + "\n";
  }
  auto out = pad_right(status.name, label) +
             fmt::format("submitted: {} in {}, {} refused", counted(status.requested, "product", "products"),
                         counted(status.chunks_total, "chunk", "chunks"), counted(status.refused, "row", "rows"));
  out += status.refused > 0 ? " (garner sources " + status.name + " --outcome refused)\n" : "\n";
  out += refused_text(list, label);
  if (!status.waiting_for.empty()) out += margin + "it is " + state_text(status) + "\n";
  return out + margin + "Follow it with: garner watch " + status.name + "\n";
}

}  // namespace garner::client
