// Tables of chunks merged into tables of tiles, on disk.
#include "output/tile_tables.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "../support/fits_tables.h"
#include "fixture.h"
#include "output/sha256.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;
using garner::testing::FitsMaker;
using garner::testing::FitsTaken;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kType = "XP_SAMPLED";

// The n-th source of a tile of level 0.
SourceId source(std::uint64_t tile, std::uint64_t n) {
  return SourceId{(tile << 59) + n * 128 + 128};
}

TEST(TileGeometry, HoldsAHundredThousandSourcesATileOnTheMeanUpToLevelSeven) {
  const auto level = [](std::uint64_t sources) {
    OutputSpec spec;
    spec.sources = sources;
    return TileGeometry(spec).level();
  };
  EXPECT_EQ(level(1), 0);
  EXPECT_EQ(level(1'200'000), 0);
  EXPECT_EQ(level(1'200'001), 1);
  EXPECT_EQ(level(220'000'000), 4);
  EXPECT_EQ(level(UINT64_MAX), 7);
}

TEST(TileGeometry, TellsTheSourcesOfATile) {
  OutputSpec spec;
  spec.sources = 220'000'000;
  const TileGeometry geometry(spec);
  const SourceId id{5937083312263887616};
  const auto range = geometry.sources_in(geometry.tile_of(id));
  EXPECT_TRUE(range.first <= id && id <= range.last);
  EXPECT_EQ(geometry.tile_of(range.first), geometry.tile_of(id));
  EXPECT_EQ(geometry.tile_of(range.last), geometry.tile_of(id));
  EXPECT_EQ(geometry.tile_of(SourceId{range.first.value - 1}), geometry.tile_of(id) - 1);
  EXPECT_EQ(geometry.tile_of(SourceId{range.last.value + 1}), geometry.tile_of(id) + 1);
  EXPECT_EQ(geometry.sources_of(id).first, id);
  EXPECT_EQ(geometry.sources_of(id).last, id);
}

