// Kind rows: chosen columns of a table for a list of ids. By a join with the ids sent along, or by IN (…) lists in the
// query itself; by a sync query, or by a job where sync answers are too small or too slow.
#include "harvest/chunk/way.h"

#include "base/log.h"
#include "ivoa/adql.h"
#include "output/paths.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;

// Fewer ids than that are not asked for by ever smaller sync queries, but by a job.
constexpr std::size_t kFewIds = 64;
// More than so many ids are asked for by a job from the start, whatever the service's sync answers can hold.
constexpr std::size_t kManyIds = 20'000;

std::uint64_t smaller(std::uint64_t a, std::uint64_t b) {  // 0: no bound
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

class RowsWay final : public Way {
 public:
  Task<Result<std::optional<http::Body>>> ask(ChunkWorld world, std::shared_ptr<HarvestRun> run,
                                              Chunk& chunk) const override {
    const auto files = run->files();
    const manifest::Manifest& manifest = files->manifest;
    const manifest::RowsTable& table = manifest.tables[chunk.key.type];
    const archive::Profile& profile = world.archive.profile();
    const TapHints& hints = run->tap_hints(chunk.key.type);
    const bool upload = chunk.by_upload = by_upload(manifest, *run, profile);
    // A job that is there was asked about the width in the record, no more and no less.
    if (!chunk.job.empty()) {
      chunk.ask_at_most(chunk.record.query.width);
    } else {
      chunk.ask_at_most(smaller(smaller(chunk.record.query.width, hints.width),
                                upload ? profile.tap.ids_per_upload : profile.tap.ids_per_list));
    }
    const bool by_job = asks_by_job(manifest, chunk, hints, profile);
    auto question = question_for(world, *run, chunk,
                                 upload ? ivoa::rows_by_upload(table.name, table.columns, table.id_column, "ids")
                                        : ivoa::rows_by_ids(table.name, table.columns, table.id_column, chunk.wanted),
                                 by_job, chunk.wanted.size());
    if (upload) {
      question.upload = chunk.wanted;
      question.upload_column = table.id_column;
    }
    auto body = co_await ask_tap(world, *run, chunk, std::move(question), run->life_stop.get_token());
    if (body) co_return std::optional(std::move(*body));
    if (upload && body.error().kind == Kind::Quota && manifest.upload == manifest::UploadUse::Auto) {
      log::notice("{}: the archive takes no table of ids ({}); they go into the queries from now on",
                  run->record().name, printable(body.error().detail, 200));
      run->uploads_refused = true;
      body.error().kind = Kind::TooLarge;  // a list holds fewer
    }
    co_return std::unexpected(std::move(body.error()));
  }

  Result<Came> read(const ChunkWorld& world, const HarvestFiles& files, const Chunk& chunk, const http::Body& body,
                    product::ProductSink& sink) const override {
    product::TableAsked asked;
    asked.name = output::raw_name(files.spec, next_pack(files, chunk));
    asked.format = files.manifest.format;
    asked.id_column = files.manifest.tables[chunk.key.type].id_column;
    asked.ids = chunk.wanted;
    asked.row_limit = row_limit(world.archive.profile(), chunk.by_job);
    asked.spool_directory = output::spool_directory(files.spec);
    asked.is_mapped = body.spilled();
    const auto bytes = body.readable();
    if (!bytes) return std::unexpected(bytes.error());
    auto contents = world.read_table(*bytes, asked, sink);
    if (!contents) return std::unexpected(contents.error());
    return Came{std::move(contents->found), contents->handed_on, contents->rows};
  }

  Result<ChunkRecord> store(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                            const http::Body& body) const override {
    auto laid = read_and_lay_down(*this, world, files, chunk, body);
    if (!laid) return std::unexpected(laid.error());
    laid->after.query.rows += laid->came.rows;
    return std::move(laid->after);
  }

  std::optional<ChunkRecord> narrowed(HarvestRun& run, const Chunk& chunk) const override {
    ChunkRecord after = chunk.record;
    after.query.job.clear();  // it was asked too much
    TapHints& hints = run.tap_hints(chunk.key.type);
    const bool may_change_to_job = !chunk.by_job && run.files()->manifest.mode == manifest::QueryMode::Auto;
    if (chunk.wanted.size() <= kFewIds && may_change_to_job) {
      after.query.by_job = hints.by_job = true;
      return after;
    }
    if (chunk.by_upload && run.uploads_refused) return after;  // lists instead of a table, which hold fewer
    if (chunk.wanted.size() <= 1) return std::nullopt;
    after.query.width = hints.width = (chunk.wanted.size() + 1) / 2;
    return after;
  }

 private:
  static bool by_upload(const manifest::Manifest& manifest, const HarvestRun& run, const archive::Profile& profile) {
    switch (manifest.upload) {
      case manifest::UploadUse::Always:
        return true;
      case manifest::UploadUse::Never:
        return false;
      case manifest::UploadUse::Auto:
        break;
    }
    return profile.uploads_welcome() && !run.uploads_refused;
  }

  static bool asks_by_job(const manifest::Manifest& manifest, const Chunk& chunk, const TapHints& hints,
                          const archive::Profile& profile) {
    switch (manifest.mode) {
      case manifest::QueryMode::Sync:
        return false;
      case manifest::QueryMode::Async:
        return true;
      case manifest::QueryMode::Auto:
        break;
    }
    const std::uint64_t most = smaller(profile.tap.sync_rows_most, kManyIds + 1);
    return chunk.record.query.by_job || hints.by_job || chunk.wanted.size() >= most;
  }
};

}  // namespace

const Way& rows_way() {
  static const RowsWay kWay;
  return kWay;
}

}  // namespace garner::harvest
