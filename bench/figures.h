// The figures, each added to the table under a name that `bench/run BUILD NAME` knows.
#pragma once

#include <set>

#include "stage.h"
#include "table.h"

namespace garner::bench {

// All that play on one simulator with prepared bodies: "harvest" (against curl, unzip and sha256sum), "latency",
// "primitives", "status".
void measure_harvests(const Options& options, const std::set<std::string>& wanted, Table& table);
void measure_ingest(const Options& options, Table& table);   // "ingest"
void measure_ledger(const Options& options, Table& table);   // "ledger"
void measure_rows(const Options& options, Table& table);     // "rows"
void measure_query(const Options& options, Table& table);    // "query"
void measure_restart(const Options& options, Table& table);  // "restart"

}  // namespace garner::bench
