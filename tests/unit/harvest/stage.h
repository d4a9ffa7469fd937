// The engine on a stage: virtual time, a ledger in memory, an archive whose truth and weather the test decides, an
// output that only remembers.
#pragma once

#include <map>
#include <random>
#include <set>

#include "harvest/engine/engine.h"
#include "harvest/tiles/tile_merge.h"
#include "stage_tap.h"
#include "stage_world.h"

namespace garner::testing {

// Which products exist, and what was done about them.
struct Truth {
  using Key = std::pair<std::string, SourceId>;                     // retrieval_type, id
  std::set<Key> missing;                                            // the archive holds nothing for it
  std::function<bool(const std::string& type, SourceId id)> lacks;  // besides, where there are too many to list
  std::map<Key, int> asked;
  bool counts_asked = true;
  std::size_t reply_bytes = 0;  // at least
  // Silently left out of the answer when it is asked for that time, from 1.
  std::function<bool(const Key&, int time)> leaves_out;

  bool is_missing(const std::string& type, SourceId id) const {
    return (lacks && lacks(type, id)) || (!missing.empty() && missing.contains({type, id}));
  }
};

// What the archive does with a request: nothing means that it answers well.
using Weather = std::function<std::optional<Error>(const archive::ChunkRequest&)>;

class StageArchive final : public archive::Archive {
 public:
  // Requests in flight at every archive of the stage, old and renewed.
  struct People {
    int now = 0, highest = 0;
    int left = 0;  // archives whose sessions were ended
    // Told as each begins and has ended: whose (by the spool directory), how many ids.
    std::function<void(const std::filesystem::path& whose, std::span<const SourceId> ids)> begins;
    std::function<void(const std::filesystem::path& whose)> ends;
    std::function<Duration()> latency;  // else StageArchive::latency

    void begin(const std::filesystem::path& whose, std::span<const SourceId> ids) {
      highest = std::max(highest, ++now);
      if (begins) begins(whose, ids);
    }
    // A job is waited for, and then fetched: told as it asks again.
    std::function<void()> asks_again;
    void rest() { --now; }
    void back() {
      highest = std::max(highest, ++now);
      if (asks_again) asks_again();
    }
    void end(const std::filesystem::path& whose) {
      --now;
      if (ends) ends(whose);
    }
  };
  // current: the one that was opened last and lives.
  StageArchive(Executor& executor, Truth& truth, const Weather& weather, archive::Profile profile, People& people,
               StageTap& tap, StageArchive*& current)
      : executor_(executor),
        truth_(truth),
        weather_(weather),
        profile_(std::move(profile)),
        people_(people),
        tap_(tap),
        current_(current),
        before_(std::exchange(current, this)) {}
  ~StageArchive() override {
    if (current_ == this) current_ = before_;
  }

  Task<Result<http::Body>> fetch(archive::ChunkRequest request, std::stop_token stop) override {
    ++in_flight;
    highest = std::max(highest, in_flight);
    people_.begin(request.spool_directory, request.ids);
    ++requests;
    if (truth_.counts_asked) {
      for (const SourceId id : request.ids) ++truth_.asked[{request.retrieval_type, id}];
    }
    spellings.insert(request.structure_spelling);
    auto waited = co_await sleep_for(executor_, people_.latency ? people_.latency() : latency, stop);
    --in_flight;
    people_.end(request.spool_directory);
    if (!waited) co_return std::unexpected(waited.error());
    if (auto error = weather_(request)) co_return std::unexpected(*error);
    http::Body body(std::make_shared<http::MemoryBudget>(1 << 20), {}, 1 << 20);
    std::string text = request.retrieval_type;
    text.resize(std::max(text.size(), truth_.reply_bytes), ' ');
    if (auto added = body.append(std::as_bytes(std::span(text))); !added) co_return std::unexpected(added.error());
    if (auto ended = body.finish(); !ended) co_return std::unexpected(ended.error());
    co_return std::move(body);
  }
  Task<archive::TapReply> ask(archive::TapQuestion question, std::stop_token stop) override {
    const std::filesystem::path whose = question.spool_directory;
    people_.begin(whose, question.upload);
    bool asking = true;
    question.looked = [this, &asking, looked = std::move(question.looked)](const Result<void>& seen) {
      if (std::exchange(asking, false)) people_.rest();
      if (looked) looked(seen);
    };
    question.turn = [this, &asking, turn = std::move(question.turn)] { return again(&people_, &asking, turn); };
    auto reply = co_await tap_.ask(executor_, std::move(question), stop);
    if (!asking) ++people_.now;
    people_.end(whose);
    co_return reply;
  }
  Task<Result<void>> forget_job(std::string job_url, std::stop_token) override {
    tap_.jobs.at(job_url).gone = true;
    co_return Result<void>{};
  }
  Task<void> leave(std::stop_token) override {
    ++people_.left;
    co_return;
  }
  const archive::Profile& profile() const override { return profile_; }
  std::string identity() const override { return "anonymous"; }

