#include "product/product_checks.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "table/table_reader.h"

namespace garner::product {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::string_view kIdColumn = "source_id";

table::Format table_format(ProductFormat format) {
  switch (format) {
    case ProductFormat::VOTable:
    case ProductFormat::VOTablePlain:
      return table::Format::VOTable;
    case ProductFormat::Fits:
      return table::Format::Fits;
    case ProductFormat::Csv:
      return table::Format::Csv;
    case ProductFormat::Ecsv:
      return table::Format::Ecsv;
  }
  return table::Format::VOTable;
}

// What tells the two structures of a type apart (Gaia DR3 DataLink products). Types that are not here look alike in
// both, or are not known yet: their content can't tell.
enum class Mark { Wavelength, Arrays };
struct MarkRow {
  std::string_view retrieval_type;
  Mark mark;
};
constexpr std::array<MarkRow, 7> kMarks = {{{"XP_SAMPLED", Mark::Wavelength},  // INDIVIDUAL has a row a wavelength
                                            {"RVS", Mark::Wavelength},
                                            {"MEAN_SPECTRUM_RVS", Mark::Wavelength},
                                            {"EPOCH_PHOTOMETRY", Mark::Arrays},  // RAW has a row a source
                                            {"MCMC_GSPPHOT", Mark::Arrays},
                                            {"MCMC_GSP_PHOT", Mark::Arrays},
                                            {"MCMC_MSC", Mark::Arrays}}};

bool looks_like_array(std::string_view cell) {
  return cell.starts_with('(') || cell.starts_with('[');
}

// `first_row` is given where the format declares no types (CSV) and a row is there.
std::optional<DataStructure> structure_of(std::string_view retrieval_type, const std::vector<table::Column>& columns,
                                          const table::TableReader* first_row) {
  const auto* row = std::ranges::find(kMarks, retrieval_type, &MarkRow::retrieval_type);
  if (row == kMarks.end()) return std::nullopt;
  if (row->mark == Mark::Wavelength) {
    if (table::find_column(columns, "wavelength")) return DataStructure::Individual;
    return table::find_column(columns, "flux") ? std::optional(DataStructure::Raw) : std::nullopt;
  }
  bool arrays = std::ranges::any_of(
      columns, [](const table::Column& c) { return c.is_array && c.type != table::ColumnType::Text; });
  for (std::size_t i = 0; first_row != nullptr && !arrays && i < columns.size(); ++i)
    arrays = looks_like_array(first_row->cell(i).text);
  return arrays ? DataStructure::Raw : DataStructure::Individual;
}

Result<void> check_structure(std::optional<DataStructure> came, DataStructure asked) {
  if (!came || *came == asked) return {};
  return fail(Kind::Malformed, "wrong structure: {} was asked, but its columns are those of {}",
              asked == DataStructure::Raw ? "RAW" : "INDIVIDUAL", asked == DataStructure::Raw ? "INDIVIDUAL" : "RAW");
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<SourceId> id_in_cell(const table::Column& column, const table::Cell& cell) {
  if (cell.null) return fail(Kind::Malformed, "the row has no {}", kIdColumn);
  if (column.is_array && column.type != table::ColumnType::Text)
    return fail(Kind::Malformed, "the column {} holds arrays", kIdColumn);
  if (column.type == table::ColumnType::Text) return parse_source_id(trimmed(cell.text));
  if (column.type != table::ColumnType::Integer)
    return fail(Kind::Malformed, "the column {} does not hold whole numbers", kIdColumn);
  if (cell.integer <= 0) return fail(Kind::Malformed, "{} is no source_id", cell.integer);
  return SourceId{static_cast<std::uint64_t>(cell.integer)};
}

std::optional<std::string_view> id_in_parameters(const table::TableSummary& summary) {
  for (const char* name : {"source_id", "SOURCEID", "SOURCE_ID"}) {  // VOTable and ECSV, FITS
    if (const auto found = summary.parameters.find(name); found != summary.parameters.end())
      return trimmed(found->second);
  }
  return std::nullopt;
}

Result<void> same_source(SourceId inside, SourceId named) {
  if (inside == named) return {};
  return fail(Kind::Malformed, "it holds source {}, its name says {}", inside.value, named.value);
}

// Text has no end mark of its own, but the archive ends every line: a last line without end is one that was cut.
Result<void> check_last_line(Bytes bytes, table::Format format) {
  const bool text = format == table::Format::Csv || format == table::Format::Ecsv;
  if (!text || (!bytes.empty() && bytes.back() == std::byte{'\n'})) return {};
  return fail(Kind::Corrupt, "its last line does not end: the text is cut");
}

bool block_begins(Bytes bytes, std::size_t at, std::string_view word) {
  return bytes.size() - at >= word.size() && std::memcmp(bytes.data() + at, word.data(), word.size()) == 0;
}

// A file cut behind its empty primary HDU is a good FITS file still (FITS standard 4.0 §3.3), but no product: one has
// an extension or an image.
Result<void> check_fits_holds_data(Bytes bytes) {
  constexpr std::size_t kBlock = 2880, kCard = 80;
  for (std::size_t at = kBlock; at < bytes.size(); at += kBlock) {
    if (block_begins(bytes, at, "XTENSION")) return {};
  }
  for (std::size_t at = 0; at < std::min(bytes.size(), kBlock); at += kCard) {
    if (!block_begins(bytes, at, "NAXIS   =")) continue;
    const Bytes value = bytes.subspan(at + 10, 20);  // fixed format (§4.2.3)
    if (std::ranges::any_of(value, [](std::byte b) { return b >= std::byte{'1'} && b <= std::byte{'9'}; })) return {};
    break;
  }
  return fail(Kind::Corrupt, "the FITS file holds neither a table nor an image");
}

// CSV declares no types: its first row tells what they are.
Result<std::optional<DataStructure>> structure_by_first_row(std::string_view retrieval_type, Bytes bytes) {
  table::OpenOptions options;
  options.format = table::Format::Csv;
  auto reader = table::open_table(table::from_memory(bytes), std::move(options));
  if (!reader) return std::unexpected(std::move(reader.error()));
  const auto row = (*reader)->next_row();
  if (!row) return std::unexpected(row.error());
  return structure_of(retrieval_type, (*reader)->columns(), *row ? reader->get() : nullptr);
}

Result<SourceId> id_in_first_row(const table::TableSummary& summary, std::size_t column) {
  const auto& first = *summary.first_cell;
  return id_in_cell(summary.columns[column], {.null = first.null, .integer = first.integer, .text = first.text});
}

}  // namespace

Result<void> check_individual(Bytes bytes, const Claim& claim, SourceId id) {
  const auto format = table_format(claim.format);
  if (auto good = check_last_line(bytes, format); !good) return good;
  const auto summary = table::check_table(bytes, format, {}, kIdColumn);
  if (!summary) return std::unexpected(summary.error());
  if (format == table::Format::Fits && summary->columns.empty()) {
    if (auto good = check_fits_holds_data(bytes); !good) return good;
  }
  if (claim.judge_structure) {
    Result<std::optional<DataStructure>> came = structure_of(claim.retrieval_type, summary->columns, nullptr);
    if (format == table::Format::Csv) came = structure_by_first_row(claim.retrieval_type, bytes);
    if (!came) return std::unexpected(came.error());
    if (auto good = check_structure(*came, DataStructure::Individual); !good) return good;
  }
  const auto written = id_in_parameters(*summary);
  if (!written && !summary->first_cell) return {};  // no place for an id: the name is all there is
  const auto inside =
      written ? parse_source_id(*written) : id_in_first_row(*summary, *table::find_column(summary->columns, kIdColumn));
  if (!inside) return with_context(inside.error(), "its source_id");
  return same_source(*inside, id);
}

Result<void> read_raw(Bytes bytes, const Claim& claim, const std::function<Result<void>(SourceId)>& take) {
  table::OpenOptions options;
  options.format = table_format(claim.format);
  if (auto good = check_last_line(bytes, *options.format); !good) return good;
  const bool first_row_tells = claim.judge_structure && options.format == table::Format::Csv;
  if (!first_row_tells) options.wanted = {std::string(kIdColumn)};
  auto opened = table::open_table(table::from_memory(bytes), std::move(options));
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto& reader = **opened;
  if (claim.judge_structure && !first_row_tells) {
    auto good = check_structure(structure_of(claim.retrieval_type, reader.columns(), nullptr), DataStructure::Raw);
    if (!good) return good;
  }
  const auto column = table::find_column(reader.columns(), kIdColumn);
  if (!column) return fail(Kind::Malformed, "wrong structure: RAW was asked, but it has no column {}", kIdColumn);

  for (bool first = true;; first = false) {
    const auto row = reader.next_row();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (first && first_row_tells) {
      auto good = check_structure(structure_of(claim.retrieval_type, reader.columns(), &reader), DataStructure::Raw);
      if (!good) return good;
    }
    const auto id = id_in_cell(reader.columns()[*column], reader.cell(*column));
    if (!id) return with_context(id.error(), "{}", reader.position());
    if (auto taken = take(*id); !taken) return with_context(taken.error(), "{}", reader.position());
  }
}

}  // namespace garner::product
