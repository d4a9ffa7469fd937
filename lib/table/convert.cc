#include "table/convert.h"

#include "table/answer.h"
#include "table/fits/writer.h"
#include "table/row_spool.h"
#include "table/text/text_rows.h"

namespace garner::table {

namespace {

// Takes the ids out of rows on their way.
class IdTap final : public RowTaker {
 public:
  IdTap(const ConvertOptions& options, RowTaker& next) : options_(options), next_(next) {}

  Result<void> begin(const VotableTable& table, Serialization served) override {
    if (options_.id_column.empty()) return next_.begin(table, served);
    std::vector<Column> columns;
    for (const auto& field : table.fields) columns.push_back(field.column);
    const auto column = find_column(columns, options_.id_column);
    if (!column) return fail(Kind::Malformed, "the table has no column '{}'", printable(options_.id_column));
    field_ = &table.fields[*column];
    if (field_->column.type != ColumnType::Integer || field_->column.is_array || field_->is_variable) {
      return fail(Kind::Malformed, "column '{}' holds no integers, but datatype '{}' arraysize '{}'",
                  printable(options_.id_column), printable(field_->datatype_name, 60),
                  printable(field_->arraysize, 60));
    }
    column_ = *column;
    cells_.emplace(table);
    return next_.begin(table, served);
  }

  Result<void> take(const RowBatch& rows) override {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < rows.ends.size() && cells_; ++i) {
      const auto cell = cells_->cell(rows.bytes.data() + begin, column_);
      const std::int64_t id = cell.is_masked ? 0 : load_integer(field_->datatype, cell.data);
      if (cell.is_masked || id == field_->null_value) {
        return fail(Kind::Malformed, "row {}: column '{}' is null", rows_ + i + 1, printable(options_.id_column));
      }
      if (auto taken = options_.take_id ? options_.take_id(id) : Result<void>(); !taken) return taken;
      begin = rows.ends[i];
    }
    rows_ += rows.ends.size();
    return next_.take(rows);
  }

 private:
  const ConvertOptions& options_;
  RowTaker& next_;
  const VotableField* field_ = nullptr;
  std::size_t column_ = 0;
  std::optional<RowCells> cells_;
  std::uint64_t rows_ = 0;
};

// Where rows are only checked.
class NoRows final : public RowTaker {
 public:
  Result<void> begin(const VotableTable&, Serialization) override { return {}; }
  Result<void> take(const RowBatch&) override { return {}; }
};

Result<ConvertedTable> to_votable(const Answer& answer, const ConvertOptions& options, NewFile& file) {
  NoRows nothing;
  IdTap tap(options, nothing);
  return answer.read(tap, &file);
}

Result<ConvertedTable> to_text(const Answer& answer, const ConvertOptions& options, NewFile& file) {
  TextRows rows(options.to == ConvertTo::Csv ? Format::Csv : Format::Ecsv, file);
  IdTap tap(options, rows);
  auto table = answer.read(tap);
  if (table) table->bytes = rows.bytes();
  return table;
}

// Over the rows for the first time. Keeps them where they would be costly to get again.
class FirstPass final : public RowTaker {
 public:
  FirstPass(bool is_compressed, std::filesystem::path folder)
      : is_compressed_(is_compressed), folder_(std::move(folder)) {}

  Result<void> begin(const VotableTable& table, Serialization served) override {
    table_ = table;
    if (is_compressed_ || served == Serialization::TableData) {
      auto spool = RowSpool::make(folder_);
      if (!spool) return std::unexpected(std::move(spool.error()));
      spool_ = std::move(*spool);
    }
    return scan_.begin(table_, served);
  }

  Result<void> take(const RowBatch& rows) override {
    if (auto kept = spool_ ? spool_->add(rows) : Result<void>(); !kept) return kept;
    return scan_.take(rows);
  }

  const VotableTable& table() const { return table_; }
  const FitsScan& scan() const { return scan_; }
  const std::optional<RowSpool>& spool() const { return spool_; }

 private:
  bool is_compressed_;
  std::filesystem::path folder_;
  VotableTable table_;
  FitsScan scan_;
  std::optional<RowSpool> spool_;
};

// Twice over the rows: widths of texts and values for null must be known before the first can be written.
Result<ConvertedTable> to_fits(const Answer& answer, const ConvertOptions& options, NewFile& file,
                               const std::filesystem::path& folder) {
  FirstPass first(answer.is_compressed(), folder);
  IdTap tap(options, first);
  auto table = answer.read(tap);
  if (!table) return table;
  auto plan = FitsPlan::make(first.table(), first.scan());
  if (!plan) return std::unexpected(std::move(plan.error()));
  FitsWriter rows(*plan, first.scan().rows(), file);
  if (first.spool()) {
    auto replayed = first.spool()->replay(first.table(), options.limits.max_cell_bytes, rows);
    if (!replayed) return std::unexpected(std::move(replayed.error()));
  } else if (auto again = answer.read(rows); !again) {
    return again;
  }
  if (auto finished = rows.finish(); !finished) return std::unexpected(std::move(finished.error()));
  table->bytes = rows.bytes();
  return table;
}

}  // namespace

Result<ConvertedTable> convert_votable(std::span<const std::byte> answer, const ConvertOptions& options,
                                       const std::filesystem::path& into) {
  auto file = NewFile::make(into);
  if (!file) return std::unexpected(std::move(file.error()));
  const Answer whole(answer, options);
  auto table = [&] {
    switch (options.to) {
      case ConvertTo::VOTable:
        return to_votable(whole, options, **file);
      case ConvertTo::Fits:
        return to_fits(whole, options, **file, into.parent_path());
      case ConvertTo::Csv:
      case ConvertTo::Ecsv:
        break;
    }
    return to_text(whole, options, **file);
  }();
  if (table) (*file)->keep();
  return table;
}

}  // namespace garner::table
