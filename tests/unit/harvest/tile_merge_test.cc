// Tiles of a harvest: real files in a folder of their own; the ledger in memory, or on disk where processes are killed.
#include "harvest/tiles/tile_merge.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "../support/fits_tables.h"
#include "../support/memory_ledger.h"
#include "base/durable_step.h"
#include "harvest/account/repair.h"
#include "harvest/tiles/merged_tables.h"
#include "ledger/rocks_ledger.h"

namespace garner::harvest {
namespace {

namespace fs = std::filesystem;
using ledger::ChunkRecord;
using ledger::Outcome;
using ::testing::ElementsAre;
using testing::FitsMaker;
using testing::FitsTaken;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::uint32_t kChunkSize = 4;

// The n-th source of a tile of level 0.
SourceId source(std::uint64_t tile, std::uint64_t n) {
  return SourceId{(tile << 59) + (n + 1) * 128};
}

class TileMergeTest : public ::testing::Test {
 protected:
  TileMergeTest() {
    std::string made = (fs::temp_directory_path() / "garner-tiles-XXXXXX").string();
    base_ = fs::canonical(::mkdtemp(made.data()));
  }
  ~TileMergeTest() override { fs::remove_all(base_); }

  static std::shared_ptr<HarvestFiles> files_in(const fs::path& directory) {
    auto made = std::make_shared<HarvestFiles>();
    HarvestFiles& files = *made;
    files.name = "raw";
    files.types = {"XP_SAMPLED", "RVS"};
    files.spec.directory = directory;
    files.spec.layout = LayoutKind::Table;
    files.spec.structure = DataStructure::Raw;
    files.spec.format = ProductFormat::Fits;
    files.spec.release = "Gaia DR3";
    files.spec.sources = 100;
    return made;
  }

  void start(ledger::Ledger& ledger, const std::vector<SourceId>& ids, std::optional<int> part_level = {}) {
    ledger_ = &ledger;
    files_ = files_in(base_ / "out");
    files_->spec.part_level = part_level;
    auto intake = ledger.begin_intake(kChunkSize);
    ASSERT_TRUE((*intake)->add(ids));
    ledger::HarvestRecord record;
    record.name = "raw";
    record.retrieval_types = files_->types;
    record.chunk_size = kChunkSize;
    const auto committed = (*intake)->commit(record);
    ASSERT_TRUE(committed) << committed.error().detail;
    files_->no = committed->no;
    files_->blocks = committed->blocks;
    restart();
  }

  // As a new process would begin.
  void restart() {
    ASSERT_TRUE(output::prepare_output(files_->spec, "harvest: raw\n", ""));
    files_->layout = output::make_layout(files_->spec);
    merge_ = make_tile_merge(*ledger_, files_, steps_);
  }

  // A table with a row for each source, whose flux tells how often it was asked for.
  static std::string table_of(const std::vector<SourceId>& ids, std::uint32_t generation) {
    FitsMaker maker({{"source_id", "K"}, {"flux", "1PE"}});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto row = static_cast<long long>(ids.size() - i);  // archives shuffle
      maker.integers(1, row, {static_cast<long long>(ids[i].value)});
      maker.reals(2, row, std::vector<double>(ids[i].value / 128 % 5 + 1, generation));
    }
    return maker.bytes();
  }