  Duration latency = std::chrono::seconds(1);
  int in_flight = 0, highest = 0, requests = 0;
  std::set<std::string> spellings;

 private:
  static Task<Result<void>> again(People* people, bool* asking, std::function<Task<Result<void>>()> turn) {
    auto come = turn ? co_await turn() : Result<void>{};
    if (come && !std::exchange(*asking, true)) people->back();
    co_return come;
  }

  Executor& executor_;
  Truth& truth_;
  const Weather& weather_;
  archive::Profile profile_;
  People& people_;
  StageTap& tap_;
  StageArchive*& current_;
  StageArchive* before_;
};

// What the engine had done about tiles.
struct StageTiles {
  std::vector<harvest::ChunkClaim> done;
  int made = 0, caught_up = 0, listed = 0;
  std::function<Result<void>()> trouble = [] { return Result<void>(); };
};

class StageTileMerge final : public harvest::TileMerge {
 public:
  explicit StageTileMerge(StageTiles& tiles) : tiles_(tiles) {}
  Result<void> chunk_done(harvest::ChunkClaim chunk, std::stop_token stop) override {
    tiles_.done.push_back(chunk);
    return stop.stop_requested() ? fail(Kind::Cancelled, "stopped") : tiles_.trouble();
  }
  Result<void> catch_up(std::stop_token stop) override {
    ++tiles_.caught_up;
    return stop.stop_requested() ? fail(Kind::Cancelled, "stopped") : tiles_.trouble();
  }
  std::vector<std::int64_t> take_bytes_stored() override { return {}; }

