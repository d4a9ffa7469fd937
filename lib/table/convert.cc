#include "table/convert.h"

#include "table/fits_writer.h"
#include "table/row_spool.h"
#include "table/text_rows.h"
#include "table/votable_document.h"

namespace garner::table {

namespace {

constexpr std::size_t kBlockBytes = 256u << 10;

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

// The answer, parsed as often as it is asked for.
class Answer {
 public:
  Answer(std::span<const std::byte> bytes, const Limits& limits)
      : bytes_(bytes), limits_(limits), is_compressed_(table::is_compressed(bytes)) {}

  bool is_compressed() const { return is_compressed_; }

  // To its end. `copy` gets the document's bytes too, and may be null.
  Result<ConvertedTable> read(RowTaker& taker, NewFile* copy = nullptr) const {
    RowStream rows(limits_, taker);
    VotableDocument document(limits_, rows);
    document.leave_status_to_caller();
    ConvertedTable table;
    auto fed = is_compressed_ ? feed_inflated(document, copy, table.bytes) : feed_plain(document, copy, table.bytes);
    if (!fed) return std::unexpected(std::move(fed.error()));
    if (auto finished = rows.finish(); !finished) return std::unexpected(std::move(finished.error()));
    table.rows = rows.rows();
    for (const auto& field : document.take_table().fields) table.columns.push_back(field.column);
    table.parameters = std::move(document.parameters());
    table.status_text = document.status_text();
    return table;
  }

 private:
  Result<void> feed_plain(VotableDocument& document, NewFile* copy, std::uint64_t& copied) const {
    auto fed = document.feed_whole({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
    if (!fed || !copy) return fed;
    copied = bytes_.size();
    return copy->write_at(0, bytes_);
  }

  Result<void> feed_inflated(VotableDocument& document, NewFile* copy, std::uint64_t& copied) const {
    auto source = decompressed(from_memory(bytes_));
    if (!source) return std::unexpected(std::move(source.error()));
    std::vector<std::byte> block(kBlockBytes);
    for (;;) {
      auto got = (*source)->read(block);
      if (!got) return std::unexpected(std::move(got.error()));
      const auto read = std::span(block).first(*got);
      auto fed = document.feed_block({reinterpret_cast<const char*>(read.data()), read.size()}, read.empty());
      if (!fed || read.empty()) return fed;
      if (auto written = copy ? copy->write_at(copied, read) : Result<void>(); !written) return written;
      copied += read.size();
    }
  }

  std::span<const std::byte> bytes_;
  const Limits& limits_;
  bool is_compressed_;
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
  const Answer read(answer, options.limits);
  auto table = [&] {
    switch (options.to) {
      case ConvertTo::VOTable:
        return to_votable(read, options, **file);
      case ConvertTo::Fits:
        return to_fits(read, options, **file, into.parent_path());
      case ConvertTo::Csv:
      case ConvertTo::Ecsv:
        break;
    }
    return to_text(read, options, **file);
  }();
  if (table) (*file)->keep();
  return table;
}

}  // namespace garner::table
