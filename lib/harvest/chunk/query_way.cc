// Kind query: the parts of one query that is too large for one answer. Each part is a chunk with a job of its own; a
// part that is still too large is brought in by pieces, from its first value on.
#include "harvest/chunk/way.h"

#include "ivoa/adql.h"
#include "output/paths.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

// A piece that has so few rows is followed by one twice as wide.
bool leaves_room(std::uint64_t rows, std::uint64_t limit) {
  return limit != 0 && rows < limit / 4;
}

bool fits(std::uint64_t rows, const archive::Profile& profile, bool by_job) {
  const std::uint64_t limit = row_limit(profile, by_job);
  return (limit == 0 || rows < limit) && (profile.tap.maxrec == 0 || rows <= profile.tap.maxrec);
}

class QueryWay final : public Way {
 public:
  Task<Result<std::optional<http::Body>>> ask(ChunkWorld world, std::shared_ptr<HarvestRun> run,
                                              Chunk& chunk) const override {
    const auto files = run->files();
    const manifest::Manifest& manifest = files->manifest;
    const policy::PartRange part = part_of(manifest, chunk);
    chunk.piece = policy::next_piece(part, chunk.record.query.done, chunk.record.query.width);
    const auto condition = policy::condition_of(manifest.partition, chunk.piece);
    auto adql = ivoa::with_condition(manifest.adql, condition);
    if (!adql) co_return std::unexpected(std::move(adql.error()));
    const auto stop = run->life_stop.get_token();
    if (manifest.count) {
      auto count = co_await count_rows(world, *run, chunk, *adql, stop);
      if (!count) co_return std::unexpected(std::move(count.error()));
      chunk.rows_expected = *count;
    }
    const bool by_job = manifest.mode != manifest::QueryMode::Sync;
    if (chunk.rows_expected && chunk.job.empty() && !fits(*chunk.rows_expected, world.archive.profile(), by_job))
      co_return fail(Kind::TooLarge, "COUNT(*) says {} rows, more than one answer holds", *chunk.rows_expected);
    auto question = question_for(world, *run, chunk, std::move(*adql), by_job, chunk.piece.values());
    auto body = co_await ask_tap(world, *run, chunk, std::move(question), stop);
    if (!body) co_return std::unexpected(std::move(body.error()));
    co_return std::optional(std::move(*body));
  }

  Result<Came> read(const ChunkWorld& world, const HarvestFiles& files, const Chunk& chunk, const http::Body& body,
                    product::ProductSink& sink) const override {
    product::TableAsked asked;
    asked.name = output::raw_name(files.spec, next_pack(files, chunk));
    asked.format = files.manifest.format;
    asked.row_limit = row_limit(world.archive.profile(), chunk.by_job);
    asked.rows_expected = chunk.rows_expected;
    asked.spool_directory = output::spool_directory(files.spec);
    asked.is_mapped = body.spilled();
    const auto bytes = body.readable();
    if (!bytes) return std::unexpected(bytes.error());
    auto contents = world.read_table(*bytes, asked, sink);
    if (!contents) return std::unexpected(contents.error());
    return Came{{contents->handed_on}, contents->handed_on, contents->rows};
  }

  Result<ChunkRecord> store(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                            const http::Body& body) const override {
    auto laid = read_and_lay_down(*this, world, files, chunk, body);
    if (!laid) return std::unexpected(laid.error());
    ChunkRecord& after = laid->after;
    after.query.rows += laid->came.rows;
    after.query.done += chunk.piece.values();
    const policy::PartRange part = part_of(files.manifest, chunk);
    if (after.query.done < part.values()) {
      after.outcomes.assign(1, Outcome::Pending);  // its other pieces are to come
      if (leaves_room(laid->came.rows, row_limit(world.archive.profile(), chunk.by_job)))
        after.query.width = chunk.piece.values() * 2;
    } else {
      after.outcomes.assign(1, after.packs.empty() ? Outcome::Absent : Outcome::Delivered);
      if (after.packs.size() > 1) after.pack_of.assign(1, static_cast<std::uint32_t>(after.packs.size() - 1));
    }
    return std::move(after);
  }

  std::optional<ChunkRecord> narrowed(HarvestRun&, const Chunk& chunk) const override {
    if (chunk.piece.null || chunk.piece.values() <= 1) return std::nullopt;
    ChunkRecord after = chunk.record;
    after.query.job.clear();  // it was asked too much
    after.query.width = (chunk.piece.values() + 1) / 2;
    return after;
  }

 private:
  static policy::PartRange part_of(const manifest::Manifest& manifest, const Chunk& chunk) {
    return policy::part_range(manifest.partition, static_cast<std::uint32_t>(chunk.ids[0].value));
  }

  // By a sync query: where that is too slow the part is too large, too.
  static Task<Result<std::uint64_t>> count_rows(ChunkWorld world, const HarvestRun& run, const Chunk& chunk,
                                                std::string adql, std::stop_token stop) {
    auto counting = ivoa::count_of(adql);
    if (!counting) co_return std::unexpected(std::move(counting.error()));
    archive::TapQuestion question;
    question.adql = std::move(*counting);
    question.spool_directory = output::spool_directory(run.files()->spec);
    auto reply = co_await world.archive.ask(std::move(question), std::move(stop));
    if (!reply.body) co_return with_context(std::move(reply.body.error()), "COUNT(*) of part {}", chunk.ids[0].value);
    co_return product::read_count_answer(reply.body->bytes());
  }
};

}  // namespace

const Way& query_way() {
  static const QueryWay kWay;
  return kWay;
}

}  // namespace garner::harvest
