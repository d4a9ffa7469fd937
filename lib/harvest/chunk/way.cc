#include "harvest/chunk/way.h"

namespace garner::harvest {

namespace {

constexpr std::size_t kHashDigits = 12;

// A pack's writer, as the reply's reader sees it.
class ToOurDisk final : public product::ProductSink {
 public:
  explicit ToOurDisk(output::PackWriter& writer) : writer_(writer) {}
  Result<void> add(const product::Product& product) override {
    if (auto added = writer_.add(product); !added) return std::unexpected(as_own(added.error()));
    return {};
  }

 private:
  output::PackWriter& writer_;
};

// Beside a chunk's record, which stays as it is. Blocking.
Result<void> write_as_left(ledger::Ledger& ledger, ledger::ChunkKey key, const std::string& job_url) {
  const auto record = ledger.chunk(key);
  if (!record) return std::unexpected(record.error());
  return ledger.settle(key, *record, {}, job_url);
}

// Before the job is told to run: after a crash it is adopted.
Task<Result<void>> write_down(ChunkWorld world, Chunk& chunk, std::uint64_t width, std::string job_url) {
  if (chunk.of_many) {
    auto& ledger = world.ledger;
    auto written = co_await world.workers.run(
        world.executor, [&ledger, &chunk, &job_url] { return write_as_left(ledger, chunk.key, job_url); });
    if (written) chunk.job = std::move(job_url);
    co_return written;
  }
  ledger::ChunkRecord after = chunk.record;
  after.query.width = width;
  after.query.job = job_url;
  auto settled = co_await settle_on_worker(world, chunk, std::move(after));
  if (settled) chunk.job = std::move(job_url);
  co_return settled;
}

}  // namespace

const Way& way_of(manifest::HarvestKind kind) {
  switch (kind) {
    case manifest::HarvestKind::Products:
      return products_way();
    case manifest::HarvestKind::Rows:
      return rows_way();
    case manifest::HarvestKind::Query:
      return query_way();
  }
  return products_way();
}

Result<Laid> read_and_lay_down(const Way& way, const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                               const http::Body& body) {
  auto writer = files.layout->begin(next_pack(files, chunk));
  if (!writer) return std::unexpected(as_own(writer.error()));
  ToOurDisk sink(**writer);
  auto came = way.read(world, files, chunk, body, sink);
  if (!came) return std::unexpected(came.error());
  auto after = lay_down(world, files, chunk, std::move(*writer), body.bytes(), *came);
  if (!after) return std::unexpected(after.error());
  return Laid{std::move(*after), std::move(*came)};
}

archive::TapQuestion question_for(ChunkWorld world, const HarvestRun& run, Chunk& chunk, std::string adql, bool by_job,
                                  std::uint64_t width) {
  archive::TapQuestion question;
  question.adql = std::move(adql);
  question.format = asked_format(run.files()->manifest.format);
  question.by_job = by_job;
  question.run_id = fmt::format("garner-{}-{}-{}-{}", run.record().manifest_hash.substr(0, kHashDigits), chunk.key.type,
                                chunk.key.block, chunk.record.packs.size());
  if (chunk.second_look) question.run_id += fmt::format("-again-{}", chunk.wanted.front().value);
  question.job = chunk.job;
  question.record_job = [world, &chunk, width](std::string job_url) {
    return write_down(world, chunk, width, std::move(job_url));
  };
  question.looked = [&chunk](const Result<void>& seen) { chunk.turn->looked(seen); };
  question.turn = [&chunk, stop = run.life_stop.get_token()] { return chunk.turn->take(stop); };
  question.spool_directory = output::spool_directory(run.files()->spec);
  return question;
}

Task<Result<http::Body>> ask_tap(ChunkWorld world, HarvestRun& run, Chunk& chunk, archive::TapQuestion question,
                                 std::stop_token stop) {
  chunk.by_tap = true;
  chunk.by_job = question.by_job || !question.job.empty();
  run.asks_by_job = run.asks_by_job || chunk.by_job;
  if (chunk.by_job && !chunk.turn->may_have_job())
    co_return fail(Kind::Cancelled, "the archive has as many jobs of ours as it may");
  auto reply = co_await world.archive.ask(std::move(question), std::move(stop));
  chunk.job = std::move(reply.job);
  co_return std::move(reply.body);
}

std::uint64_t row_limit(const archive::Profile& profile, bool by_job) {
  return by_job ? profile.tap.job_rows_most : profile.tap.sync_rows_most;
}

ProductFormat asked_format(ProductFormat wanted) {
  return wanted == ProductFormat::VOTablePlain ? ProductFormat::VOTablePlain : ProductFormat::VOTable;
}

}  // namespace garner::harvest
