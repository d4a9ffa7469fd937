// The readers that the other tests compare with: every format that the archive serves, against its own tables.
#include <gtest/gtest.h>

#include "true_sky.h"

namespace garner::e2e {
namespace {

TEST(Cells, AreTheSameInEveryFormatThatTheArchiveServes) {
  const Json knobs = {{"sky_sources", 1500}, {"sky_null_random_index", 0.1}, {"absent_fraction", 0.3}};
  Rig rig;
  rig.start_simulator({.knobs = knobs});
  const TrueSky sky(knobs);
  for (const std::string table : {"gaiadr3.gaia_source", "gaiadr3.nss_two_body_orbit"}) {
    const Cells truth = sky.ask("SELECT * FROM " + table);
    EXPECT_GT(truth.rows.size(), 100u);
    for (const std::string format : {"votable", "votable_plain", "fits", "csv", "ecsv"}) {
      SCOPED_TRACE(table + " as " + format);
      const Ran ran =
          run({"curl", "-sSf", "-d", "REQUEST=doQuery&LANG=ADQL&FORMAT=" + format + "&QUERY=SELECT * FROM " + table,
               rig.base_url + "/tap-server/tap/sync"});
      ASSERT_EQ(ran.exit_code, 0) << ran.err;
      expect_same_rows(truth, read_cells(ran.out, truth.kinds));
    }
  }
}

}  // namespace
}  // namespace garner::e2e
