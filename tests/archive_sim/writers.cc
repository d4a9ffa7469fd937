#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

struct FormatName {
  std::string_view name;
  Format format;
  std::string_view extension;
  std::string_view content_type;
};

constexpr FormatName kFormats[] = {
    {"votable", Format::Votable, "xml", "application/x-votable+xml"},
    {"votable_plain", Format::VotablePlain, "xml", "application/x-votable+xml"},
    {"fits", Format::Fits, "fits", "application/fits"},
    {"csv", Format::Csv, "csv", "text/csv"},
    {"ecsv", Format::Ecsv, "ecsv", "text/plain"},
};

const FormatName& row_of(Format format) {
  return kFormats[static_cast<std::size_t>(format)];
}

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  for (const FormatName& row : kFormats)
    if (row.name == name) return row.format;
  return std::nullopt;
}

std::string_view extension(Format format) {
  return row_of(format).extension;
}
std::string_view content_type(Format format) {
  return row_of(format).content_type;
}

std::string write_table(const Table& table, Format format) {
  switch (format) {
    case Format::Votable:
      return write_votable(table, true);
    case Format::VotablePlain:
      return write_votable(table, false);
    case Format::Fits:
      return write_fits(table);
    case Format::Csv:
      return write_csv(table);
    case Format::Ecsv:
      return write_ecsv(table);
  }
  return {};
}

}  // namespace garner::archive_sim
