// A night before it begins: the stage with its archive and truth, the harvests with their hours and limits, and a
// ledger that is kept in memory or, in some nights, the real one on a disk that forgets. All of it drawn from the seed.
#pragma once

#include "../../ledger/ledger_fixture.h"
#include "../../support/forgetful_disk.h"
#include "policy/schedule.h"
#include "weather.h"

namespace garner::testing::nights {

struct Planted {
  std::string name;
  manifest::Manifest manifest;
  std::vector<std::string> types;
  std::vector<SourceId> ids;  // of a list or a query for sources
  TimeZone zone;
  std::int64_t last_value = 0;  // kind query: of the partition, from 1 on
};

// The real ledger, on a disk that at each kill forgets what was not synced.
class RealLedger {
 public:
  RealLedger(Stage& stage, Dice& dice);
  // From now on the power may fail at any step that RocksDB takes.
  void cut_after(std::uint64_t steps);

 private:
  void open();
  void crash();

  Stage& stage_;
  Dice& dice_;
  ledger::TemporaryFolder folder_;
  ForgetfulDisk disk_{folder_.path()};
  std::atomic<std::int64_t> left_ = -1;  // steps; negative: no end
  std::unique_ptr<ledger::Ledger> ledger_;
};

struct Scene {
  explicit Scene(std::uint64_t seed);
  ~Scene() { stage.end_engine(); }  // before what it asks goes

  // The truth.
  bool has_product(const std::string& type, SourceId id) const;
  int rows_of_source(std::uint64_t id) const;
  int rows_of_value(std::int64_t value) const;
  bool is_poison(SourceId id) const { return poison.contains(id.value); }

  std::uint64_t seed;
  Dice dice;
  Stage stage;
  Weather weather;
  std::vector<Planted> harvests;
  std::set<std::uint64_t> poison;
  std::string spelling = "INDIVIDUAL";
  std::optional<RealLedger> real_ledger;

 private:
  void plant(std::uint64_t number, std::uint64_t sources);
  std::string draw_hours(Planted& planted);
  std::optional<Error> answer(const archive::ChunkRequest& request);
  bool leaves_out(const std::string& type, SourceId id);
  void set_archive();

  double share_missing_ = 0;
  std::set<std::pair<std::string, SourceId>> left_out_;
};

}  // namespace garner::testing::nights
