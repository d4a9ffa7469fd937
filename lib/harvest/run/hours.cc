// A harvest's window and deadline: what the wall clock says, and what follows for what is under way.
#include "base/log.h"
#include "harvest/run/harvest_run.h"

namespace garner::harvest {

namespace {

// The wall clock may be set, and a machine may sleep: no timer is trusted for longer.
constexpr std::chrono::minutes kLookEvery{1};
constexpr std::size_t kNewsMost = 8;  // until somebody takes them

}  // namespace

void HarvestRun::hours_news(std::string text) {
  log::notice("{}: {}", record_.name, text);
  if (hours_news_.size() < kNewsMost) hours_news_.push_back(std::move(text));
}

void HarvestRun::set_schedule(policy::Schedule schedule) {
  schedule_ = std::move(schedule);
  if (record_.past_deadline) schedule_.lift_deadline();
}

void HarvestRun::keep_hours(WallTime now) {
  if (at_rest(record_.state) || (!schedule_.is_set() && standing_.open)) return;
  const bool was_open = standing_.open;
  standing_ = schedule_.at(now);
  why_closed_ = schedule_.why_closed(now);
  if (standing_.past_deadline)
    why_closed_ += fmt::format("; go on in spite of it with: garner resume {}", record_.name);
  if (standing_.open) {
    if (!was_open) hours_news("its window opens");
    drained_ = false;
    return;
  }
  if (was_open) {
    const std::string drain = asking_.empty()
                                  ? std::string()
                                  : fmt::format("; {} in flight may end until {}", asking_.size(),
                                                policy::clock_words(schedule_.zone(), *standing_.drained_by, now));
    hours_news(why_closed_ + drain);
    recall_waiting();
  }
  if (drained_ || now < *standing_.drained_by) return;
  drained_ = true;
  if (!asking_.empty()) hours_news(fmt::format("{} requests are stopped, their time to end is over", asking_.size()));
  recall_waiting();
  life_stop.request_stop();  // of what is under way; its sources stay pending
  life_stop = std::stop_source{};
}

void HarvestRun::lift_deadline(WallTime now) {
  record_.past_deadline = true;
  schedule_.lift_deadline();
  keep_hours(now);
}

std::optional<Duration> HarvestRun::next_look(WallTime now) const {
  if (!schedule_.is_set() || at_rest(record_.state)) return std::nullopt;
  const auto until = [now](WallTime when) { return std::chrono::ceil<Duration>(when - now); };
  Duration next = kLookEvery;
  if (standing_.until - now < kLookEvery) next = std::min(next, until(standing_.until));
  if (!standing_.open && !drained_ && *standing_.drained_by - now < kLookEvery)
    next = std::min(next, until(*standing_.drained_by));
  return std::max<Duration>(next, std::chrono::milliseconds(1));
}

bool HarvestRun::ends_with_question() const {
  return files_->manifest.kind == manifest::HarvestKind::Query && files_->manifest.count;
}

void HarvestRun::tell_hours(HarvestStatus& out, WallTime now) {
  out.window = schedule_.window_text();
  if (schedule_.deadline()) out.deadline_s = std::chrono::system_clock::to_time_t(*schedule_.deadline());
  if (record_.state != ledger::HarvestState::Active || !schedule_.is_set()) return;
  if (standing_.opens) out.opens_s = std::chrono::system_clock::to_time_t(*standing_.opens);
  if (standing_.open && standing_.until < now + std::chrono::days(7))
    out.closes_s = std::chrono::system_clock::to_time_t(standing_.until);
}

}  // namespace garner::harvest
