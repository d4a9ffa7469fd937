// A harvest's second looks: what is handed out, and what follows when it ends (second_look.h decides).
#include <cassert>

#include "harvest/run/harvest_run.h"

namespace garner::harvest {

// A chunk whose empties could not be asked for with those of others.
void HarvestRun::end_alone(ChunkClaim claim, const ChunkEnd& end) {
  policy::SecondLook& look = types_[claim.type].look;
  const bool settled = end.how == ChunkEnd::How::Settled, blocked = end.how == ChunkEnd::How::BlockChunk;
  const bool over = (settled && !end.only_empties) || blocked;
  if (over) look.leave(claim.block);
  look.end_alone(claim.block, end.sources_settled,
                 static_cast<std::uint64_t>(std::max<std::int64_t>(end.delta.delivered, 0)), !over);
}

std::optional<policy::LookClaim> HarvestRun::claim_look(SteadyTime now) {
  if (!may_start() || held(now) || closed() || !has_room() || !can_keep_more() || !pacer.may_start(now))
    return std::nullopt;
  if (!pacer.limits().none() && has_unasked()) return std::nullopt;
  const bool prefiltered = files_->manifest.prefilter;  // then some are absent without having been asked for
  for (std::size_t i = 0; i < types_.size(); ++i) {
    TypeRun& type = types_[i];
    if (!type.type_blocked.empty() || type.look.blocks() == 0) continue;
    const bool over = type.blocks_done + type.blocked + type.look.blocks() == record_.blocks;
    const ledger::Counters& c = type.counters;
    auto claim = type.look.claim({over, c.empty, prefiltered ? 0 : c.absent, c.delivered, record_.chunk_size}, now);
    if (!claim) continue;
    claim->type = static_cast<std::uint16_t>(i);
    if (claim->what != policy::LookClaim::What::Write) unasked_.insert(shown_as(*claim));
    ++in_hand_;
    rate_.start(now);
    return claim;
  }
  return std::nullopt;
}

void HarvestRun::end_look(policy::LookClaim claim, const policy::LookEnd& end, SteadyTime now) {
  assert(in_hand_ > 0);
  --in_hand_;
  unasked_.erase(shown_as(claim));
  TypeRun& type = types_[claim.type];
  count(type, end.delta);
  if (!end.reason.empty())
    note_trouble(fmt::format("{} second look: {}", record_.retrieval_types[claim.type], end.reason));
  rate_.add(now, end.settled, static_cast<std::uint64_t>(std::max<std::int64_t>(end.delta.bytes_received, 0)));
  for (const auto& [block, standing] : end.blocks) {
    if (standing != policy::LookEnd::Block::OnlyEmpties) suspected_since.erase({claim.type, block, true});
    if (standing == policy::LookEnd::Block::Done) set_done(type, block);
    if (standing == policy::LookEnd::Block::Open) put_back(type, block);
  }
  if (end.how == policy::LookEnd::How::BlockType) block_type(claim.type, end.reason);
  if (end.how == policy::LookEnd::How::HoldHarvest) own_fault(now, end.reason);
  if (end.how == policy::LookEnd::How::Settled && !end.blocks.empty()) own_trouble_.kept();
  type.look.end(std::move(claim), end, now);
}

}  // namespace garner::harvest
