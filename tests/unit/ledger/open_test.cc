// What open says to a directory that it must not, or can't, use; and what it cleans.
#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <fstream>

#include "child_process.h"
#include "ledger/rocks_options.h"
#include "ledger/rows.h"
#include "ledger_fixture.h"

namespace garner::ledger {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::vector<SourceId> kIds = samples::sky(1000, samples::kSkyPixels, 1);

class LedgerOpen : public LedgerTest {
 protected:
  void SetUp() override {
    open();
    harvest = add_harvest(*ledger, "bright", kIds);
  }
  Error refusal() {
    auto opened = open_rocks_ledger(folder.path());
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  // The rows as they stand, beside the ledger.
  void with_rows(const std::function<void(rocksdb::DB&, const std::vector<rocksdb::ColumnFamilyHandle*>&)>& change) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : kFamilyNames) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), folder.path().string(), families, &handles, &db).ok());
    change(*db, handles);
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }
  int count_rows(Family family, const std::string& begin, const std::string& end) {
    int rows = 0;
    with_rows([&](rocksdb::DB& db, const auto& handles) {
      const Range range(begin, end);
      std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(range.options(), handles[static_cast<std::size_t>(family)]));
      for (it->Seek(begin); it->Valid(); it->Next()) ++rows;
    });
    return rows;
  }
  HarvestRecord harvest;
};

TEST_F(LedgerOpen, NamesTheProcessThatHasTheLedger) {
  const auto error = refusal();
  EXPECT_EQ(error.kind, Kind::Conflict);
  EXPECT_THAT(error.detail, HasSubstr(fmt::format("process {} ", ::getpid())));
}

TEST_F(LedgerOpen, NamesAnotherProcessThatHasTheLedger) {
  ledger.reset();
  ChildProcess child("hold", folder.path());
  char byte = 0;
  ASSERT_TRUE(child.read(byte));
  const auto error = refusal();
  EXPECT_EQ(error.kind, Kind::Conflict);
  EXPECT_THAT(error.detail, HasSubstr(fmt::format("process {} ", child.pid())));
  child.end_input();
  EXPECT_EQ(child.wait(), 0);
  open();  // a dead holder is none
  EXPECT_EQ(ledger->harvests()->size(), 1U);
}

TEST_F(LedgerOpen, RefusesANewerSchemaWithBothVersions) {
  ledger.reset();
  std::ofstream(folder.path() / "SCHEMA") << "7\n";
  const auto error = refusal();
  EXPECT_EQ(error.kind, Kind::Unsupported);
  EXPECT_THAT(error.detail, HasSubstr("version 7"));
  EXPECT_THAT(error.detail, HasSubstr(fmt::format("up to {}", kSchemaVersion)));
}

TEST_F(LedgerOpen, RefusesANewerSchemaEvenIfOnlyTheStoreSaysSo) {
  ledger.reset();
  fs::remove(folder.path() / "SCHEMA");
  with_rows([](rocksdb::DB& db, const auto&) { ASSERT_TRUE(db.Put(rocksdb::WriteOptions(), "schema", "9").ok()); });
  EXPECT_EQ(refusal().kind, Kind::Unsupported);
}

TEST_F(LedgerOpen, TakesOverALedgerOfVersionOne) {
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, samples::delivered(100, 1)));
  ledger.reset();
  std::ofstream(folder.path() / "SCHEMA") << "1\n";
  with_rows([](rocksdb::DB& db, const auto& handles) {
    ASSERT_TRUE(db.Put(rocksdb::WriteOptions(), "schema", "1").ok());
    for (const Family later : {Family::Tiles, Family::Jobs})
      ASSERT_TRUE(db.DropColumnFamily(handles[static_cast<std::size_t>(later)]).ok());
  });
  open();
  EXPECT_EQ(ledger->chunk({harvest.no, 0, 1}).value(), samples::delivered(100, 1));
  ASSERT_TRUE(ledger->settle_tile({harvest.no, 0, 7}, {}));
  ledger.reset();
  std::string version, expected = std::to_string(kSchemaVersion);
  std::ifstream(folder.path() / "SCHEMA") >> version;
  EXPECT_EQ(version, expected);
  with_rows(
      [&](rocksdb::DB& db, const auto&) { ASSERT_TRUE(db.Get(rocksdb::ReadOptions(), "schema", &version).ok()); });
  EXPECT_EQ(version, expected);
}

// Its counters are two numbers shorter, its chunks know of no second look.
TEST_F(LedgerOpen, TakesOverALedgerOfVersionTwo) {
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, samples::delivered(100, 1)));
  const auto counters = ledger->counters(harvest.no).value();
  ledger.reset();
  std::ofstream(folder.path() / "SCHEMA") << "2\n";
  with_rows([&](rocksdb::DB& db, const auto& handles) {
    ASSERT_TRUE(db.Put(rocksdb::WriteOptions(), "schema", "2").ok());
    for (std::uint16_t type = 0; type < counters.size(); ++type) {
      auto bytes = encode_counters(counters[type]);
      bytes.resize(bytes.size() - 2);
      ASSERT_TRUE(
          db.Put({}, handles[static_cast<std::size_t>(Family::Counters)], counters_key(harvest.no, type), bytes).ok());
    }
  });
  open();
  EXPECT_EQ(ledger->counters(harvest.no).value(), counters);
  auto empty = samples::delivered(100, 1);
  empty.outcomes[5] = Outcome::Pending;
  empty.empties = {5};
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, empty));
  reopen();
  EXPECT_EQ(ledger->chunk({harvest.no, 0, 1}).value(), empty);
  EXPECT_EQ(ledger->counters(harvest.no).value()[0].empty, 1U);
}