  // The chunk's pending sources come, but for those that `absent` names; settled as the engine does.
  void deliver(std::uint16_t type, std::uint32_t block, const std::vector<SourceId>& absent = {}) {
    const ledger::ChunkKey key{files_->no, type, block};
    const auto ids = *ledger_->ids(files_->no, block);
    const ChunkRecord before = *ledger_->chunk(key);
    ChunkRecord after = before;
    after.outcomes.resize(ids.size(), Outcome::Pending);
    if (!after.packs.empty()) after.pack_of.resize(ids.size(), 0);
    std::vector<SourceId> came;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (after.outcomes[i] != Outcome::Pending) continue;
      const bool is_absent = std::ranges::find(absent, ids[i]) != absent.end();
      after.outcomes[i] = is_absent ? Outcome::Absent : Outcome::Delivered;
      if (is_absent) continue;
      came.push_back(ids[i]);
      if (!after.packs.empty()) after.pack_of[i] = static_cast<std::uint32_t>(after.packs.size());
    }
    if (!came.empty()) {
      const auto generation = static_cast<std::uint32_t>(after.packs.size());
      auto writer = files_->layout->begin({files_->types[type], block, generation});
      ASSERT_TRUE(writer);
      const std::string table = table_of(came, generation);
      ASSERT_TRUE((*writer)->add({"XP_SAMPLED_RAW.fits", std::nullopt, std::as_bytes(std::span(table))}));
      const auto pack = (*writer)->publish({}, absent);
      ASSERT_TRUE(pack) << pack.error().detail;
      after.packs.push_back(*pack);
    }
    ASSERT_TRUE(ledger_->settle(key, after, delta_between(before, after, static_cast<std::uint32_t>(ids.size()))));
  }
  void deliver_all(std::uint16_t type) {
    for (std::uint32_t block = 0; block < files_->blocks; ++block) deliver(type, block);
  }

  // `garner retry --outcome absent`.
  void reopen_absent(std::uint16_t type, std::uint32_t block) {
    const ledger::ChunkKey key{files_->no, type, block};
    const ChunkRecord before = *ledger_->chunk(key);
    ChunkRecord after = before;
    std::ranges::replace(after.outcomes, Outcome::Absent, Outcome::Pending);
    const auto count = static_cast<std::uint32_t>(ledger_->ids(files_->no, block)->size());
    ASSERT_TRUE(ledger_->settle(key, after, delta_between(before, after, count)));
  }

  Result<void> done(std::uint16_t type, std::uint32_t block) { return merge_->chunk_done({type, block}, {}); }
  void catch_up() {
    const auto caught = merge_->catch_up({});
    EXPECT_TRUE(caught) << caught.error().detail;
    expect_what_is_stored_is_counted();
  }

