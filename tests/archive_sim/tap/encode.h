// Result tables in TAP's output formats, and TAP's error documents. Pure functions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive_sim/adql/execute.h"

namespace garner::archive_sim {

enum class TapFormat { Votable, VotablePlain, VotableGzip, Fits, Csv, Ecsv, Json };

// The archive's words, and the media types of TAP 1.1 (parameters but `serialization` are ignored).
std::optional<TapFormat> parse_tap_format(std::string_view name);
std::string_view tap_content_type(TapFormat format);
std::string_view tap_extension(TapFormat format);
std::string_view tap_format_word(TapFormat format);

inline bool is_votable(TapFormat format) {
  return format <= TapFormat::VotableGzip;
}

// A VOTable is `head`, `data`, `tail`; other formats lie in `data` alone.
struct Encoded {
  std::shared_ptr<const std::string> data;
  std::uint64_t rows = 0;
  bool cut = false;
};
Encoded encode(const adql::ResultTable& result, TapFormat format);

// Up to the TABLE element's start tag. `status`: of the first QUERY_STATUS. `job_id` may be empty.
std::string votable_head(std::string_view status, std::string_view query, std::string_view job_id, bool gaia);
// From behind </TABLE>; a status here overrides the first. Empty: none.
std::string votable_tail(std::string_view status, std::string_view message = {});

std::string gzip(std::string_view bytes);

// gaia.md's two shapes of an error: VOTable and, in pages.h, HTML.
std::string error_votable(unsigned status, std::string_view message);
std::string xml_escaped(std::string_view text);

}  // namespace garner::archive_sim
