#include <charconv>

#include "client/adql_text.h"
#include "client/tap_actions.h"
#include "client/verb.h"
#include "ivoa/adql.h"

namespace garner::client {

namespace {

constexpr std::uint64_t kUsualLimit = 50;

Result<std::uint64_t> parse_limit(const std::string& text) {
  if (text.empty()) return kUsualLimit;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(Kind::Invalid, "--limit: expected a number of rows, or 0 for all; found '{}'", printable(text, 40));
  return value;
}

struct ConeQuestion {
  Cone cone;
  std::string table;
  std::uint64_t limit = 0;
};

Result<ConeQuestion> question_of(const Arguments& arguments, const archive::Profile& profile) {
  auto ra = parse_right_ascension(arguments.ra);
  if (!ra) return with_context(std::move(ra.error()), "RA");
  auto dec = parse_declination(arguments.dec);
  if (!dec) return with_context(std::move(dec.error()), "DEC");
  auto radius = parse_angle(arguments.radius, 180);
  if (!radius) return with_context(std::move(radius.error()), "RADIUS");
  const auto limit = parse_limit(arguments.limit);
  if (!limit) return std::unexpected(limit.error());
  auto table = ivoa::adql_table_name(arguments.table.empty() ? profile.tap.cone_table : arguments.table);
  if (!table) return with_context(std::move(table.error()), "--table");
  return ConeQuestion{{*ra, *dec, *radius}, std::move(*table), *limit};
}

int run_cone(Session& session) {
  const auto profile = profile_of(session);
  if (!profile) return archive_fail(session, profile.error());
  const auto asked = question_of(session.arguments, *profile);
  if (!asked) return archive_fail(session, asked.error());
  Question question;
  question.delivery = delivery_of(session.arguments);
  question.delivery.front = {"source_id", "dist", "ra", "dec"};
  question.query.adql = cone_adql(asked->cone, asked->table, asked->limit);
  question.query.format = question.delivery.format;
  question.top = asked->limit;
  question.by_job = fmt::format("`garner tap {} query --async`", profile->name);
  if (const auto fits = check_delivery(session, question.delivery); !fits) return archive_fail(session, fits.error());
  return answer_question(session, *profile, std::move(question));
}

}  // namespace

const Verb& cone_verb() {
  static const Verb kVerb = {
      "cone",
      "What an archive's table holds around a position",
      R"(RA and DEC in degrees, or sexagesimal: 17:45:40.04 or 17h45m40.04s, -29:00:28.1 or -29d00m28.1s. RADIUS in degrees, or
with deg, arcmin or arcsec behind it. The rows come nearest first, with their distance in degrees as `dist`; on a
terminal as a table, in a pipe or with -o as CSV. A sync query of `garner tap`, by your login if you have one (`garner
login`); no daemon is needed.

Examples:
  garner cone gaia 266.41683 -29.00781 5arcsec
  garner cone gaia 17:45:40.04 -29:00:28.1 2arcmin --limit 500 > around-sgr-a.csv
  garner cone gaia 56.75 24.12 0.5 --table gaiadr2.gaia_source --limit 0 -o pleiades.fits)",
      {archive_parameter(),
       {"RA", "right ascension: degrees or hours", &Arguments::ra, true},
       {"DEC", "declination", &Arguments::dec, true},
       {"RADIUS", "degrees unless a unit is given: 5arcsec, 2arcmin", &Arguments::radius, true},
       {"--table",
        "the table to look in (else the profile's), by its columns ra and dec",
        &Arguments::table,
        false,
        {},
        "NAME"},
       {"--limit", "so many rows, the nearest; 0: all. Default 50", &Arguments::limit, false, {}, "N"},
       {"--format",
        "the archive's own file: votable, votable_plain, fits, csv, ecsv or json",
        &Arguments::format,
        false,
        {"votable", "votable_plain", "fits", "csv", "ecsv", "json"},
        "FORMAT"},
       {"-o,--output", "write to this file, which appears whole or not at all", &Arguments::output, false, {}, "FILE"},
       archives_parameter(),
       anonymous_parameter()},
      run_cone};
  return kVerb;
}

}  // namespace garner::client