  // The ledger's counters say what lies on disk, merged or not yet.
  void expect_what_is_stored_is_counted() {
    const auto counters = ledger_->counters(files_->no);
    ASSERT_TRUE(counters);
    for (std::uint16_t type = 0; type < files_->types.size(); ++type) {
      std::uint64_t stored = 0;
      for (const auto& folder : {files_->types[type], ".garner/tables/" + files_->types[type]}) {
        if (!fs::exists(base_ / "out" / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(base_ / "out" / folder)) {
          if (entry.is_regular_file()) stored += entry.file_size();
        }
      }
      EXPECT_EQ((*counters)[type].bytes_stored, stored) << files_->types[type];
    }
  }

  // `garner verify --repair`, which finds a table damaged.
  std::uint64_t put_back(std::uint64_t tile, const std::string& table) {
    std::ofstream(base_ / "out/XP_SAMPLED" / table, std::ios::binary | std::ios::app) << "damage";
    const auto products = put_back_tile(*ledger_, *files_, {files_->no, 0, tile}, steps_);
    EXPECT_TRUE(products) << products.error().detail;
    return products.value_or(0);
  }

  std::set<std::string> files_below(const std::string& folder) const {
    std::set<std::string> found;
    if (!fs::exists(base_ / "out" / folder)) return found;
    for (const auto& entry : fs::recursive_directory_iterator(base_ / "out" / folder)) {
      if (entry.is_regular_file()) found.insert(entry.path().filename().string());
    }
    return found;
  }
  std::set<std::string> tables(const std::string& type = "XP_SAMPLED") const { return files_below(type); }
  std::set<std::string> chunks(const std::string& type = "XP_SAMPLED") const {
    return files_below(".garner/tables/" + type);
  }

  std::string slurp(const fs::path& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Of every row: source and flux.
  std::vector<std::string> rows_in(const std::string& table, const std::string& type = "XP_SAMPLED") const {
    std::vector<std::string> rows;
    for (const auto& row : FitsTaken(slurp(base_ / "out" / type / table)).rows())
      rows.push_back(row.at("source_id") + " " + row.at("flux"));
    return rows;
  }

  ledger::TileRecord tile(std::uint64_t number, std::uint16_t type = 0) {
    const auto record = ledger_->tile({files_->no, type, number});
    EXPECT_TRUE(record && *record) << "tile " << number << " is not settled";
    return record && *record ? **record : ledger::TileRecord{};
  }

  fs::path base_;
  testing::MemoryLedger memory_;
  ledger::Ledger* ledger_ = nullptr;
  std::shared_ptr<HarvestFiles> files_;
  std::atomic<std::uint64_t> steps_ = 0;
  std::unique_ptr<TileMerge> merge_;
};

// Blocks: 0 in tile 0, 1 in tiles 0 and 1, 2 in tiles 1, 3 and 4, 3 in tile 4.
const std::vector<SourceId> kIds{source(0, 1), source(0, 2), source(0, 3), source(0, 4), source(0, 5),
                                 source(0, 6), source(1, 1), source(1, 2), source(1, 3), source(3, 1),
                                 source(4, 1), source(4, 2), source(4, 3), source(4, 4)};

TEST_F(TileMergeTest, MergesATileOnceItsLastChunkIsDone) {
  start(memory_, kIds);
  deliver(0, 1);
  ASSERT_TRUE(done(0, 1));
  EXPECT_THAT(tables(), IsEmpty());
  deliver(0, 0);
  ASSERT_TRUE(done(0, 0));
  EXPECT_THAT(tables(), ElementsAre("XP_SAMPLED-hpx0-00.fits"));
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-00.fits").size(), 6U);
  EXPECT_EQ(tile(0).packs, (std::vector<std::uint32_t>{1, 1}));
  // Block 1 reaches into tile 1, which is not merged yet.
  EXPECT_THAT(chunks(), ElementsAre("XP_SAMPLED_RAW-0000001.fits"));
  deliver(0, 2);
  ASSERT_TRUE(done(0, 2));
  EXPECT_THAT(tables(),
              UnorderedElementsAre("XP_SAMPLED-hpx0-00.fits", "XP_SAMPLED-hpx0-01.fits", "XP_SAMPLED-hpx0-03.fits"));
  EXPECT_THAT(chunks(), ElementsAre("XP_SAMPLED_RAW-0000002.fits"));
  deliver(0, 3);
  ASSERT_TRUE(done(0, 3));
  EXPECT_EQ(tables().size(), 4U);
  EXPECT_THAT(chunks(), IsEmpty());
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-04.fits").size(), 4U);
}

TEST_F(TileMergeTest, KeepsRetrievalTypesApart) {
  start(memory_, kIds);
  deliver_all(1);
  catch_up();
  EXPECT_THAT(tables("XP_SAMPLED"), IsEmpty());
  EXPECT_EQ(tables("RVS").size(), 4U);
  EXPECT_EQ(ledger_->tile({files_->no, 0, 0})->has_value(), false);
  EXPECT_EQ(tile(0, 1).rows, 6U);
}

TEST_F(TileMergeTest, CatchesUpWithWhatWasDoneBefore) {
  start(memory_, kIds);
  deliver(0, 0);
  deliver(0, 1);
  restart();
  catch_up();
  EXPECT_THAT(tables(), ElementsAre("XP_SAMPLED-hpx0-00.fits"));
  deliver(0, 2);
  deliver(0, 3);
  catch_up();
  EXPECT_EQ(tables().size(), 4U);
  EXPECT_THAT(chunks(), IsEmpty());
  const auto before = fs::last_write_time(base_ / "out/XP_SAMPLED/XP_SAMPLED-hpx0-04.fits");
  restart();
  catch_up();  // nothing is left to do
  EXPECT_EQ(fs::last_write_time(base_ / "out/XP_SAMPLED/XP_SAMPLED-hpx0-04.fits"), before);
  EXPECT_EQ(tile(4).generation, 0U);
}

TEST_F(TileMergeTest, WithoutAnyProductThereIsNoTable) {
  start(memory_, kIds);
  deliver(0, 0, {source(0, 1), source(0, 2), source(0, 3), source(0, 4)});
  deliver(0, 1, {source(0, 5), source(0, 6)});
  catch_up();
  EXPECT_THAT(tables(), IsEmpty());  // the pack of block 1 has rows of tile 1 only
  EXPECT_EQ(tile(0).rows, 0U);
  deliver(0, 2);
  catch_up();
  EXPECT_THAT(tables(), UnorderedElementsAre("XP_SAMPLED-hpx0-01.fits", "XP_SAMPLED-hpx0-03.fits"));
  EXPECT_THAT(chunks(), ElementsAre("XP_SAMPLED_RAW-0000002.fits"));
}

TEST_F(TileMergeTest, SourcesThatComeLaterMakeANewTable) {
  start(memory_, kIds);
  deliver(0, 0, {source(0, 2)});
  for (const std::uint32_t block : {1U, 2U, 3U}) deliver(0, block);
  catch_up();
  EXPECT_THAT(chunks(), IsEmpty());
  reopen_absent(0, 0);
  restart();
  catch_up();
  EXPECT_EQ(tile(0).generation, 0U);  // not complete now
  deliver(0, 0);
  ASSERT_TRUE(done(0, 0));
  EXPECT_THAT(tables(), UnorderedElementsAre("XP_SAMPLED-hpx0-00.1.fits", "XP_SAMPLED-hpx0-01.fits",
                                             "XP_SAMPLED-hpx0-03.fits", "XP_SAMPLED-hpx0-04.fits"));
  EXPECT_THAT(chunks(), IsEmpty());
  const auto rows = rows_in("XP_SAMPLED-hpx0-00.1.fits");
  EXPECT_EQ(rows.size(), 6U);
  EXPECT_THAT(rows[1], HasSubstr(" [1,1"));  // asked for a second time
  EXPECT_EQ(tile(0).packs, (std::vector<std::uint32_t>{2, 1}));
}

TEST_F(TileMergeTest, ALaterPackOfASharedChunkGoesIntoEachOfItsTiles) {
  start(memory_, kIds);
  deliver(0, 0);
  deliver(0, 1, {source(0, 6), source(1, 2)});
  deliver(0, 2);
  catch_up();
  EXPECT_THAT(chunks(), ElementsAre("XP_SAMPLED_RAW-0000002.fits"));
  reopen_absent(0, 1);
  deliver(0, 1);
  ASSERT_TRUE(done(0, 1));
  EXPECT_THAT(tables(), UnorderedElementsAre("XP_SAMPLED-hpx0-00.1.fits", "XP_SAMPLED-hpx0-01.1.fits",
                                             "XP_SAMPLED-hpx0-03.fits"));
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-00.1.fits").size(), 6U);
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-01.1.fits").size(), 3U);
  EXPECT_THAT(chunks(), ElementsAre("XP_SAMPLED_RAW-0000002.fits"));  // still of use to tile 4
}

TEST_F(TileMergeTest, ADamagedChunkTableCostsItsTilesOnlyAndLosesNothing) {
  start(memory_, kIds);
  deliver_all(0);
  const fs::path damaged = base_ / "out/.garner/tables/XP_SAMPLED/0000/XP_SAMPLED_RAW-0000001.fits";
  const std::string good = slurp(damaged);
  std::string bad = good;
  bad[bad.size() / 2] ^= 0x10;
  std::ofstream(damaged, std::ios::binary) << bad;
  auto caught = merge_->catch_up({});
  ASSERT_FALSE(caught);
  EXPECT_EQ(caught.error().kind, Kind::Corrupt);
  EXPECT_THAT(caught.error().detail, HasSubstr("2 of 8 tiles can't be merged, the first: XP_SAMPLED tile 0: "));
  EXPECT_THAT(caught.error().detail, HasSubstr("XP_SAMPLED_RAW-0000001.fits: sha256 differs"));
  EXPECT_THAT(tables(), UnorderedElementsAre("XP_SAMPLED-hpx0-03.fits", "XP_SAMPLED-hpx0-04.fits"));
  EXPECT_THAT(chunks(), UnorderedElementsAre("XP_SAMPLED_RAW-0000000.fits", "XP_SAMPLED_RAW-0000001.fits",
                                             "XP_SAMPLED_RAW-0000002.fits"));
  EXPECT_FALSE(merge_->catch_up({}));

  std::ofstream(damaged, std::ios::binary) << good;
  restart();
  catch_up();
  EXPECT_EQ(tables().size(), 4U);
  EXPECT_THAT(chunks(), IsEmpty());
}

TEST_F(TileMergeTest, PublishesNoTableThatLacksADeliveredSourceOrHoldsAnother) {
  start(memory_, kIds);
  deliver_all(0);
  std::string said;
  const auto rewrite = [&](const std::vector<SourceId>& ids) {
    auto writer = files_->layout->begin({"XP_SAMPLED", 0, 0});
    const std::string table = table_of(ids, 0);
    ASSERT_TRUE((*writer)->add({"XP_SAMPLED_RAW.fits", std::nullopt, std::as_bytes(std::span(table))}));
    const auto pack = (*writer)->publish({}, {});
    auto record = *ledger_->chunk({files_->no, 0, 0});
    record.packs[0] = *pack;
    ASSERT_TRUE(ledger_->settle({files_->no, 0, 0}, record, {}));
    restart();
    const auto caught = merge_->catch_up({});
    ASSERT_FALSE(caught);
    EXPECT_EQ(caught.error().kind, Kind::Corrupt);
    said = caught.error().detail;
    EXPECT_FALSE(tables().contains("XP_SAMPLED-hpx0-00.fits"));
    EXPECT_FALSE(ledger_->tile({files_->no, 0, 0})->has_value());
  };
  rewrite({source(0, 1), source(0, 2), source(0, 4)});
  EXPECT_THAT(said, HasSubstr(fmt::format("source {} is delivered by the ledger, but there are no rows of it",
                                          source(0, 3).value)));
  rewrite({source(0, 1), source(0, 2), source(0, 3), source(0, 4), source(0, 9)});
  EXPECT_THAT(said, HasSubstr(fmt::format("there are rows of source {}, which is not delivered by the ledger",
                                          source(0, 9).value)));
}

TEST_F(TileMergeTest, ALedgerThatCantBeWrittenCostsOneMoreMerge) {
  start(memory_, kIds);
  deliver_all(0);
  memory_.fail_settles_when([] { return true; });
  const auto caught = merge_->catch_up({});
  ASSERT_FALSE(caught);
  EXPECT_EQ(caught.error().kind, Kind::DiskFull);
  EXPECT_EQ(chunks().size(), 4U);
  memory_.fail_settles_when({});
  catch_up();
  EXPECT_EQ(tables().size(), 4U);
  EXPECT_THAT(chunks(), IsEmpty());
}

TEST_F(TileMergeTest, EndsSoonWhenItIsToldTo) {
  start(memory_, kIds);
  deliver_all(0);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(merge_->catch_up(stop.get_token()).error().kind, Kind::Cancelled);
  EXPECT_THAT(tables(), IsEmpty());
  catch_up();
  EXPECT_EQ(tables().size(), 4U);
}

TEST_F(TileMergeTest, SweepsWhatACrashLeft) {
  start(memory_, kIds);
  deliver(0, 0, {source(0, 2)});
  for (const std::uint32_t block : {1U, 2U, 3U}) deliver(0, block);
  fs::copy(base_ / "out/.garner/tables", base_ / "saved", fs::copy_options::recursive);
  catch_up();
  fs::copy(base_ / "out/XP_SAMPLED/XP_SAMPLED-hpx0-00.fits", base_ / "saved-tile");
  reopen_absent(0, 0);
  deliver(0, 0);
  restart();
  catch_up();
  EXPECT_EQ(tile(0).generation, 1U);
  // Killed before anything was removed.
  fs::copy(base_ / "saved", base_ / "out/.garner/tables",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  fs::copy(base_ / "saved-tile", base_ / "out/XP_SAMPLED/XP_SAMPLED-hpx0-00.fits");
  EXPECT_EQ(chunks().size(), 4U);
  restart();
  catch_up();
  EXPECT_THAT(chunks(), IsEmpty());
  EXPECT_EQ(tables().size(), 4U);
  EXPECT_FALSE(tables().contains("XP_SAMPLED-hpx0-00.fits"));
}

TEST_F(TileMergeTest, ATableThatWasPublishedButNotSettledIsMadeAgain) {
  start(memory_, kIds);
  deliver_all(0);
  fs::create_directory(base_ / "out/XP_SAMPLED");
  std::ofstream(base_ / "out/XP_SAMPLED/XP_SAMPLED-hpx0-00.fits") << "of a process that was killed";
  restart();
  catch_up();
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-00.fits").size(), 6U);
}

TEST_F(TileMergeTest, TellsWhereASourcesRowsAre) {
  start(memory_, kIds);
  deliver(0, 0);
  deliver(0, 1);
  EXPECT_EQ(merged_into(*ledger_, *files_, {files_->no, 0, 0}, 0, source(0, 1))->has_value(), false);
  catch_up();
  const auto key = *merged_into(*ledger_, *files_, {files_->no, 0, 0}, 0, source(0, 1));
  ASSERT_TRUE(key);
  EXPECT_EQ(output::tile_path(files_->spec, *key), "XP_SAMPLED/XP_SAMPLED-hpx0-00.fits");
  EXPECT_EQ(merged_into(*ledger_, *files_, {files_->no, 0, 0}, 1, source(0, 1))->has_value(), false);  // a later pack
  EXPECT_EQ(merged_into(*ledger_, *files_, {files_->no, 0, 1}, 0, source(1, 1))->has_value(), false);
}

TEST_F(TileMergeTest, MergesPartsOfAQuery) {
  // Sixteen parts of level 9 a tile of level 7, four parts a chunk.
  std::vector<SourceId> parts;
  for (std::uint64_t part = 1; part <= 40; ++part) parts.push_back({part});
  start(memory_, parts, 9);
  for (std::uint32_t block = 0; block < files_->blocks; ++block) {
    std::vector<SourceId> ids;
    for (const SourceId part : *ledger_->ids(files_->no, block)) ids.push_back(SourceId{((part.value - 1) << 41) + 77});
    auto writer = files_->layout->begin({"XP_SAMPLED", block, 0});
    const std::string table = table_of(ids, 0);
    ASSERT_TRUE((*writer)->add({"result.fits", std::nullopt, std::as_bytes(std::span(table))}));
    ChunkRecord record;
    record.outcomes.assign(ids.size(), Outcome::Delivered);
    record.packs.push_back(*(*writer)->publish({}, {}));
    record.query.rows = ids.size() + (block == 8 ? 1 : 0);
    ASSERT_TRUE(ledger_->settle({files_->no, 0, block}, record,
                                {.bytes_stored = static_cast<std::int64_t>(record.packs.back().bytes)}));
  }
  const auto caught = merge_->catch_up({});
  ASSERT_FALSE(caught);
  EXPECT_THAT(caught.error().detail, HasSubstr("XP_SAMPLED tile 2: its parts have 8 rows, the ledger says 9"));
  auto record = *ledger_->chunk({files_->no, 0, 8});
  --record.query.rows;
  ASSERT_TRUE(ledger_->settle({files_->no, 0, 8}, record, {}));
  restart();
  catch_up();
  EXPECT_THAT(tables(), UnorderedElementsAre("XP_SAMPLED-hpx7-000000.fits", "XP_SAMPLED-hpx7-000001.fits",
                                             "XP_SAMPLED-hpx7-000002.fits"));
  EXPECT_EQ(rows_in("000/XP_SAMPLED-hpx7-000000.fits").size(), 16U);
  EXPECT_EQ(rows_in("000/XP_SAMPLED-hpx7-000002.fits").size(), 8U);
  EXPECT_THAT(chunks(), IsEmpty());
}

TEST_F(TileMergeTest, ALostTableIsFetchedAgainAndWhatIsStoredStaysTrue) {
  start(memory_, kIds);
  for (std::uint32_t block = 0; block < files_->blocks; ++block) {
    deliver(0, block);
    ASSERT_TRUE(done(0, block));
    expect_what_is_stored_is_counted();
  }
  EXPECT_EQ(put_back(4, "XP_SAMPLED-hpx0-04.fits"), 4U);
  EXPECT_EQ(put_back(0, "XP_SAMPLED-hpx0-00.fits"), 6U);
  for (std::uint32_t block = 0; block < files_->blocks; ++block) deliver(0, block);
  restart();
  catch_up();
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-04.fits").size(), 4U);
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-00.fits").size(), 6U);
  EXPECT_THAT(chunks(), IsEmpty());
}

TEST_F(TileMergeTest, ALostChunkTableIsFetchedAgainAndWhatIsStoredStaysTrue) {
  start(memory_, kIds);
  for (const std::uint32_t block : {0U, 1U, 2U}) deliver(0, block);
  catch_up();
  ASSERT_THAT(chunks(), ElementsAre("XP_SAMPLED_RAW-0000002.fits"));  // tile 4 waits for block 3
  fs::remove(base_ / "out/.garner/tables/XP_SAMPLED/0000/XP_SAMPLED_RAW-0000002.fits");
  const auto products = put_back_chunk_tables(memory_, *files_, {files_->no, 0, 2});
  ASSERT_TRUE(products) << products.error().detail;
  EXPECT_EQ(*products, 2U) << "the others of the chunk are in their tiles";
  expect_what_is_stored_is_counted();
  deliver(0, 2);
  deliver(0, 3);
  restart();
  catch_up();
  EXPECT_EQ(rows_in("XP_SAMPLED-hpx0-04.fits").size(), 4U);
  EXPECT_THAT(chunks(), IsEmpty());
}

// A kill between two writes would leave sources pending whose tile still waits for its lost table.
TEST_F(TileMergeTest, WhatIsLostIsPutBackInOneWrite) {
  start(memory_, kIds);
  deliver_all(0);
  catch_up();
  int writes = 0;
  memory_.fail_settles_when([&] { return ++writes > 1; });
  EXPECT_EQ(put_back(1, "XP_SAMPLED-hpx0-01.fits"), 3U) << "of two chunks";
  EXPECT_EQ(writes, 1);
  memory_.fail_settles_when({});
  for (const std::uint32_t block : {1U, 2U}) deliver(0, block);
  fs::remove_all(base_ / "out/.garner/tables");
  writes = 0;
  memory_.fail_settles_when([&] { return ++writes > 1; });
  ASSERT_TRUE(put_back_chunk_tables(memory_, *files_, {files_->no, 0, 1}));
  EXPECT_EQ(writes, 1);
}

// Killed at every durable step, by SIGKILL in a process of its own, with the ledger on disk.
class TileMergeKilled : public TileMergeTest {
 protected:
  std::unique_ptr<ledger::Ledger> open_ledger() {
    auto opened = ledger::open_rocks_ledger(base_ / "ledger");
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? std::move(*opened) : nullptr;
  }

  void prepare() {
    auto ledger = open_ledger();
    start(*ledger, kIds);
    deliver(0, 0, {source(0, 2)});
    for (const std::uint32_t block : {1U, 2U, 3U}) deliver(0, block);
    catch_up();  // tiles are there already when the later packs come
    reopen_absent(0, 0);
    deliver(0, 0);
    deliver_all(1);
    merge_.reset();
  }

  // Merges in a child that is killed as soon as it has begun its n-th durable step; true if it ended before.
  struct Merge {
    bool ended = false;       // by itself
    std::uint64_t steps = 0;  // that it had begun
  };
  // The kill comes as soon as the step is seen, which may be too late.
  Merge merge_killed_at(std::uint64_t n) {
    const fs::path trace = base_ / "trace";
    std::ofstream(trace, std::ios::binary) << std::string(48, '\0');
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("GARNER_STEP_TRACE", trace.c_str(), 1);
      trace_durable_steps_from_environment();
      auto ledger = open_ledger();
      ledger_ = ledger.get();
      restart();
      ::_exit(merge_->catch_up({}) ? 0 : 1);
    }
    const int file = ::open(trace.c_str(), O_RDONLY | O_CLOEXEC);
    auto* counts = static_cast<volatile std::uint64_t*>(::mmap(nullptr, 48, PROT_READ, MAP_SHARED, file, 0));
    int status = 0;
    std::uint64_t begun = 0;
    for (bool gone = false; !gone;) {
      gone = ::waitpid(child, &status, WNOHANG) == child;
      begun = counts[1] + counts[2] + counts[3] + counts[4] + counts[5];
      if (!gone && begun >= n) ::kill(child, SIGKILL);
    }
    ::munmap(const_cast<std::uint64_t*>(counts), 48);
    ::close(file);
    return {WIFEXITED(status) && WEXITSTATUS(status) == 0, begun};
  }
  void lay_scene_anew() {
    fs::remove_all(base_ / "ledger");
    fs::remove_all(base_ / "out");
    fs::copy(base_ / "ledger-0", base_ / "ledger", fs::copy_options::recursive);
    fs::copy(base_ / "out-0", base_ / "out", fs::copy_options::recursive);
  }

  // Whatever happened, each delivered source has its rows once: in its tile's settled table, or in its pack.
  void expect_every_source_has_its_rows() {
    output::ReadRoom room(1u << 30);
    for (std::uint16_t type = 0; type < 2; ++type) {
      for (std::uint32_t block = 0; block < files_->blocks; ++block) {
        const auto ids = *ledger_->ids(files_->no, block);
        const auto record = *ledger_->chunk({files_->no, type, block});
        for (std::size_t i = 0; i < ids.size(); ++i) {
          const std::uint32_t generation = record.pack_of.empty() ? 0 : record.pack_of[i];
          const auto tile_key = *merged_into(*ledger_, *files_, {files_->no, type, block}, generation, ids[i]);
          const auto rows = tile_key ? output::TileTables(files_->spec).read(*tile_key, ids[i], room)
                                     : files_->layout->read({files_->types[type], block, generation}, ids[i], room);
          ASSERT_TRUE(rows) << rows.error().detail;
          EXPECT_EQ(FitsTaken(rows->bytes).row_count(), 1);
        }
      }
    }
  }
};

TEST_F(TileMergeKilled, AtEveryDurableStepLosesAndDoublesNothing) {
  prepare();
  fs::rename(base_ / "ledger", base_ / "ledger-0");
  fs::rename(base_ / "out", base_ / "out-0");
  lay_scene_anew();
  const Merge whole = merge_killed_at(UINT64_MAX);
  ASSERT_TRUE(whole.ended);
  ASSERT_GT(whole.steps, 20U);
  constexpr int kTries = 10;  // a busy machine kills too late now and then
  std::uint64_t kills = 0;
  for (std::uint64_t n = 1; n <= whole.steps; ++n) {
    bool killed = false;
    for (int tries = 0; !killed && tries < kTries; ++tries) {
      lay_scene_anew();
      killed = !merge_killed_at(n).ended;
    }
    kills += killed ? 1 : 0;
    auto ledger = open_ledger();
    ASSERT_TRUE(ledger);
    ledger_ = ledger.get();
    restart();
    SCOPED_TRACE(n);
    expect_every_source_has_its_rows();
    catch_up();
    expect_every_source_has_its_rows();
    EXPECT_THAT(tables("XP_SAMPLED"), UnorderedElementsAre("XP_SAMPLED-hpx0-00.1.fits", "XP_SAMPLED-hpx0-01.fits",
                                                           "XP_SAMPLED-hpx0-03.fits", "XP_SAMPLED-hpx0-04.fits"));
    EXPECT_THAT(tables("RVS"),
                UnorderedElementsAre("RVS-hpx0-00.fits", "RVS-hpx0-01.fits", "RVS-hpx0-03.fits", "RVS-hpx0-04.fits"));
    EXPECT_THAT(chunks("XP_SAMPLED"), IsEmpty());
    EXPECT_THAT(chunks("RVS"), IsEmpty());
    merge_.reset();
    if (HasFailure()) break;
  }
  EXPECT_GT(kills, whole.steps / 2);
}

}  // namespace
}  // namespace garner::harvest
