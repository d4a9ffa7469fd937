// TAP answers made into files of every format: what is written is a good table of as many rows.
#include "table/convert.h"

#include "scratch.h"
#include "tables.h"

namespace garner::fuzz {
namespace {

struct Form {
  table::ConvertTo to;
  table::Format written;
};
constexpr std::array kForms = {
    Form{table::ConvertTo::Fits, table::Format::Fits}, Form{table::ConvertTo::Csv, table::Format::Csv},
    Form{table::ConvertTo::Ecsv, table::Format::Ecsv}, Form{table::ConvertTo::VOTable, table::Format::VOTable}};

void run(Bytes bytes) {
  const auto path = scratch_directory() / "converted";
  std::optional<std::uint64_t> rows;
  for (const auto& form : kForms) {
    std::uint64_t ids = 0;
    table::ConvertOptions options{.to = form.to, .limits = kTableLimits};
    if (hash_of(bytes) % 4 == 0) options.id_column = "source_id";
    options.take_id = [&ids](std::int64_t) -> Result<void> {
      ++ids;
      return {};
    };
    const auto converted = table::convert_votable(bytes, options, path);
    if (!converted) {
      require(!std::filesystem::exists(path), "no file stays where there is an error");
      continue;
    }
    const auto file = take_file(path);
    require(file.size() == converted->bytes, "the file is as long as it is said to be");
    require(rows.value_or(converted->rows) == converted->rows, "as many rows in every format");
    rows = converted->rows;
    if (!options.id_column.empty()) require(ids == converted->rows, "an id a row");
    if (form.to == table::ConvertTo::VOTable) continue;  // which may be one that says ERROR
    const auto checked = table::check_table(std::as_bytes(std::span(file)), form.written);
    require(checked.has_value(), checked ? "" : "what is written is good: " + checked.error().detail);
    require(checked->rows == converted->rows, "all rows are written");
    require(checked->columns.size() == converted->columns.size(), "all columns are written");
  }
}

const Target kTarget("convert", run);

}  // namespace
}  // namespace garner::fuzz
