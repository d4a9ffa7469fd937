#include "tap_weather.h"

#include <fmt/format.h>

#include "disk.h"

namespace garner::e2e {

namespace {

constexpr const char* kColumns = "source_id, ra, dec, random_index, phot_g_mean_mag";

}  // namespace

void TapWeather::use_ids() {
  ids = ids_of_sky(500);
  for (auto& id : unknown_ids(100)) ids.push_back(std::move(id));
}

std::string TapWeather::rows(const std::string& more) const {
  const std::string size = more.find("chunk_size:") == std::string::npos ? "chunk_size: 200\n" : "";
  return fmt::format("kind: rows\ntables: [{{table: {}, columns: [{}]}}, {}]\nformat: csv\n{}{}", kSource, kColumns,
                     kOrbit, size, more);
}

std::string TapWeather::copy(const std::string& more) const {
  return fmt::format(
      "kind: query\nadql: SELECT {} FROM {}\npartition: {{column: random_index, from: 0, to: 1811709770, parts: 4}}\n"
      "format: csv\n{}",
      kColumns, kSource, more);
}

void TapWeather::expect_true_rows(const std::string& name) {
  expect_outcomes(name, kSource, ids);
  expect_outcomes(name, kOrbit, ids);
  expect_rows(name, kSource, fmt::format("SELECT {} FROM {} WHERE source_id IN {}", kColumns, kSource, in_list(ids)));
  expect_rows(name, kOrbit, fmt::format("SELECT * FROM {} WHERE source_id IN {}", kOrbit, in_list(ids)));
  expect_account(rig, name);
  EXPECT_EQ(rig.status(name)["failed"], 0);
}

void TapWeather::expect_true_copy(const std::string& name) {
  expect_rows(name, "result", fmt::format("SELECT {} FROM {}", kColumns, kSource));
  expect_account(rig, name);
  EXPECT_EQ(rig.status(name)["failed"], 0);
  EXPECT_EQ(rig.status(name)["pending"], 0);
}

}  // namespace garner::e2e
