#include "client/exit_code.h"
#include "client/tap_actions.h"
#include "client/verb.h"

namespace garner::client {

namespace {

// Which options mean something to which action; others would be ignored in silence.
Result<void> check_usage(const Arguments& a) {
  const bool query = a.action == "query", fetch = a.action == "jobs" && a.words == "fetch";
  const auto of_query = [&](bool given, const char* option) -> Result<void> {
    if (given && !query) return fail(Kind::Invalid, "{} belongs to `query`, not to `{}`", option, a.action);
    return {};
  };
  for (const auto& [given, option] :
       {std::pair{a.asynchronous, "--async"}, {!a.uploads.empty(), "--upload"}, {!a.maxrec.empty(), "--maxrec"}}) {
    if (auto good = of_query(given, option); !good) return good;
  }
  if (!query && !fetch && !(a.format.empty() && a.output.empty()))
    return fail(Kind::Invalid, "--format and -o belong to `query` and `jobs fetch`");
  if (!a.table.empty() && a.action != "tables") return fail(Kind::Invalid, "--table belongs to `tables`");
  if (!a.job.empty() && a.action != "jobs")
    return fail(Kind::Invalid, "'{}' is one word too many; quote the query as a whole", printable(a.job, 60));
  return {};
}

int run_tap(Session& session) {
  const auto& action = session.arguments.action;
  if (const auto good = check_usage(session.arguments); !good) return archive_fail(session, good.error());
  const auto profile = profile_of(session);
  if (!profile) return archive_fail(session, profile.error());
  if (action == "query") return tap_query(session, *profile);
  if (action == "tables") return tap_tables(session, *profile);
  return tap_jobs(session, *profile);
}

}  // namespace

const Verb& tap_verb() {
  static const Verb kVerb = {
      "tap",
      "Ask an archive's tables: queries, what tables there are, jobs",
      R"TEXT(Speaks to the archive from this process, by your login if you have one (`garner login`), else as anonymous; no daemon
is needed.

query   by default sync: at once, with few rows; where the archive cuts the answer, that is said, and the exit code is
        1. --async makes a job, shows it until it has ended, brings its rows and deletes it; Ctrl-C leaves the job to
        the archive and tells how to find it again. On a terminal rows come as a table with units, in a pipe or with
        -o as CSV; --format brings the archive's own file instead, as does -o with a name that ends in .fits, .ecsv,
        .json, .vot or .xml.
tables  the tables whose names match PATTERN (a part of the name, or * and ?), or the columns of one: --table NAME.
jobs    list | show ID | wait ID | fetch ID | delete ID

Examples:
  garner tap gaia query "SELECT TOP 10 source_id, ra, dec FROM gaiadr3.gaia_source WHERE parallax > 500"
  garner tap gaia query --async -o near.fits "SELECT * FROM gaiadr3.gaia_source WHERE parallax > 50"
  garner tap gaia query --upload mine=ids.csv "SELECT g.* FROM gaiadr3.gaia_source g JOIN TAP_UPLOAD.mine USING (source_id)"
  garner tap gaia tables variability
  garner tap gaia tables --table gaiadr3.gaia_source
  garner tap gaia jobs list)TEXT",
      {archive_parameter(),
       {"ACTION", "query, tables or jobs", &Arguments::action, true, {"query", "tables", "jobs"}},
       {"WORDS", "the query in ADQL (- reads it from standard input); a PATTERN; what to do with jobs",
        &Arguments::words},
       {"ID", "of a job", &Arguments::job},
       {"--async", "by a job, which has more time and rows", &Arguments::asynchronous},
       {"--upload",
        "send a table along (any format); the query says TAP_UPLOAD.NAME; may be given again",
        &Arguments::uploads,
        false,
        {},
        "NAME=FILE"},
       {"--format",
        "the archive's own file: votable, votable_plain, fits, csv, ecsv or json",
        &Arguments::format,
        false,
        {"votable", "votable_plain", "fits", "csv", "ecsv", "json"},
        "FORMAT"},
       {"--maxrec", "at most so many rows", &Arguments::maxrec, false, {}, "N"},
       {"-o,--output", "write to this file, which appears whole or not at all", &Arguments::output, false, {}, "FILE"},
       {"--table", "the table whose columns are told", &Arguments::table, false, {}, "NAME"},
       archives_parameter(),
       anonymous_parameter()},
      run_tap};
  return kVerb;
}

}  // namespace garner::client
