#include "scene.h"

#include "ledger/rocks_ledger_on.h"
#include "policy/partition.h"

namespace garner::testing::nights {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSourcesLeast = 1'000, kSourcesMost = 50'000;
constexpr std::uint64_t kRequestsMost = 400;  // of a harvest and retrieval_type

// A number that looks random, and is the same whenever it is asked for.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

constexpr std::string_view kZones[] = {"UTC", "Europe/Madrid", "America/Santiago", "Asia/Kolkata",
                                       "Australia/Lord_Howe"};

// An evening; in many years' nights as well in those in which clocks change somewhere.
WallTime draw_evening(std::uint64_t seed) {
  Dice dice(mixed(seed));
  using std::chrono::year;
  static constexpr std::chrono::year_month_day kChanges[] = {
      year(2027) / 3 / 27, year(2027) / 10 / 30, year(2027) / 4 / 3, year(2027) / 9 / 4, year(2027) / 10 / 2};
  const auto day = dice.chance(0.5) ? std::chrono::sys_days(dice.of(kChanges))
                                    : std::chrono::sys_days(year(2027) / 1 / 1) + std::chrono::days(dice.pick(0, 3000));
  return day + std::chrono::minutes(dice.pick(8 * 60, 24 * 60));
}

std::string clock_text(std::uint64_t minutes) {
  return fmt::format("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
}

}  // namespace

RealLedger::RealLedger(Stage& stage, Dice& dice) : stage_(stage), dice_(dice) {
  disk_.set_trouble([this] {
    if (left_ > 0 && --left_ == 0) stage_.disk.power.cut_after(0);
    return left_ == 0 ? rocksdb::IOStatus::IOError("killed") : rocksdb::IOStatus::OK();
  });
  open();
  stage_.killed = [this] { crash(); };
}

void RealLedger::cut_after(std::uint64_t steps) {
  left_ = static_cast<std::int64_t>(steps);
}

void RealLedger::open() {
  auto opened = ledger::open_rocks_ledger_on(folder_.path(), disk_.mount());
  ASSERT_TRUE(opened) << opened.error().detail;
  ledger_ = std::move(*opened);
  stage_.ledger_door.stand_on(*ledger_);
}

void RealLedger::crash() {
  left_ = 0;
  if (dice_.chance(0.5))
    disk_.crash();
  else
    disk_.crash(dice_.source());
  ledger_.reset();
  left_ = -1;
  open();
}

Scene::Scene(std::uint64_t the_seed)
    : seed(the_seed), dice(the_seed), stage(the_seed, draw_evening(the_seed)), weather(dice, stage.loop) {
  if (dice.chance(0.7)) share_missing_ = dice.uniform() * 0.7;
  if (dice.chance(0.3)) {  // few enough come back empty that all of them are asked a second time
    share_missing_ *= 0.5;
    stage.truth.leaves_out = [this](const Truth::Key& key, int) { return leaves_out(key.first, key.second); };
  }
  if (seed / 2 % 8 == 0) real_ledger.emplace(stage, dice);
  set_archive();
  const std::uint64_t number = dice.pick(1, 3);
  const std::uint64_t sources = dice.magnitude(kSourcesLeast, kSourcesMost);
  for (std::uint64_t i = 0; i < number; ++i) plant(i, std::max<std::uint64_t>(sources / number, 1));
  for (auto left = dice.chance(0.4) ? dice.pick(1, 3) : 0; left > 0; --left) {
    const auto& ids = dice.of(std::span(harvests.data(), harvests.size())).ids;
    if (!ids.empty()) poison.insert(dice.of(ids).value);
  }
}

bool Scene::has_product(const std::string& type, SourceId id) const {
  const std::uint64_t roll = mixed(id.value * 31 + seed + type.size());
  return static_cast<double>(roll >> 11) * 0x1p-53 >= share_missing_;
}

int Scene::rows_of_source(std::uint64_t id) const {
  return static_cast<int>(mixed(id + seed) % 4);
}

int Scene::rows_of_value(std::int64_t value) const {
  return static_cast<int>(mixed(static_cast<std::uint64_t>(value) + seed) % 3);
}

// A product in fifty, the first time that its source is looked for in an answer.
bool Scene::leaves_out(const std::string& type, SourceId id) {
  return mixed(id.value + 7 * seed + type.size()) % 50 == 0 && left_out_.emplace(type, id).second;
}

std::optional<Error> Scene::answer(const archive::ChunkRequest& request) {
  if (auto error = weather.blow(request.ids.size())) return error;
  if (request.structure_spelling != spelling) return Error{Kind::Unsupported, "unknown data structure"};
  if (!poison.empty() && std::ranges::any_of(request.ids, [this](SourceId id) { return is_poison(id); }))
    return Error{Kind::Suspect, "null"};
  return std::nullopt;
}

void Scene::set_archive() {
  if (dice.chance(0.7)) stage.workers.jitter = std::chrono::milliseconds(dice.magnitude(1, 4000));
  if (dice.chance(0.15)) spelling = "DATAMODEL_STANDARD";
  auto& manners = stage.profile.manners;
  manners.in_flight_most = static_cast<std::uint32_t>(dice.pick(1, 6));
  manners.jobs_at_once = static_cast<std::uint32_t>(dice.pick(1, 6));
  manners.attempts_most = static_cast<std::uint32_t>(dice.pick(3, 6));
  if (dice.chance(0.15)) manners.limits.requests_per_minute = static_cast<double>(dice.pick(5, 60));
  if (dice.chance(0.1)) manners.limits.bytes_per_s = dice.magnitude(1'000, 1'000'000);
  stage.truth.counts_asked = false;
  stage.truth.reply_bytes = dice.magnitude(1, 20'000);
  stage.truth.lacks = [this](const std::string& type, SourceId id) { return !has_product(type, id); };
  stage.weather = [this](const archive::ChunkRequest& request) { return answer(request); };
  stage.people.latency = [this] { return weather.latency(); };
  stage.disk.power.full = [this] { return weather.disk_is_full(); };
  if (dice.chance(0.5)) stage.disk_space = [this](const std::filesystem::path&) { return weather.disk_space(); };

  StageTap& tap = stage.tap;
  tap.weather = [this] { return weather.blow(2); };
  tap.latency = std::chrono::milliseconds(dice.magnitude(200, 20'000));
  tap.job_time = std::chrono::seconds(dice.magnitude(10, 1'200));
  tap.sync_rows_most = stage.profile.tap.sync_rows_most = dice.pick(200, 4'000);
  tap.job_rows_most = dice.pick(500, 20'000);
  tap.rows_of_source = [this](std::uint64_t id) { return rows_of_source(id); };
  tap.rows_of_value = [this](std::int64_t value) { return rows_of_value(value); };
  tap.null_rows = static_cast<int>(dice.pick(0, 9));
  if (dice.chance(0.5)) stage.profile.tap.uploads = archive::TapFacts::Uploads::Always;
}

// "window: …" and what goes with it.
std::string Scene::draw_hours(Planted& planted) {
  std::string keys;
  if (dice.chance(0.5)) {
    const std::uint64_t from = dice.pick(0, 95) * 15, length = dice.pick(6, 48) * 15;
    static constexpr std::string_view kDays[] = {"", "", "", "mon-fri ", "fri-mon ", "sat,sun,tue "};
    keys += fmt::format("window: [\"{}{}-{}\"", dice.of(kDays), clock_text(from), clock_text(from + length));
    if (dice.chance(0.2)) keys += fmt::format(", \"{}-{}\"", clock_text(from + 720), clock_text(from + 720 + 90));
    keys += "]\n";
    if (dice.chance(0.5)) keys += fmt::format("drain_by: {} min\n", dice.magnitude(1, 91) - 1);
  }
  const std::string_view zone = dice.of(kZones);
  planted.zone = *TimeZone::find(zone);
  keys += fmt::format("time_zone: {}\n", zone);
  if (dice.chance(0.1)) {
    const auto clock = planted.zone.clock(stage.loop.wall_now() + std::chrono::minutes(dice.pick(1, 2000)));
    const auto day = std::chrono::floor<std::chrono::days>(clock);
    const std::chrono::year_month_day date(day);
    keys +=
        fmt::format("deadline: {}-{:02}-{:02} {}\n", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), clock_text(static_cast<std::uint64_t>((clock - day) / 1min)));
  }
  if (dice.chance(0.15)) keys += fmt::format("limits: {{requests_per_minute: {}}}\n", dice.pick(5, 60));
  return keys;
}

void Scene::plant(std::uint64_t number, std::uint64_t sources) {
  Planted planted;
  planted.name = fmt::format("night-{}", number);
  const double roll = dice.uniform();
  std::uint32_t chunk_size = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(dice.magnitude(50, 5'000), sources / kRequestsMost + 1, 5'000));
  std::string keys;
  bool announced = false;
  if (roll < 0.75) {
    keys = "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS, XP_SAMPLED]\n";
    planted.types = {"RVS", "XP_SAMPLED"};
  } else if (roll < 0.9) {
    announced = dice.chance(0.2);
    sources = std::min<std::uint64_t>(sources, announced ? 200 : 10'000);
    chunk_size = static_cast<std::uint32_t>(dice.pick(100, 1'000));
    planted.types = {"a.b"};
  } else {
    const std::uint64_t parts = dice.pick(1, 40);
    planted.last_value = static_cast<std::int64_t>(parts * dice.pick(1, 100));
    keys = fmt::format("kind: query\nadql: SELECT * FROM a.b\npartition: {{column: n, from: 1, to: {}, parts: {}}}\n",
                       planted.last_value, parts);
    if (dice.chance(0.4)) keys += "count: true\n";
    chunk_size = 1;
    sources = parts + 1;
    planted.types = {"result"};
  }
  const std::uint64_t first = planted.last_value > 0 ? 1 : 1'000 + number * 1'000'000;
  for (std::uint64_t i = 0; i < sources; ++i) planted.ids.push_back(SourceId{first + i});
  if (roll >= 0.75 && roll < 0.9) {
    std::string list;
    for (std::size_t i = 0; announced && i < planted.ids.size(); ++i)
      list += (i == 0 ? "" : ",") + std::to_string(planted.ids[i].value);
    keys = "kind: rows\nrelease: Gaia DR3\ntables: [a.b]\n" +
           (announced ? "sources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN (" + list + ")'}\n"
                      : std::string("sources: {file: ids.txt}\n"));
  }
  keys += draw_hours(planted);
  const auto record = stage.make_harvest_of(planted.name, announced ? std::vector<SourceId>() : planted.ids, chunk_size,
                                            planted.types, keys);
  // The archive finds those of which it holds rows.
  if (announced) std::erase_if(planted.ids, [this](SourceId id) { return rows_of_source(id.value) == 0; });
  auto parsed = manifest::parse_manifest(record.manifest, planted.name);
  EXPECT_TRUE(parsed) << parsed.error().detail;
  if (parsed) planted.manifest = std::move(*parsed);
  harvests.push_back(std::move(planted));
}

}  // namespace garner::testing::nights