TEST(TileGeometry, APartOfAQueryIsATileOrPartOfOne) {
  OutputSpec spec;
  spec.part_level = 6;
  EXPECT_EQ(TileGeometry(spec).level(), 6);
  EXPECT_EQ(TileGeometry(spec).tile_of(SourceId{1}), 0u);
  EXPECT_EQ(TileGeometry(spec).tile_of(SourceId{49'152}), 49'151u);
  spec.part_level = 9;
  const TileGeometry geometry(spec);
  EXPECT_EQ(geometry.level(), 7);
  for (const std::uint64_t part : {1u, 16u, 17u, 3'145'728u}) {
    const auto sources = geometry.sources_of(SourceId{part}),
               tile = geometry.sources_in(geometry.tile_of(SourceId{part}));
    EXPECT_TRUE(tile.first <= sources.first && sources.last <= tile.last) << part;
    EXPECT_EQ(healpix_pixel(sources.first, 9), part - 1);
    EXPECT_EQ(healpix_pixel(sources.last, 9), part - 1);
  }
}

TEST(TilePaths, LieInFoldersOfAThousandAtMost) {
  OutputSpec spec;
  spec.sources = 50'000'000;
  EXPECT_EQ(tile_path(spec, {"RVS", 17, 0}), "RVS/RVS-hpx3-017.fits");
  spec.sources = 220'000'000;
  EXPECT_EQ(tile_path(spec, {"RVS", 68, 0}), "RVS/017/RVS-hpx4-0068.fits");
  EXPECT_EQ(tile_path(spec, {"RVS", 68, 2}), "RVS/017/RVS-hpx4-0068.2.fits");
  spec.part_level = 7;
  EXPECT_EQ(tile_path(spec, {"RVS", 196'607, 0}), "RVS/767/RVS-hpx7-196607.fits");
}

class Tiles : public OutputTest {
 protected:
  void SetUp() override {
    spec_ = spec_for({LayoutKind::Table, false, DataStructure::Raw});
    spec_.format = ProductFormat::Fits;
    spec_.sources = 1000;
    reopen();
  }

  void reopen() {
    ASSERT_GOOD(prepare_output(spec_, "harvest: test\n", "Credit\n"));
    layout_ = make_layout(spec_);
    tiles_ = std::make_unique<TileTables>(spec_);
  }

  // A table with a row for each source, whose array is as long as the source's number says.
  static std::string table_of(const std::vector<SourceId>& ids) {
    FitsMaker maker({{"source_id", "K"}, {"flux", "1PE", "Jy"}});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto row = static_cast<long long>(i) + 1;
      maker.integers(1, row, {static_cast<long long>(ids[i].value)});
      maker.reals(2, row, std::vector<double>(ids[i].value / 128 % 7, static_cast<double>(ids[i].value / 128 % 1000)));
    }
    return maker.bytes();
  }

  PackToMerge chunk(std::uint32_t block, std::uint32_t generation, const std::string& table) {
    const PackKey key{std::string(kType), block, generation};
    return {key, publish(key, {{"XP_SAMPLED_RAW.fits", std::nullopt, table}})};
  }

  // Notes what it is told; says no where `refuse` does.
  struct Witness final : TileWitness {
    std::vector<SourceId> taken;
    std::optional<std::uint64_t> rows;
    std::function<bool(const Witness&)> refuse = [](const Witness&) { return false; };

    Result<void> answer() const { return refuse(*this) ? fail(Kind::Cancelled, "stopping") : Result<void>(); }
    Result<void> go_on() override { return answer(); }
    Result<void> take(SourceId id) override {
      taken.push_back(id);
      return answer();
    }
    Result<void> end(std::uint64_t all) override {
      rows = all;
      return answer();
    }
  };

  Result<ledger::TileRecord> merge(std::uint64_t tile, const std::vector<PackToMerge>& packs,
                                   const std::optional<ledger::TileRecord>& before = {}) {
    witness_.taken.clear();
    return tiles_->merge(std::string(kType), tile, before, packs, witness_);
  }

  fs::path chunk_file(std::uint32_t block) const {
    return directory_ / chunk_table_path(spec_, {std::string(kType), block, 0});
  }

  static std::vector<std::string> ids_in(const std::string& bytes) {
    std::vector<std::string> ids;
    for (const auto& row : FitsTaken(bytes).rows()) ids.push_back(row.at("source_id"));
    return ids;
  }

  std::unique_ptr<TileTables> tiles_;
  Witness witness_;
};

const std::string kTile1 = "XP_SAMPLED/XP_SAMPLED-hpx0-01.fits";

TEST_F(Tiles, HoldTheRowsOfTheirSourcesOnly) {
  const auto a = chunk(0, 0, table_of({source(1, 5), source(1, 2), source(0, 9)}));
  const auto b = chunk(1, 0, table_of({source(2, 1), source(1, 7)}));
  const auto record = merge(1, {a, b});
  ASSERT_GOOD(record);
  EXPECT_EQ(visible(), std::set{kTile1});
  const std::string bytes = slurp(directory_ / kTile1);
  EXPECT_EQ(ids_in(bytes), (std::vector{to_string(source(1, 2)), to_string(source(1, 5)), to_string(source(1, 7))}));
  EXPECT_EQ(witness_.taken, (std::vector{source(1, 2), source(1, 5), source(1, 7)}));
  FitsTaken taken(bytes);
  taken.expect_good_sums();
  EXPECT_EQ(taken.key("HPXLEVEL"), "0");
  EXPECT_EQ(taken.key("HPXPIXEL"), "1");
  EXPECT_EQ(taken.key("EXTNAME"), kType);
  EXPECT_EQ(taken.key("RELEASE"), "Gaia DR3");
  EXPECT_EQ(record->rows, 3u);
  EXPECT_EQ(record->bytes, bytes.size());
  EXPECT_EQ(record->hash, sha256(as_bytes(bytes)));
  struct stat status{};
  ASSERT_EQ(::stat((directory_ / kTile1).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
  EXPECT_EQ(temp_files(), 0u);
  EXPECT_TRUE(fs::exists(chunk_file(0)) && fs::exists(chunk_file(1)));
}

TEST_F(Tiles, WithoutRowsAreNoFile) {
  const auto record = merge(3, {chunk(0, 0, table_of({source(1, 5)}))});
  ASSERT_GOOD(record);
  EXPECT_EQ(*record, ledger::TileRecord{});
  EXPECT_TRUE(visible().empty());
  EXPECT_EQ(temp_files(), 0u);
  EXPECT_EQ(*merge(3, {}), ledger::TileRecord{});
}

TEST_F(Tiles, GetANewGenerationFromTheOneBeforeAndNewPacks) {
  const auto first = merge(1, {chunk(0, 0, table_of({source(1, 5), source(1, 2)}))});
  ASSERT_GOOD(first);
  fs::remove(chunk_file(0));
  const auto second = merge(1, {chunk(0, 1, table_of({source(1, 3)}))}, *first);
  ASSERT_GOOD(second);
  EXPECT_EQ(second->generation, 1u);
  EXPECT_EQ(second->rows, 3u);
  const std::string newer = "XP_SAMPLED/XP_SAMPLED-hpx0-01.1.fits";
  EXPECT_EQ(visible(), (std::set{kTile1, newer}));  // the one before stays until the ledger knows the new one
  EXPECT_EQ(ids_in(slurp(directory_ / newer)),
            (std::vector{to_string(source(1, 2)), to_string(source(1, 3)), to_string(source(1, 5))}));
  ASSERT_GOOD(tiles_->remove_tile({std::string(kType), 1, 0}));
  ASSERT_GOOD(tiles_->remove_tile({std::string(kType), 1, 0}));
  EXPECT_EQ(visible(), std::set{newer});
}

TEST_F(Tiles, AreNotMadeOfDamagedOrMissingFiles) {
  const auto a = chunk(0, 0, table_of({source(1, 5)})), b = chunk(1, 0, table_of({source(1, 7)}));
  const std::string good = slurp(chunk_file(1));
  flip_byte(chunk_file(1), good.size() / 2);
  auto merged = merge(1, {a, b});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, Kind::Corrupt);
  EXPECT_THAT(merged.error().detail,
              HasSubstr(".garner/tables/XP_SAMPLED/0000/XP_SAMPLED_RAW-0000001.fits: sha256 differs"));
  fs::remove(chunk_file(1));
  merged = merge(1, {a, b});
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, Kind::Corrupt);
  EXPECT_THAT(merged.error().detail, HasSubstr("XP_SAMPLED_RAW-0000001.fits is missing"));
  EXPECT_TRUE(visible().empty());
  EXPECT_EQ(temp_files(), 0u);
  EXPECT_TRUE(fs::exists(chunk_file(0)));

  spill(chunk_file(1), good);
  const auto record = merge(1, {a, b});
  ASSERT_GOOD(record);
  flip_byte(directory_ / kTile1, record->bytes - 2880 - 1);
  merged = merge(1, {chunk(2, 0, table_of({source(1, 9)}))}, *record);
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().detail, HasSubstr(kTile1 + ": sha256 differs"));
}

TEST_F(Tiles, AreNotPublishedWhereTheWitnessSaysNo) {
  const auto a = chunk(0, 0, table_of({source(1, 5)}));
  for (const auto& refuse : std::vector<std::function<bool(const Witness&)>>{
           [](const Witness&) { return true; },                                 // before anything is read
           [](const Witness& witness) { return !witness.taken.empty(); },       // at the first source
           [](const Witness& witness) { return witness.rows.has_value(); }}) {  // when all rows are there
    witness_.refuse = refuse;
    const auto merged = merge(1, {a});
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().kind, Kind::Cancelled);
    EXPECT_TRUE(visible().empty());
    EXPECT_EQ(temp_files(), 0u);
  }
  EXPECT_EQ(witness_.rows, 1u);
  EXPECT_FALSE(merge(3, {a}));  // no rows, but the witness would not have it
  EXPECT_FALSE(merge(3, {}));
}

TEST_F(Tiles, TellAndRemoveTheChunksOnDisk) {
  chunk(0, 0, table_of({source(1, 5)}));
  chunk(0, 3, table_of({source(1, 6)}));
  const auto far = chunk(1'234'567, 1, table_of({source(1, 7)}));
  spill(directory_ / ".garner/tables/XP_SAMPLED/0000/XP_SAMPLED_RAW-7.fits", "no name of ours");
  auto keys = tiles_->chunks_on_disk(std::string(kType));
  ASSERT_GOOD(keys);
  std::set<std::pair<std::uint32_t, std::uint32_t>> found;
  for (const auto& key : *keys) found.emplace(key.block, key.generation);
  EXPECT_EQ(found, (std::set<std::pair<std::uint32_t, std::uint32_t>>{{0, 0}, {0, 3}, {1'234'567, 1}}));
  EXPECT_TRUE(tiles_->chunks_on_disk("RVS")->empty());
  ASSERT_GOOD(tiles_->remove_chunk(far.key));
  ASSERT_GOOD(tiles_->remove_chunk(far.key));
  EXPECT_EQ(tiles_->chunks_on_disk(std::string(kType))->size(), 2u);
}

TEST_F(Tiles, GiveTheRowsOfOneSourceBeforeAndAfterTheyAreMerged) {
  const auto a = chunk(0, 0, table_of({source(1, 5), source(1, 2), source(1, 9)}));
  const auto before = product_of(a.key, source(1, 2));
  ASSERT_GOOD(before);
  EXPECT_THAT(ids_in(*before), ElementsAre(to_string(source(1, 2))));
  EXPECT_EQ(product_of(a.key, source(1, 3)).error().kind, Kind::NotFound);
  ASSERT_GOOD(merge(1, {a}));
  const auto after = tiles_->read({std::string(kType), 1, 0}, source(1, 2), room_);
  ASSERT_GOOD(after);
  EXPECT_EQ(after->bytes, *before);
  EXPECT_EQ(tiles_->read({std::string(kType), 1, 0}, source(1, 3), room_).error().kind, Kind::NotFound);
}

TEST_F(Tiles, AreListedAndVerified) {
  const auto record = merge(1, {chunk(0, 0, table_of({source(1, 5)}))});
  ASSERT_GOOD(record);
  const TileKey key{std::string(kType), 1, 0};
  const auto places = tiles_->list(key);
  ASSERT_GOOD(places);
  EXPECT_EQ(places->front().file, kTile1);
  EXPECT_EQ(places->front().size, record->bytes);
  EXPECT_TRUE(tiles_->verify(key, *record)->empty());
  flip_byte(directory_ / kTile1, 4000);
  EXPECT_THAT(*tiles_->verify(key, *record), ElementsAre(kTile1 + ": sha256 differs"));
  fs::remove(directory_ / kTile1);
  EXPECT_THAT(*tiles_->verify(key, *record), ElementsAre(kTile1 + " is missing"));
  EXPECT_TRUE(tiles_->verify(key, {})->empty());  // of no rows
}

TEST_F(Tiles, StandInTheIndexesOnceTheyAreSettled) {
  if (!have_program("sha256sum")) GTEST_SKIP() << "sha256sum is not installed";
  std::vector<std::pair<TileKey, ledger::TileRecord>> settled;
  const auto a = chunk(0, 0, table_of({source(1, 5), source(2, 5), source(3, 5)}));
  for (const std::uint64_t tile : {1u, 2u})
    settled.emplace_back(TileKey{std::string(kType), tile, 0}, *merge(tile, {a}));
  settled.emplace_back(TileKey{std::string(kType), 5, 0}, *merge(5, {a}));
  ASSERT_GOOD(write_tile_indexes(spec_, [&](const auto& call) -> Result<void> {
    for (const auto& [key, record] : settled) {
      if (auto called = call(key, record); !called) return called;
    }
    return {};
  }));
  const auto [status, output] = shell(
      fmt::format("cd '{}' && sha256sum --strict -c SHA256SUMS && zstd -dcq CATALOGUE.csv.zst", directory_.string()));
  EXPECT_EQ(status, 0) << output;
  EXPECT_THAT(output, HasSubstr("XP_SAMPLED/XP_SAMPLED-hpx0-01.fits: OK\nXP_SAMPLED/XP_SAMPLED-hpx0-02.fits: OK\n"));
  EXPECT_THAT(output, HasSubstr(fmt::format("\n,XP_SAMPLED,XP_SAMPLED/XP_SAMPLED-hpx0-02.fits,,0,{}\n",
                                            settled[1].second.bytes)));
}

TEST_F(Tiles, OfAQueryHoldWholePartsWithOrWithoutIds) {
  spec_.part_level = 8;  // four parts a tile
  reopen();
  FitsMaker maker({{"n", "J"}});
  maker.integers(1, 1, {7}).integers(1, 2, {3});
  const auto record = merge(0, {chunk(0, 0, maker.bytes()), chunk(1, 0, maker.bytes())});
  ASSERT_GOOD(record);
  EXPECT_EQ(record->rows, 4u);
  EXPECT_TRUE(witness_.taken.empty());
  EXPECT_EQ(visible(), std::set<std::string>{"XP_SAMPLED/000/XP_SAMPLED-hpx7-000000.fits"});
  EXPECT_EQ(FitsTaken(*product_of({std::string(kType), 0, 0}, SourceId{1})).row_count(), 2);
}

TEST_F(Tiles, FindTheIdsInTheColumnThatIsNamed) {
  spec_.id_columns[std::string(kType)] = "ident";
  reopen();
  FitsMaker maker({{"ident", "K"}, {"source_id", "K"}});
  maker.integers(1, 1, {static_cast<long long>(source(1, 4).value)}).integers(2, 1, {1});
  ASSERT_GOOD(merge(1, {chunk(0, 0, maker.bytes())}));
  EXPECT_THAT(witness_.taken, ElementsAre(source(1, 4)));
}

}  // namespace
}  // namespace garner::output