 private:
  StageTiles& tiles_;
};

class Stage {
 public:
  static constexpr WallTime kFridayMorning{std::chrono::seconds(1'800'000'000)};  // 15 January 2027, 08:00 UTC

  explicit Stage(std::uint64_t seed = 1, WallTime begin = kFridayMorning)
      : loop(begin), workers(executor, seed), seed_(seed) {
    profile.name = "gaia";
    profile.title = "Stage Archive";
    profile.releases = {{"Gaia DR3", {{"RVS"}, {"XP_SAMPLED"}}}};
    profile.probe_id = "42";
    profile.probe_type = "RVS";
    profile.probe_release = "Gaia DR3";
  }
  ~Stage() {
    // What the test's own weather looks at may be gone by now.
    weather = [](const archive::ChunkRequest&) { return std::nullopt; };
    end_engine();
  }

  // A harvest of these ids, or one announced where there are none; `keys` are the manifest's, but for name, archive and
  // directory.
  ledger::HarvestRecord make_harvest_of(const std::string& name, const std::vector<SourceId>& ids,
                                        std::uint32_t chunk_size, std::vector<std::string> types,
                                        const std::string& keys) {
    ledger::HarvestRecord record;
    record.name = name;
    record.manifest = fmt::format("harvest: {0}\narchive: gaia\n{1}output: {{directory: /out/{0}}}\n", name, keys);
    record.output_directory = "/out/" + name;
    record.retrieval_types = std::move(types);
    record.chunk_size = chunk_size;
    record.manifest_hash = "0123456789abcdef";
    if (ids.empty()) return *ledger_door.announce(record);
    auto intake = *ledger_door.begin_intake(chunk_size);
    EXPECT_TRUE(intake->add(ids));
    return *intake->commit(record);
  }

  // Ids 1000, 1001, … in a committed harvest.
  ledger::HarvestRecord make_harvest(const std::string& name, std::uint64_t sources, std::uint32_t chunk_size,
                                     std::vector<std::string> types = {"RVS", "XP_SAMPLED"},
                                     const std::string& layout = "zip") {
    auto intake = *ledger_door.begin_intake(chunk_size);
    std::vector<SourceId> ids;
    for (std::uint64_t i = 0; i < sources; ++i) ids.push_back(SourceId{1000 + i});
    EXPECT_TRUE(intake->add(ids));
    ledger::HarvestRecord record;
    record.name = name;
    record.manifest = fmt::format(
        "harvest: {}\narchive: gaia\nrelease: Gaia DR3\nsources: {{file: ids.txt}}\nretrieval_types: [{}]\n"
        "{}output: {{directory: /out/{}, layout: {}}}\n",
        name, fmt::join(types, ", "), layout == "table" ? "data_structure: RAW\nformat: fits\n" : "", name, layout);
    record.output_directory = "/out/" + name;
    record.retrieval_types = std::move(types);
    record.chunk_size = chunk_size;
    return *intake->commit(record);
  }

  void start_engine() {
    engine = std::make_unique<harvest::Engine>(world());
    await(engine->start());
  }
  // As a daemon that is told to end; what it knew in memory is gone.
  void end_engine() {
    if (!engine) return;
    tasks_.spawn(stop(std::chrono::seconds(30)));
    drop_engine();
  }
  // As by SIGKILL at the moment of the power cut: nothing durable happens any more, then all memory is gone.
  void kill_engine() {
    disk.power.cut_after(0);
    tasks_.spawn(stop({}));
    drop_engine();
    if (killed) killed();
    disk.power.back();
  }
  // A verb whose answer nobody waits for here.
  template <class T>
  void fire(Task<Result<T>> task) {
    tasks_.spawn(forget(std::move(task)));
  }
  template <class T>
  Result<T> await(Task<Result<T>> task) {
    std::optional<Result<T>> out;
    tasks_.spawn(keep(std::move(task), &out));
    EXPECT_TRUE(loop.run_until([&] { return out.has_value(); }));
    return std::move(*out);
  }
  harvest::HarvestStatus status(const std::string& name) { return *engine->status(name); }
  bool run_until_state(const std::string& name, const std::string& state, Duration most = std::chrono::hours(200)) {
    const SteadyTime end = loop.now() + most;
    return loop.run_until([&] { return status(name).state == state || loop.now() > end; }) &&
           status(name).state == state;
  }

  VirtualLoop loop;
  StageExecutor executor{loop};
  StageWorkers workers;
  MemoryLedger ledger;
  Disk disk;
  StageLedger ledger_door{ledger, disk.power};
  Truth truth;
  StageTiles tiles;
  StageTap tap;
  Weather weather = [](const archive::ChunkRequest&) { return std::nullopt; };
  archive::Profile profile;
  std::unique_ptr<harvest::Engine> engine;
  StageArchive* archive = nullptr;  // while the engine runs
  int indexes_written = 0;
  std::function<void()> visits;   // as each pack is listed
  output::LeftOut damaged_packs;  // that indexes leave out
  std::function<std::optional<Error>()> receipt_fault;
  std::function<void()> killed;  // after kill_engine has dropped the engine, before the power is back
  // garnerd.yaml's, of the engines that are started from now on.
  std::map<std::string, std::uint32_t> in_flight_most;
  std::map<std::string, RateLimits> rate_limits;
  std::optional<Error> no_profile;  // what opening the archive's profile says
  StageArchive::People people;
  std::function<Result<void>()> prepare = [] { return Result<void>{}; };
  // What a directory's disk has left; without it nobody looks.
  std::function<Result<output::DiskSpace>(const std::filesystem::path&)> disk_space;

 private:
  template <class T>
  static Task<void> keep(Task<Result<T>> task, std::optional<Result<T>>* out) {
    out->emplace(co_await task);
  }
  template <class T>
  static Task<void> forget(Task<Result<T>> task) {
    (void)co_await task;
  }
  std::string all_of_them() {
    std::string text = fmt::format("{} requests in flight", people.now);
    for (const auto& status : engine->list()) {
      const auto run = engine->find(status.name);
      text += fmt::format("; {} {}{}{}{} ({})", status.name, status.state, run->in_hand() ? ", chunks in hand" : "",
                          run->indexing ? ", indexing" : "", run->being_reopened ? ", being reopened" : "",
                          status.waiting_for);
    }
    return text;
  }
  Task<void> stop(Duration drain) { co_await engine->stop(loop.now() + drain); }
  void drop_engine() {
    const bool ended = loop.run_until([this] { return tasks_.running() == 0; });
    EXPECT_TRUE(ended) << "what was under way never ends: " << all_of_them();
    engine.reset();
    archive = nullptr;
  }

  harvest::World world() {
    return {
        .executor = executor,
        .workers = workers,
        .ledger = ledger_door,
        .budget = std::make_shared<http::MemoryBudget>(1 << 20),
        .open_archive = [this](const std::string&) -> Result<std::unique_ptr<archive::Archive>> {
          if (auto error = no_profile) return std::unexpected(*error);
          return std::make_unique<StageArchive>(executor, truth, weather, profile, people, tap, archive);
        },
        .make_layout =
            [this](const output::OutputSpec& spec) {
              return std::make_unique<StageLayout>(disk, spec.directory.string());
            },
        .prepare_output = [this](const output::OutputSpec&, std::string_view, std::string_view,
                                 bool) { return prepare(); },
        .write_indexes = [this](const output::OutputSpec& spec, output::Layout&,
                                const output::EachPack& each_pack) -> Result<output::LeftOut> {
          if (auto powered = disk.power.step(); !powered) return std::unexpected(powered.error());
          std::set<Disk::Key> listed;
          auto walked = each_pack([&](const output::PackKey& key, const ledger::Pack&) -> Result<void> {
            EXPECT_EQ(ledger_door.open_scans, 0) << "a database that is read in can't be opened anew";
            if (visits) visits();
            listed.emplace(spec.directory.string(), key.retrieval_type, key.block, key.generation);
            return {};
          });
          if (!walked) return std::unexpected(walked.error());
          disk.indexes[spec.directory.string()] = std::move(listed);
          ++indexes_written;
          return damaged_packs;
        },
        .write_tile_indexes = [this](const output::OutputSpec&,
                                     const output::EachTile& each_tile) -> Result<output::LeftOut> {
          if (auto powered = disk.power.step(); !powered) return std::unexpected(powered.error());
          auto walked = each_tile([&](const output::TileKey&, const ledger::TileRecord&) -> Result<void> {
            EXPECT_EQ(ledger_door.open_scans, 0) << "a database that is read in can't be opened anew";
            ++tiles.listed;
            return {};
          });
          if (!walked) return std::unexpected(walked.error());
          ++indexes_written;
          return damaged_packs;
        },
        .make_tile_merge =
            [this](ledger::Ledger&, std::shared_ptr<const harvest::HarvestFiles>, std::atomic<std::uint64_t>&) {
              ++tiles.made;
              return std::make_unique<StageTileMerge>(tiles);
            },
        .sums_facts = [](const output::OutputSpec&) -> Result<std::optional<output::SumsFacts>> {
          return std::nullopt;
        },
        .write_receipt = [this](const output::OutputSpec& spec, std::string_view json,
                                std::string_view) -> Result<void> {
          if (auto powered = disk.power.step(); !powered) return powered;
          if (receipt_fault) {
            if (auto fault = receipt_fault()) return std::unexpected(*fault);
          }
          disk.receipts[spec.directory.string()] = json;
          return {};
        },
        .software = "garner on a stage",
        .read_reply = [this](std::span<const std::byte>, const product::Asked& asked,
                             product::ProductSink& sink) -> Result<product::Contents> {
          product::Contents contents;
          for (const SourceId id : asked.ids) {
            const Truth::Key key{asked.retrieval_type, id};
            const bool left_out = truth.leaves_out && truth.leaves_out(key, truth.counts_asked ? truth.asked[key] : 0);
            const bool there = !left_out && !truth.is_missing(asked.retrieval_type, id);
            contents.found.push_back(there);
            if (!there) continue;
            ++contents.products;
            if (auto added = sink.add({"product", id, {}}); !added) return std::unexpected(added.error());
          }
          return contents;
        },
        // The real verdict, without a file: what came stands in the pack by its ids.
        .read_table = [](std::span<const std::byte> answer, const product::TableAsked& asked,
                         product::ProductSink& sink) -> Result<product::TableContents> {
          std::set<SourceId> came;
          auto read = product::read_ids_answer(answer, asked.id_column.empty() ? "row_id" : asked.id_column,
                                               asked.row_limit, [&came](std::span<const SourceId> ids) -> Result<void> {
                                                 came.insert(ids.begin(), ids.end());
                                                 return {};
                                               });
          if (!read) return std::unexpected(read.error());
          if (asked.rows_expected && *asked.rows_expected != read->rows)
            return fail(Kind::Malformed, "COUNT(*) says {}", *asked.rows_expected);
          product::TableContents contents{{}, read->rows, read->rows > 0};
          for (const SourceId id : asked.ids) contents.found.push_back(came.contains(id));
          for (const SourceId id : came) {
            if (auto added = sink.add({"row", id, {}}); !added) return std::unexpected(added.error());
          }
          return contents;
        },
        .spill_directory = std::filesystem::temp_directory_path(),
        .find_group = [](const std::string&) { return std::nullopt; },
        .seed = seed_,
        .in_flight_most = in_flight_most,
        .rate_limits = rate_limits,
        .disk_space = disk_space,
        .try_output = [this](const output::OutputSpec&) -> Result<void> {
          ++disk.trials;
          if (disk.trial_fault) {
            if (auto fault = disk.trial_fault()) return std::unexpected(*fault);
          }
          return disk.power.step();
        },
    };
  }

  std::uint64_t seed_;
  TaskGroup tasks_;
};

}  // namespace garner::testing
