#include "harvest/service/plan.h"

#include "policy/window.h"

namespace garner::harvest {

namespace {

// Bytes on disk for a byte as served (deflated), roughly: zip is the reply itself; files and tables are inflated (RVS
// and XP products hold 1.6 to 2.9 bytes a deflated one), or compressed one by one, which deflate does as well; tar.zst
// took 0.68 to 0.73 on simulated RVS and XP products.
double stored_per_received(const manifest::Manifest& manifest) {
  switch (manifest.layout) {
    case LayoutKind::Zip:
      return 1.0;
    case LayoutKind::Files:
      return manifest.compress_files ? 1.0 : 2.0;
    case LayoutKind::TarZst:
      return 0.7;
    case LayoutKind::Table:
      return 2.0;
  }
  return 1.0;
}

// Rows as BINARY2 in Base64, roughly: a handful of bytes a number.
constexpr std::uint64_t kBytesPerCell = 12;
constexpr std::uint64_t kColumnsOfATable = 100;  // where all are asked for

std::uint64_t row_bytes(const manifest::RowsTable& table) {
  return kBytesPerCell * (table.columns.empty() ? kColumnsOfATable : table.columns.size());
}

void plan_products(Plan& plan, const PlanInput& input) {
  const auto* release = input.profile.find(input.manifest.release);
  for (const auto& name : input.retrieval_types) {
    const auto* type = release ? release->find(name) : nullptr;
    plan.bytes_received += input.sources * (type ? type->typical_bytes : archive::RetrievalType{}.typical_bytes);
  }
  const archive::Manners& manners = input.profile.manners;
  plan.sources_per_s_slow = manners.sources_per_s_slow;
  plan.sources_per_s_fast = manners.sources_per_s_fast;
  const auto products = static_cast<double>(plan.products);
  if (manners.sources_per_s_fast > 0) plan.hours_least = products / manners.sources_per_s_fast / 3600;
  if (manners.sources_per_s_slow > 0) plan.hours_most = products / manners.sources_per_s_slow / 3600;
}

// The hours that the stricter of the caps makes of it.
double hours_under(const RateLimits& limits, const Plan& plan) {
  double hours = 0;
  if (limits.requests_per_minute > 0) hours = static_cast<double>(plan.requests) / limits.requests_per_minute / 60;
  if (limits.bytes_per_s > 0)
    hours = std::max(hours, static_cast<double>(plan.bytes_received) / static_cast<double>(limits.bytes_per_s) / 3600);
  return hours;
}

// In how many openings of the window, from the next one on; 0: in more than a year.
std::uint64_t openings(const PlanInput& input, double hours) {
  constexpr double kHoursMost = 366 * 24;
  if (hours > kHoursMost) return 0;
  const auto& window = input.manifest.timing.window;
  const policy::Opening now = policy::window_at(window, input.zone, input.now);
  const auto reached = policy::reach(window, input.zone, now.open ? now.until : input.now,
                                     std::chrono::seconds(static_cast<std::int64_t>(hours * 3600)));
  return reached ? reached->openings : 0;
}

void plan_hours(Plan& plan, const PlanInput& input) {
  const manifest::Timing& timing = input.manifest.timing;
  for (const RateLimits& limits : {timing.limits, input.profile.manners.limits}) {
    const double hours = hours_under(limits, plan);
    plan.hours_least = std::max(plan.hours_least, hours);
    plan.hours_most = std::max(plan.hours_most, hours);
  }
  plan.window = timing.window_text;
  if (timing.window.empty() || plan.hours_most <= 0) return;
  plan.openings_least = openings(input, plan.hours_least);
  plan.openings_most = openings(input, plan.hours_most);
}

}  // namespace

Plan make_plan(const PlanInput& input) {
  Plan plan;
  plan.name = input.manifest.harvest;
  plan.kind = manifest::harvest_kind_name(input.manifest.kind);
  plan.sources = input.sources;
  plan.duplicates = input.duplicates;
  plan.refused = input.refused;
  plan.chunk_size = input.chunk_size;
  plan.bytes_free = input.bytes_free;
  plan.products = input.sources * input.retrieval_types.size();
  const std::uint64_t blocks = (input.sources + input.chunk_size - 1) / input.chunk_size;
  plan.requests = blocks * input.retrieval_types.size();
  plan.confirms_absent = input.manifest.confirm_absent;
  // What a query's rows take nobody knows before they come, nor how fast tables are answered.
  if (input.manifest.kind == manifest::HarvestKind::Products) plan_products(plan, input);
  for (const auto& table : input.manifest.tables) plan.bytes_received += input.sources * row_bytes(table);
  plan_hours(plan, input);
  plan.bytes_stored =
      static_cast<std::uint64_t>(static_cast<double>(plan.bytes_received) * stored_per_received(input.manifest));
  return plan;
}

}  // namespace garner::harvest
