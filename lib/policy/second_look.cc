#include "policy/second_look.h"

#include <algorithm>
#include <cassert>

namespace garner::policy {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

constexpr std::uint64_t kSampleShare = 100;    // one in so many
constexpr std::uint64_t kBlocksASample = 50;   // over which the ids of one of its requests are spread
constexpr std::uint64_t kBlocksAGroup = 1000;  // each is a write of its own
constexpr std::size_t kBlocksAWrite = 64;

void mark(ChunkRecord& record, std::uint32_t place) {
  const auto at = std::ranges::lower_bound(record.empties, place);
  if (at == record.empties.end() || *at != place) record.empties.insert(at, place);
}

std::uint64_t ceil_of(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

void came_back_empty(ChunkRecord& record, std::uint32_t place, const EmptyAnswer& answer) {
  const auto seen = record.found_again.find(place);
  if (seen != record.found_again.end()) {
    if (++seen->second < answer.contradictions_most) return mark(record, place);
    record.outcomes[place] = Outcome::Failed;
    record.failures[place] = fmt::format(
        "the archive contradicts itself: it held this one when it was asked a second time, and left it out {} times "
        "since",
        seen->second);
  } else if (answer.confirm && !answer.second_time) {
    mark(record, place);
  } else {
    record.outcomes[place] = Outcome::Absent;
  }
}

void came_after_all(ChunkRecord& record, std::uint32_t place) {
  record.found_again.emplace(place, 0);
  std::erase(record.empties, place);
}

void rest_is_absent(ChunkRecord& record) {
  for (const std::uint32_t place : record.empties) {
    if (!record.found_again.contains(place)) record.outcomes[place] = Outcome::Absent;
  }
  record.sampled = true;
  drop_stale_marks(record);
}

void drop_stale_marks(ChunkRecord& record) {
  std::erase_if(record.empties, [&record](std::uint32_t place) { return record.outcomes[place] != Outcome::Pending; });
}

std::vector<std::size_t> shares(std::span<const std::size_t> empties, std::size_t most, bool evenly) {
  std::size_t cap = empties.size() > 1 ? (most + 1) / 2 : most;
  if (evenly) {  // the lowest cap under which they make a request
    const auto under = [&empties](std::size_t limit) {
      std::size_t sum = 0;
      for (const std::size_t count : empties) sum += std::min(count, limit);
      return sum;
    };
    std::size_t low = 1, high = std::max<std::size_t>(most, 1);
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (under(middle) >= most)
        high = middle;
      else
        low = middle + 1;
    }
    cap = low;
  }
  std::vector<std::size_t> out;
  for (const std::size_t count : empties) {
    const bool waits = !evenly && count <= cap && count > most;  // whole, for the next request
    out.push_back(waits ? 0 : std::min({count, cap, most}));
    most -= out.back();
  }
  return out;
}

std::vector<std::uint32_t> spread(std::span<const std::uint32_t> places, std::size_t take, std::uint32_t block) {
  const std::size_t begin = block * std::size_t{2'654'435'761};  // any place of the list
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < take; ++i) out.push_back(places[(begin + i * places.size() / take) % places.size()]);
  std::ranges::sort(out);
  return out;
}

bool mostly_empty(std::uint64_t empty, std::uint64_t came) {
  return empty > came;
}

std::uint64_t sample_size(std::uint64_t empty, std::uint32_t chunk_size) {
  return std::min(empty, std::max<std::uint64_t>(chunk_size, ceil_of(empty, kSampleShare)));
}

SecondLook::SecondLook(std::vector<bool> only_empties)
    : only_empties_(std::move(only_empties)),
      count_(static_cast<std::uint64_t>(std::ranges::count(only_empties_, true))) {}

void SecondLook::enter(std::uint32_t block) {
  if (only_empties_[block]) return;
  only_empties_[block] = true;
  ++count_;
  next_ = std::min(next_, block);
}

void SecondLook::leave(std::uint32_t block) {
  if (only_empties_[block]) --count_;
  only_empties_[block] = false;
}

void SecondLook::begin(const Facts& facts) {
  if (!mostly_empty(facts.empty + facts.absent, facts.came)) {
    mode_ = Mode::All;
    return;
  }
  mode_ = Mode::Sampling;
  sample_ = sample_size(facts.empty, facts.chunk_size);
  groups_ = ceil_of(sample_, std::max<std::uint32_t>(facts.chunk_size, 1));
  groups_begun_ = groups_out_ = sample_asked_ = sample_found_ = asked_before_ = 0;
}

bool SecondLook::is_free(std::uint32_t block) const {
  return only_empties_[block] && !taken_.contains(block);
}

std::optional<std::uint32_t> SecondLook::free_from(std::uint64_t block) const {
  for (; block < only_empties_.size(); ++block) {
    if (is_free(static_cast<std::uint32_t>(block))) return static_cast<std::uint32_t>(block);
  }
  return std::nullopt;
}

LookClaim SecondLook::take(LookClaim::What what, std::vector<std::uint32_t> blocks) {
  taken_.insert(blocks.begin(), blocks.end());
  return {0, what, std::move(blocks)};
}

std::optional<LookClaim> SecondLook::claim(const Facts& facts, SteadyTime now) {
  if (const auto due = waiting_.begin(); due != waiting_.end() && due->first <= now) {
    LookClaim claim = std::move(due->second.claim);
    waiting_.erase(due);
    return claim;
  }
  if (count_ == 0) return std::nullopt;
  if (mode_ == Mode::NotBegun) {
    if (!facts.first_asking_over) return std::nullopt;
    begin(facts);
  }
  if (mode_ == Mode::Sampling) {
    if (auto sample = next_sample()) return sample;
    if (!groups_are_over()) return std::nullopt;
    if (sample_goes_on()) return next_sample();
    // Where most of the sample could not be asked, it says nothing.
    const bool nothing_found = sample_found_ == 0 && sample_asked_ * 2 >= sample_;
    mode_ = nothing_found ? Mode::Rest : Mode::All;
  }
  if (mode_ == Mode::Rest) return next_run(LookClaim::What::Write, kBlocksAWrite);
  // As many blocks as hold a request's worth by the average, but two, so that it is other company.
  const std::uint64_t wanted = facts.chunk_size * count_ / std::max<std::uint64_t>(facts.empty, 1);
  return next_run(LookClaim::What::Ask, static_cast<std::size_t>(std::clamp<std::uint64_t>(wanted, 2, kBlocksAGroup)));
}

std::optional<LookClaim> SecondLook::next_run(LookClaim::What what, std::size_t most) {
  while (next_ < only_empties_.size() && !only_empties_[next_]) ++next_;
  std::vector<std::uint32_t> blocks;
  for (auto block = free_from(next_); block && blocks.size() < most; block = free_from(std::uint64_t{*block} + 1))
    blocks.push_back(*block);
  if (blocks.empty()) return std::nullopt;
  return take(what, std::move(blocks));
}

// Its places in the type lie between those of the other groups.
std::optional<LookClaim> SecondLook::next_sample() {
  while (groups_begun_ < groups_) {
    std::vector<std::uint32_t> blocks;
    const std::uint64_t places = groups_ * kBlocksASample;
    for (std::uint64_t i = 0; i < kBlocksASample; ++i) {
      const std::uint64_t place = (i * groups_ + groups_begun_) * only_empties_.size() / places;
      const auto block = free_from(blocks.empty() ? place : std::max<std::uint64_t>(place, blocks.back() + 1ULL));
      if (block) blocks.push_back(*block);
    }
    ++groups_begun_;
    if (blocks.empty()) continue;
    ++groups_out_;
    return take(LookClaim::What::Sample, std::move(blocks));
  }
  return std::nullopt;
}

bool SecondLook::groups_are_over() const {
  return groups_begun_ == groups_ && groups_out_ == 0 && alone_.empty() && alone_in_hand_ == 0;
}

// Its requests may have asked for less than they might have: then there are more of them, as long as that helps.
bool SecondLook::sample_goes_on() {
  const std::uint64_t asked = sample_asked_ - std::exchange(asked_before_, sample_asked_);
  if (sample_asked_ >= sample_ || asked == 0) return false;
  groups_ = ceil_of(sample_ - sample_asked_, ceil_of(asked, groups_));
  groups_begun_ = 0;
  return true;
}

void SecondLook::give_back(const LookClaim& claim) {
  for (const std::uint32_t block : claim.blocks) {
    taken_.erase(block);
    if (only_empties_[block]) next_ = std::min(next_, block);
  }
}

void SecondLook::wait(LookClaim claim, SteadyTime until, std::string reason) {
  waiting_.emplace(until, Waiting{std::move(claim), std::move(reason)});
}

void SecondLook::split(LookClaim claim, SteadyTime now, const std::string& reason) {
  const bool sample = claim.what == LookClaim::What::Sample;
  if (claim.blocks.size() == 1) {
    alone_.insert(claim.blocks[0]);
    if (sample) --groups_out_;
    return;
  }
  const auto middle = claim.blocks.begin() + static_cast<std::ptrdiff_t>((claim.blocks.size() + 1) / 2);
  wait({claim.type, claim.what, {claim.blocks.begin(), middle}}, now, reason);
  wait({claim.type, claim.what, {middle, claim.blocks.end()}}, now, reason);
  if (sample) ++groups_out_;
}

// Blocks that hold more than empties, or nothing pending: whatever becomes of the group, it is theirs no more.
void SecondLook::drop_what_is_over(LookClaim& claim, const LookEnd& end) {
  for (const auto& [block, standing] : end.blocks) {
    if (standing == LookEnd::Block::OnlyEmpties) continue;
    leave(block);
    taken_.erase(block);
    std::erase(claim.blocks, block);
  }
}

void SecondLook::end(LookClaim claim, const LookEnd& end, SteadyTime now) {
  const bool sample = claim.what == LookClaim::What::Sample;
  drop_what_is_over(claim, end);
  if (sample) {
    sample_asked_ += end.asked;
    sample_found_ += end.found;
    if (sample_found_ > 0 && mode_ == Mode::Sampling) mode_ = Mode::All;
  }
  if (claim.blocks.empty()) {
    if (sample) --groups_out_;
    return;
  }
  switch (end.how) {
    case LookEnd::How::Retry:
      claim.attempts += end.counted ? 1 : 0;
      return wait(std::move(claim), now + end.wait, end.reason);
    case LookEnd::How::Split:
      return split(std::move(claim), now, end.reason);
    case LookEnd::How::BlockType:
    case LookEnd::How::HoldHarvest:
    case LookEnd::How::Stopped:
      // A sample's verdict needs all of its groups.
      if (sample) return wait(std::move(claim), now, end.reason);
      break;
    case LookEnd::How::Settled:
      if (sample) --groups_out_;
      break;
  }
  give_back(claim);
  if (claim.what != LookClaim::What::Write || end.how != LookEnd::How::Settled) return;
  for (const auto& [block, standing] : end.blocks) {  // what has been seen to be there is asked for
    if (standing != LookEnd::Block::OnlyEmpties) continue;
    taken_.insert(block);
    alone_.insert(block);
  }
}

std::optional<std::uint32_t> SecondLook::claim_alone() {
  if (alone_.empty()) return std::nullopt;
  const std::uint32_t block = *alone_.begin();
  alone_.erase(alone_.begin());
  ++alone_in_hand_;
  return block;
}

void SecondLook::end_alone(std::uint32_t block, std::uint64_t asked, std::uint64_t came, bool again) {
  assert(alone_in_hand_ > 0);
  --alone_in_hand_;
  if (mode_ == Mode::Sampling) {
    sample_asked_ += asked;
    sample_found_ += came;
    if (came > 0) mode_ = Mode::All;
  }
  if (again)
    alone_.insert(block);
  else
    taken_.erase(block);
}

std::optional<SteadyTime> SecondLook::next_due() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::string SecondLook::why_waiting() const {
  return waiting_.empty() ? std::string() : waiting_.begin()->second.reason;
}

}  // namespace garner::policy
