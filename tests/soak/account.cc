// Is it true? Each outcome against what the archive holds, each file against its bytes.
#include <fmt/format.h>

#include "../unit/support/fits_tables.h"
#include "disk.h"
#include "soak.h"
#include "weather.h"

namespace garner::soak {

using e2e::Product;

namespace {

using Rows = std::map<std::string, garner::testing::FitsRow>;

// Of the tables of a folder, by source_id; `doubled` counts rows that stand twice.
void add_rows(const std::string& fits, Rows& rows, std::uint64_t& doubled) {
  for (auto& row : garner::testing::FitsTaken(fits).rows()) {
    const std::string id = row.at("source_id");
    if (!rows.emplace(id, std::move(row)).second) ++doubled;
  }
}

}  // namespace

std::vector<std::string> Soak::types_of(const Harvest& harvest) const {
  if (harvest.shape->kind == Kind::Rows) return {kSourceTable, kOrbitTable};
  std::vector<std::string> types;
  for (const auto& product : harvest.shape->products) types.push_back(product.type);
  return types;
}

std::set<std::string> Soak::truly_without(const Harvest& harvest, const std::string& type) {
  if (harvest.shape->kind == Kind::Products) return e2e::truly_absent(harvest.ids, type, kAbsentFraction);
  std::set<std::string> absent(harvest.ids.begin(), harvest.ids.end());
  for (const auto& id : sky().ids_in(type + " WHERE source_id IN " + e2e::in_list(harvest.ids))) absent.erase(id);
  return absent;
}

void Soak::check_outcomes(const Harvest& harvest) {
  std::map<std::pair<std::string, std::string>, std::string> told;
  for (const std::string outcome : {"pending", "delivered", "absent", "failed"})
    for (const auto& row : rig.sources(harvest.name, outcome)) {
      const bool is_new = told.emplace(std::pair(row[0], row[1]), outcome).second;
      EXPECT_TRUE(is_new) << row[0] << " " << row[1] << " has two outcomes";
      tally_.doubled += is_new ? 0 : 1;
    }
  for (const auto& type : types_of(harvest)) {
    const auto absent = truly_without(harvest, type);
    for (const auto& id : harvest.ids) {
      const auto at = told.find({id, type});
      const std::string found = at == told.end() ? "nothing" : at->second;
      const std::string due = harvest.poison.contains(id) ? "failed" : absent.contains(id) ? "absent" : "delivered";
      ++tally_.outcomes;
      if (found == due) continue;
      ADD_FAILURE() << harvest.name << ": " << id << " " << type << " is " << found << ", not " << due;
      const bool lie = found == "delivered" || found == "absent";
      lie ? ++tally_.wrong : ++tally_.lost;
    }
  }
  EXPECT_EQ(told.size(), harvest.ids.size() * types_of(harvest).size());
}

void Soak::check_individual(const Harvest& harvest, const Product& product) {
  const auto absent = truly_without(harvest, product.type);
  std::map<std::string, const std::string*> due;  // member -> id
  for (const auto& id : harvest.ids)
    if (!absent.contains(id) && !harvest.poison.contains(id)) due.emplace(e2e::member_name(product, id), &id);
  std::set<std::string> seen;
  for (const auto& file : e2e::unpack(rig.output(harvest.name))) {
    if (!file.member.starts_with(product.type + "-")) continue;
    ++tally_.files;
    if (!seen.insert(file.member).second) {
      ADD_FAILURE() << harvest.name << ": " << file.member << " lies on disk twice";
      ++tally_.doubled;
    } else if (const auto at = due.find(file.member); at == due.end()) {
      ADD_FAILURE() << harvest.name << ": " << file.member << " should not be there";
      ++tally_.wrong;
    } else if (seen.size() % 10 == 0 && file.bytes != e2e::true_product(product, {*at->second})) {
      ADD_FAILURE() << harvest.name << ": " << file.member << " is not what the archive holds";
      ++tally_.wrong;
    }
  }
  for (const auto& [member, id] : due)
    if (!seen.contains(member)) {
      ADD_FAILURE() << harvest.name << ": " << member << " is not there";
      ++tally_.lost;
    }
}

void Soak::check_merged(const Harvest& harvest, const Product& product) {
  const auto absent = truly_without(harvest, product.type);
  std::vector<std::string> present;
  for (const auto& id : harvest.ids)
    if (!absent.contains(id)) present.push_back(id);
  Rows due, found;
  std::uint64_t doubled = 0;
  add_rows(e2e::true_product(product, present), due, doubled);
  for (const auto& file : e2e::visible_files(rig.output(harvest.name)))
    if (file.ends_with(".fits")) {
      ++tally_.files;
      add_rows(e2e::read_file(rig.output(harvest.name) / file), found, doubled);
    }
  EXPECT_EQ(doubled, 0u) << harvest.name;
  tally_.doubled += doubled;
  for (const auto& [id, row] : due) {
    const auto at = found.find(id);
    if (at != found.end() && at->second == row) continue;
    ADD_FAILURE() << harvest.name << ": the row of " << id << (at == found.end() ? " is not there" : " is another");
    at == found.end() ? ++tally_.lost : ++tally_.wrong;
  }
  EXPECT_EQ(found.size(), due.size()) << harvest.name;
  if (found.size() > due.size()) tally_.wrong += found.size() - due.size();
}

void Soak::check_products(const Harvest& harvest) {
  for (const auto& product : harvest.shape->products) {
    if (product.structure == "INDIVIDUAL")
      check_individual(harvest, product);
    else if (harvest.shape->layout == "layout: table")
      check_merged(harvest, product);
  }
}

void Soak::check_rows(const Harvest& harvest) {
  const std::string by_id = harvest.ids.empty() ? "" : " WHERE source_id IN " + e2e::in_list(harvest.ids);
  const std::string folder = harvest.shape->kind == Kind::Query ? "result" : kSourceTable;
  expect_rows(harvest.name, folder, fmt::format("SELECT {} FROM {}{}", kColumns, kSourceTable, by_id));
  if (harvest.shape->kind == Kind::Rows)
    expect_rows(harvest.name, kOrbitTable, fmt::format("SELECT * FROM {}{}", kOrbitTable, by_id));
}

void Soak::check(Harvest& harvest) {
  SCOPED_TRACE(harvest.name);
  const auto failures = [] {
    return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
  };
  const int before = failures();
  const Tally tally = tally_;
  e2e::expect_account(rig, harvest.name);
  if (harvest.shape->kind != Kind::Query) check_outcomes(harvest);
  if (harvest.shape->kind == Kind::Products)
    check_products(harvest);
  else
    check_rows(harvest);
  // What was found by the eyes of the other tests has no name of its own.
  const bool counted = tally.lost + tally.doubled + tally.wrong != tally_.lost + tally_.doubled + tally_.wrong;
  if (failures() != before && !counted) ++tally_.wrong;
  ++tally_.harvests;
  ++finished_[harvest.shape->name];
}

void Soak::remove(const Harvest& harvest) {
  const e2e::Ran ran = rig.garner({"remove", harvest.name, "--delete-data"});
  EXPECT_EQ(ran.exit_code, 0) << harvest.name << ": " << ran.err;
  EXPECT_TRUE(e2e::wait_until([&] { return !fs::exists(rig.output(harvest.name)); }))
      << rig.output(harvest.name) << " was not deleted";
}

}  // namespace garner::soak