TEST_F(LedgerOpen, SaysWhatToDoWhenDamaged) {
  ledger.reset();
  fs::path manifest;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().filename().string().starts_with("MANIFEST-")) manifest = entry.path();
  }
  const auto expect_corrupt = [&] {
    const auto error = refusal();
    EXPECT_EQ(error.kind, Kind::Corrupt) << error.detail;
    EXPECT_THAT(error.detail, HasSubstr("restore"));
    EXPECT_THAT(error.detail, HasSubstr(folder.path().string()));
  };
  fs::rename(folder.path() / "CURRENT", folder.path() / "kept");
  expect_corrupt();
  EXPECT_FALSE(fs::exists(folder.path() / "CURRENT")) << "an empty store was begun over the old one";
  std::ofstream(folder.path() / "CURRENT") << "nonsense";
  expect_corrupt();
  std::ofstream(folder.path() / "CURRENT") << "MANIFEST-999999\n";
  expect_corrupt();
  fs::rename(folder.path() / "kept", folder.path() / "CURRENT");
  fs::copy_file(manifest, folder.path() / "kept");
  fs::resize_file(manifest, 3);
  expect_corrupt();
  std::ofstream(manifest) << std::string(500, 'x');
  expect_corrupt();
  fs::rename(folder.path() / "kept", manifest);
  open();
  EXPECT_EQ(ledger->ids(harvest.no, 3)->size(), 100U);
}

TEST_F(LedgerOpen, RefusesADamagedTable) {
  ledger.reset();
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".sst") fs::resize_file(entry.path(), 10);
  }
  EXPECT_EQ(refusal().kind, Kind::Corrupt);
}

TEST_F(LedgerOpen, CleansIdsThatACrashLeftWithoutTheirHarvest) {
  ledger.reset();
  fs::create_directory(folder.path() / "intake-9");
  std::ofstream(folder.path() / "intake-9" / "ids-0.sst") << "half";
  with_rows([&](rocksdb::DB& db, const auto& handles) {
    for (std::uint32_t block = 0; block < 50; ++block)
      ASSERT_TRUE(db.Put({}, handles[3], block_key(9, block), encode_ids(kIds)).ok());
    ASSERT_TRUE(db.Put({}, handles[5], refused_key(9, 0), "x").ok());
    ASSERT_TRUE(db.Put({}, handles[0], erase_key(9), "").ok());
    ASSERT_TRUE(db.Put({}, handles[0], kNextHarvestKey, "10").ok());
  });
  open();
  EXPECT_FALSE(fs::exists(folder.path() / "intake-9"));
  EXPECT_EQ(ledger->harvests()->size(), 1U);
  EXPECT_EQ(add_harvest(*ledger, "next", kIds).no, 10U);
  ledger.reset();
  EXPECT_EQ(count_rows(Family::Ids, harvest_prefix(9), harvest_prefix(10)), 0);
  EXPECT_EQ(count_rows(Family::Refused, harvest_prefix(9), harvest_prefix(10)), 0);
  EXPECT_EQ(count_rows(Family::Meta, "erase/", "erase0"), 0);
  EXPECT_EQ(count_rows(Family::Ids, harvest_prefix(harvest.no), harvest_prefix(harvest.no + 1)), 10);
}

TEST_F(LedgerOpen, RemovalLeavesNoRow) {
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, samples::delivered(100, 1)));
  ASSERT_TRUE(ledger->settle_tile({harvest.no, 0, 1}, {}));
  ASSERT_TRUE(ledger->settle({harvest.no, 0, 2}, {}, {}, "https://a.example/async/1"));
  ASSERT_TRUE(ledger->remove(harvest.no));
  ledger.reset();
  for (const Family family :
       {Family::Harvests, Family::Ids, Family::Chunks, Family::Counters, Family::Tiles, Family::Jobs}) {
    EXPECT_EQ(count_rows(family, harvest_prefix(0), harvest_prefix(99)), 0);
  }
  EXPECT_EQ(count_rows(Family::Meta, "erase/", "erase0"), 0);
}

TEST_F(LedgerOpen, FinishesARemovalThatACrashCutShort) {
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, samples::delivered(100, 1)));
  ledger.reset();
  with_rows([&](rocksdb::DB& db, const auto& handles) {
    ASSERT_TRUE(db.Delete({}, handles[1], record_key(harvest.no)).ok());
    ASSERT_TRUE(db.Delete({}, handles[1], manifest_key(harvest.no)).ok());
    ASSERT_TRUE(db.Put({}, handles[0], erase_key(harvest.no), "").ok());
  });
  open();
  EXPECT_TRUE(ledger->harvests()->empty());
  ledger.reset();
  for (const Family family : {Family::Ids, Family::Chunks, Family::Counters})
    EXPECT_EQ(count_rows(family, harvest_prefix(0), harvest_prefix(99)), 0);
}

TEST_F(LedgerOpen, RefusesADirectoryThatCantBeMade) {
  std::ofstream(folder.path() / "file") << "x";
  EXPECT_FALSE(open_rocks_ledger(folder.path() / "file" / "ledger"));
}

}  // namespace
}  // namespace garner::ledger
