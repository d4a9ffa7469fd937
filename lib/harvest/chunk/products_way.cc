// Kind products: what the archive's DataLink service holds for a list of sources, a reply of many products a chunk.
#include <strings.h>

#include "base/log.h"
#include "harvest/chunk/way.h"
#include "ivoa/adql.h"
#include "policy/halving.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

std::uint64_t max_product_bytes(const HarvestFiles& files, std::uint16_t type_index, const archive::Profile& profile) {
  const auto* release = profile.find(files.manifest.release);
  const auto* type = release ? release->find(files.types[type_index]) : nullptr;
  return type ? type->max_product_bytes : archive::RetrievalType{}.max_product_bytes;
}

archive::ChunkRequest request_for(const HarvestRun& run, const Chunk& chunk, const archive::Profile& profile) {
  const manifest::Manifest& manifest = run.files()->manifest;
  archive::ChunkRequest request;
  request.ids = chunk.wanted;
  request.release = manifest.release;
  request.retrieval_type = run.record().retrieval_types[chunk.key.type];
  request.structure = manifest.data_structure;
  request.structure_spelling =
      run.record().data_structure.empty() ? manifest.data_structure_spelling : run.record().data_structure;
  request.format = manifest.format;
  request.valid_data = manifest.valid_data;
  request.spool_directory = output::spool_directory(run.files()->spec);
  const std::uint64_t product_most = max_product_bytes(*run.files(), chunk.key.type, profile);
  constexpr std::uint64_t kEnvelope = 4u << 20;  // the zip's own bytes, and error pages
  constexpr std::uint64_t kBodyMost = 16ull << 30;
  request.max_body_bytes = std::min(product_most * chunk.wanted.size() + kEnvelope, kBodyMost);
  return request;
}

std::string other_spelling(const archive::Profile& profile, DataStructure structure, const std::string& spelling) {
  const auto& spellings = structure == DataStructure::Individual ? profile.individual_spellings : profile.raw_spellings;
  for (const auto& candidate : spellings) {
    if (strcasecmp(candidate.c_str(), spelling.c_str()) != 0) return candidate;
  }
  return {};
}

bool may_be_the_spelling(const Result<http::Body>& reply) {
  return !reply && (reply.error().kind == Kind::Suspect || reply.error().kind == Kind::Unsupported);
}

// Asks; a harvest whose first answers call the request suspect or wrong may have met an archive that spells
// DATA_STRUCTURE the other way: that is tried once, by one chunk, while those asked beside it wait for what it finds.
Task<Result<http::Body>> ask_for_products(ChunkWorld world, std::shared_ptr<HarvestRun> run,
                                          archive::ChunkRequest request) {
  auto reply = co_await world.archive.fetch(request, run->life_stop.get_token());
  if (reply) run->spelling_settled = true;
  if (!may_be_the_spelling(reply)) co_return reply;

  const auto trial = co_await run->spelling_trial.enter(world.executor);
  const std::string known = run->record().data_structure;
  const bool in_doubt =
      known.empty() ? !run->spelling_settled : strcasecmp(known.c_str(), request.structure_spelling.c_str()) != 0;
  if (!in_doubt) co_return reply;
  request.structure_spelling =
      known.empty() ? other_spelling(world.archive.profile(), request.structure, request.structure_spelling) : known;
  if (request.structure_spelling.empty()) co_return reply;
  if (!world.may_ask(*run, ChunkWorld::Pace::Owed)) co_return fail(Kind::Cancelled, "its window has closed");
  auto second = co_await world.archive.fetch(request, run->life_stop.get_token());
  // An outage or a damaged reply in between tells nothing about the spelling.
  if (!known.empty() || (!second && !may_be_the_spelling(second))) co_return second;
  run->spelling_settled = true;
  if (!second) co_return reply;
  log::notice("{}: the archive takes data_structure {}", run->record().name, request.structure_spelling);
  run->set_spelling(request.structure_spelling);
  co_return second;
}

// Asks the archive's tables which of these sources can have the product at all (`prefilter: true`), a list at a time.
// True: it is worth asking for.
Task<Result<std::vector<bool>>> ask_flags(ChunkWorld world, std::shared_ptr<HarvestRun> run, std::uint16_t type_index,
                                          std::vector<SourceId> ids) {
  const archive::Profile& profile = world.archive.profile();
  const auto files = run->files();
  const std::string& type_name = files->types[type_index];
  const auto* release = profile.find(files->manifest.release);
  const auto* type = release ? release->find(type_name) : nullptr;
  if (type == nullptr || type->flag.empty() || release->source_table.empty())
    co_return fail(Kind::Unsupported, "prefilter: the archive's profile names no flag for {} any more", type_name);
  const std::string flag = type->flag, table = release->source_table;
  const std::array<std::string, 2> columns{"source_id", flag};
  const std::size_t most = profile.tap.ids_per_list;
  std::vector<bool> hopeful;
  for (std::size_t from = 0; from < ids.size(); from += most) {
    const std::span<const SourceId> list = std::span(ids).subspan(from, std::min(most, ids.size() - from));
    archive::TapQuestion question;
    question.adql = ivoa::rows_by_ids(table, columns, "source_id", list);
    question.spool_directory = output::spool_directory(files->spec);
    auto reply = co_await world.archive.ask(std::move(question), run->life_stop.get_token());
    if (!reply.body) {
      // A list of ids is no large question: the archive has too much to do.
      if (reply.body.error().kind == Kind::TooLarge) reply.body.error().kind = Kind::Overloaded;
      co_return with_context(std::move(reply.body.error()), "prefilter");
    }
    auto& body = *reply.body;
    auto answer = co_await world.workers.run(
        world.executor, [&body, &flag, list] { return product::read_flags_answer(body.bytes(), flag, list); });
    if (!answer) co_return with_context(std::move(answer.error()), "prefilter");
    for (std::size_t i = 0; i < list.size(); ++i) hopeful.push_back(answer->found[i] && answer->flag[i]);
  }
  co_return hopeful;
}

