#include "harvest/chunk/second_opinion.h"

namespace garner::harvest {

namespace {

constexpr std::uint64_t kEnvelope = 4u << 20;  // the zip's own bytes, and error pages

// Only whether the reply is good is of interest.
class Nowhere final : public product::ProductSink {
 public:
  Result<void> add(const product::Product&) override { return {}; }
};

archive::ChunkRequest known_product(const archive::Profile& profile, SourceId id, const HarvestRun& run) {
  archive::ChunkRequest request;
  request.ids = {id};
  request.release = profile.probe_release;
  request.retrieval_type = profile.probe_type;
  request.spool_directory = output::spool_directory(run.files()->spec);
  request.max_body_bytes = archive::RetrievalType{}.max_product_bytes + kEnvelope;
  return request;
}

// Asks and reads; the spellings of data_structure one after the other, as an archive knows one of them at least.
Task<Result<void>> ask_for_known(ChunkWorld world, std::shared_ptr<HarvestRun> run, SourceId id) {
  const archive::Profile& profile = world.archive.profile();
  Result<void> good = fail(Kind::Unsupported, "the profile spells data_structure in no way");
  for (const std::string& spelling : profile.individual_spellings) {
    auto request = known_product(profile, id, *run);
    request.structure_spelling = spelling;
    const product::Asked asked{request.release, request.retrieval_type, request.structure, request.format,
                               request.ids,     request.max_body_bytes, world.budget,      request.spool_directory};
    auto reply = co_await world.archive.fetch(request, run->life_stop.get_token());
    if (reply) {
      auto& body = *reply;
      good = co_await world.workers.run(world.executor, [&world, &asked, &body]() -> Result<void> {
        Nowhere nowhere;
        const auto bytes = body.readable();
        if (!bytes) return std::unexpected(bytes.error());
        auto contents = world.read_reply(*bytes, asked, nowhere);
        if (!contents) return std::unexpected(contents.error());
        return {};
      });
      co_return good;
    }
    good = std::unexpected(std::move(reply.error()));
    if (good.error().kind != Kind::Unsupported && good.error().kind != Kind::Suspect) break;
  }
  co_return good;
}

Opinion opinion_of(const Result<void>& good) {
  if (good) return Opinion::Well;
  if (policy::is_archive_trouble(good.error().kind)) return Opinion::Trouble;
  return policy::counts_as_attempt(good.error().kind) || policy::is_answer(good.error().kind) ? Opinion::Bad
                                                                                              : Opinion::Stopped;
}

}  // namespace

Task<Opinion> second_opinion(ChunkWorld world, std::shared_ptr<HarvestRun> run, bool in_our_place) {
  const auto id = parse_source_id(world.archive.profile().probe_id);
  if (!id || run->files()->manifest.kind != manifest::HarvestKind::Products) co_return Opinion::Nobody;
  std::optional<ArchiveQueue::Place> place;
  if (run->closed()) co_return Opinion::Stopped;
  if (!in_our_place) {
    place = co_await world.queue.acquire(run->turn_stop.get_token());
    if (!place) co_return Opinion::Stopped;
  }
  if (!world.may_ask(*run, ChunkWorld::Pace::Owed)) co_return Opinion::Stopped;
  const auto good = co_await ask_for_known(world, run, *id);
  const Opinion opinion = opinion_of(good);
  if (opinion == Opinion::Well) world.queue.streak().good();
  if (!place) co_return opinion;
  if (opinion == Opinion::Well)
    world.queue.good(std::move(*place), 0);
  else if (opinion == Opinion::Trouble || (opinion == Opinion::Bad && place->is_probe()))
    world.queue.trouble(std::move(*place), good.error());
  co_return opinion;
}

}  // namespace garner::harvest