// The hopeless ones are settled as absent, on the evidence of the archive's own table; the others stay to be asked for.
Task<Result<void>> sift(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk& chunk) {
  auto hopeful = co_await ask_flags(world, run, chunk.key.type, chunk.wanted);
  if (!hopeful) co_return std::unexpected(std::move(hopeful.error()));
  ChunkRecord after = chunk.record;
  after.sifted = true;
  after.outcomes.resize(chunk.ids.size(), Outcome::Pending);
  std::vector<std::uint32_t> places;
  std::vector<SourceId> wanted;
  for (std::size_t i = 0; i < chunk.wanted.size(); ++i) {
    if ((*hopeful)[i]) {
      places.push_back(chunk.places[i]);
      wanted.push_back(chunk.wanted[i]);
    } else {
      after.outcomes[chunk.places[i]] = Outcome::Absent;
      after.hopeless.push_back(chunk.places[i]);
    }
  }
  std::ranges::sort(after.hopeless);
  if (!after.pack_of.empty()) after.pack_of.resize(chunk.ids.size(), 0);
  ++after.requests;
  auto settled = co_await settle_on_worker(world, chunk, std::move(after));
  if (!settled) co_return settled;
  chunk.sources_settled += chunk.wanted.size() - wanted.size();
  chunk.places = std::move(places);
  chunk.wanted = std::move(wanted);
  co_return Result<void>{};
}

class ProductsWay final : public Way {
 public:
  Task<Result<std::optional<http::Body>>> ask(ChunkWorld world, std::shared_ptr<HarvestRun> run,
                                              Chunk& chunk) const override {
    if (run->files()->manifest.prefilter && !chunk.record.sifted) {
      auto sifted = co_await sift(world, run, chunk);
      if (!sifted) co_return std::unexpected(std::move(sifted.error()));
      if (chunk.wanted.empty()) co_return std::optional<http::Body>();
    }
    chunk.ask_at_most(chunk.record.query.width);
    auto request = request_for(*run, chunk, world.archive.profile());
    auto reply = co_await ask_for_products(world, run, std::move(request));
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    co_return std::optional(std::move(*reply));
  }

  Result<Came> read(const ChunkWorld& world, const HarvestFiles& files, const Chunk& chunk, const http::Body& body,
                    product::ProductSink& sink) const override {
    const product::Asked asked{files.manifest.release,
                               files.types[chunk.key.type],
                               files.manifest.data_structure,
                               files.manifest.format,
                               chunk.wanted,
                               max_product_bytes(files, chunk.key.type, world.archive.profile()),
                               world.budget,
                               output::spool_directory(files.spec)};
    const auto bytes = body.readable();
    if (!bytes) return std::unexpected(bytes.error());
    auto contents = world.read_reply(*bytes, asked, sink);
    if (!contents) return std::unexpected(contents.error());
    return Came{std::move(contents->found), contents->products > 0};
  }

  Result<ChunkRecord> store(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                            const http::Body& body) const override {
    auto laid = read_and_lay_down(*this, world, files, chunk, body);
    if (!laid) return std::unexpected(laid.error());
    const ledger::QueryProgress& query = laid->after.query;
    set(laid->after, policy::cleared({query.suspects, query.width}, chunk.wanted.size()));
    return std::move(laid->after);
  }

  std::optional<ChunkRecord> narrowed(HarvestRun&, const Chunk& chunk) const override {
    if (chunk.wanted.size() <= 1) return std::nullopt;
    ChunkRecord after = chunk.record;
    after.query.width = (chunk.wanted.size() + 1) / 2;
    return after;
  }

  std::optional<ChunkRecord> suspected(const Chunk& chunk, const std::string& why, bool others_pass) const override {
    ChunkRecord after = chunk.record;
    if (const auto half = policy::halved(chunk.wanted.size())) {
      set(after, *half);
      return after;
    }
    if (!others_pass) return std::nullopt;
    after.outcomes.resize(chunk.ids.size(), Outcome::Pending);
    after.outcomes[chunk.places[0]] = Outcome::Failed;
    after.failures[chunk.places[0]] =
        fmt::format("gave up after {} attempts alone in its request: {}", chunk.record.attempts + 1, why);
    set(after, {});
    return after;
  }

 private:
  static void set(ChunkRecord& record, const policy::Halving& halving) {
    record.query.suspects = halving.suspects;
    record.query.width = halving.width;
    record.attempts = 0;
  }
};

}  // namespace

const Way& products_way() {
  static const ProductsWay kWay;
  return kWay;
}

}  // namespace garner::harvest
