#include "product/table_answer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "base/mapped_bytes.h"
#include "table/convert.h"

namespace garner::product {

namespace {

// A file of our own, gone with this.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& directory) {
    static std::atomic<std::uint64_t> next = 0;
    path_ = std::filesystem::path(directory) / fmt::format("answer-{}-{}", ::getpid(), next++);
  }
  ~ScratchFile() {
    if (mapped_ != nullptr) ::munmap(mapped_, size_);
    ::unlink(path_.c_str());
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // The whole file; valid as long as this.
  Result<std::span<const std::byte>> map() {
    const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return fail_errno(errno, path_.string());
    struct stat facts{};
    if (::fstat(file, &facts) != 0 || facts.st_size <= 0) {
      ::close(file);
      return fail(Kind::Internal, "{}: is empty", path_.string());
    }
    size_ = static_cast<std::size_t>(facts.st_size);
    void* const at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    const int error = errno;
    if (at == MAP_FAILED) {
      ::close(file);
      return fail_errno(error, path_.string());
    }
    mapped_ = at;
    ::madvise(mapped_, size_, MADV_SEQUENTIAL);
    const std::span bytes(static_cast<const std::byte*>(mapped_), size_);
    const auto good = check_readable(bytes, bytes, file);
    ::close(file);
    if (!good) return fail(Kind::Internal, "{}: {}", path_.string(), good.error().detail);
    return bytes;
  }

 private:
  std::filesystem::path path_;
  void* mapped_ = nullptr;
  std::size_t size_ = 0;
};

table::ConvertTo target(ProductFormat format) {
  switch (format) {
    case ProductFormat::Fits:
      return table::ConvertTo::Fits;
    case ProductFormat::Csv:
      return table::ConvertTo::Csv;
    case ProductFormat::Ecsv:
      return table::ConvertTo::Ecsv;
    case ProductFormat::VOTable:
    case ProductFormat::VOTablePlain:
      break;
  }
  return table::ConvertTo::VOTable;
}

std::optional<std::size_t> place_of(std::span<const SourceId> ids, std::uint64_t id) {
  const auto at = std::ranges::lower_bound(ids, SourceId{id});
  if (at == ids.end() || at->value != id) return std::nullopt;
  return static_cast<std::size_t>(at - ids.begin());
}

std::unexpected<Error> cut(std::uint64_t rows) {
  return fail(Kind::TooLarge, "the archive cut the answer after {} rows (OVERFLOW, or its limit)", rows);
}

// The verdict on an answer that was read to its end, and its rows.
Result<void> judge(const ivoa::Answer& answer, std::uint64_t row_limit) {
  const auto verdict = ivoa::with_row_limit(answer.verdict, answer.rows, row_limit);
  if (verdict == ivoa::Verdict::Overflow) return cut(answer.rows);
  if (verdict != ivoa::Verdict::Ok) return std::unexpected(answer.why);
  return {};
}

// What an answer that is no whole table is instead. Trouble of our own stays what it is.
Error why_not(const Error& error, std::span<const std::byte> answer, std::uint64_t row_limit) {
  if (error.kind == Kind::DiskFull || error.kind == Kind::Internal) return error;
  auto good = judge(ivoa::read_answer(answer), row_limit);
  return good ? error : good.error();
}

// A reader of some columns of an answer that is due to be a VOTable; where it is none, what it is instead.
Result<std::unique_ptr<table::TableReader>> open_answer(std::span<const std::byte> answer,
                                                        std::vector<std::string> wanted) {
  auto source = table::decompressed(table::from_memory(answer));
  if (!source) return std::unexpected(source.error());
  table::OpenOptions options{.format = table::Format::VOTable, .wanted = std::move(wanted), .limits = {}};
  auto reader = table::open_table(std::move(*source), std::move(options));
  if (reader) return reader;
  const auto judged = ivoa::read_answer(answer);
  if (judged.verdict == ivoa::Verdict::Error || judged.verdict == ivoa::Verdict::Cut)
    return std::unexpected(judged.why);
  return reader;
}

// Every row, to the verdict.
Result<std::uint64_t> read_rows(table::TableReader& reader, std::span<const std::byte> answer, std::uint64_t row_limit,
                                const std::function<Result<void>()>& row) {
  std::uint64_t rows = 0;
  const std::string_view text(reinterpret_cast<const char*>(answer.data()), answer.size());
  for (;;) {
    const auto more = reader.next_row();
    if (!more || !*more) {
      if (auto good = judge(ivoa::verdict_at_end(reader, more, rows, text), row_limit); !good)
        return std::unexpected(good.error());
      return rows;
    }
    ++rows;
    if (auto taken = row(); !taken) return std::unexpected(taken.error());
  }
}

Result<std::size_t> integer_column(const table::TableReader& reader, std::string_view name) {
  const auto at = table::find_column(reader.columns(), name);
  if (!at) return fail(Kind::Malformed, "the answer has no column '{}'", printable(name, 60));
  const auto& column = reader.columns()[*at];
  if (column.type != table::ColumnType::Integer || column.is_array)
    return fail(Kind::Malformed, "the answer's column '{}' holds no integers", printable(name, 60));
  return *at;
}

}  // namespace

Result<TableContents> read_table_answer(std::span<const std::byte> answer, const TableAsked& asked, ProductSink& sink) {
  TableContents contents;
  contents.found.resize(asked.ids.size());
  table::ConvertOptions options;
  options.to = target(asked.format);
  options.is_mapped = asked.is_mapped;
  options.id_column = asked.id_column;
  options.take_id = [&](std::int64_t id) -> Result<void> {
    const auto place = place_of(asked.ids, static_cast<std::uint64_t>(id));
    if (!place) return fail(Kind::Malformed, "source {} was not asked", id);
    contents.found[*place] = true;
    return {};
  };
  ScratchFile file(asked.spool_directory);
  const auto converted = table::convert_votable(answer, options, file.path());
  if (!converted) return std::unexpected(why_not(converted.error(), answer, asked.row_limit));
  if (auto good = judge(ivoa::verdict_of(*converted), asked.row_limit); !good) return std::unexpected(good.error());
  if (asked.rows_expected && *asked.rows_expected != converted->rows) {
    return fail(Kind::Malformed, "{} rows came, but COUNT(*) says {}", converted->rows, *asked.rows_expected);
  }
  contents.rows = converted->rows;
  if (contents.rows == 0) return contents;
  auto bytes = file.map();
  if (!bytes) return std::unexpected(bytes.error());
  if (auto taken = sink.add({.name = asked.name, .id = std::nullopt, .bytes = *bytes}); !taken)
    return std::unexpected(taken.error());
  contents.handed_on = true;
  return contents;
}

Result<std::uint64_t> read_count_answer(std::span<const std::byte> answer) {
  auto reader = open_answer(answer, {});
  if (!reader) return std::unexpected(reader.error());
  if ((*reader)->columns().size() != 1 || (*reader)->columns()[0].type != table::ColumnType::Integer)
    return fail(Kind::Malformed, "the answer to COUNT(*) is not one integer");
  std::optional<std::int64_t> count;
  auto rows = read_rows(**reader, answer, 0, [&]() -> Result<void> {
    const auto& cell = (*reader)->cell(0);
    if (!cell.null) count = cell.integer;
    return {};
  });
  if (!rows) return std::unexpected(rows.error());
  if (*rows != 1 || !count || *count < 0) return fail(Kind::Malformed, "the answer to COUNT(*) is not one number");
  return static_cast<std::uint64_t>(*count);
}

Result<IdsAnswer> read_ids_answer(std::span<const std::byte> answer, const std::string& column, std::uint64_t row_limit,
                                  const std::function<Result<void>(std::span<const SourceId>)>& take) {
  // The verdict first: nothing is handed on of an answer that is not good.
  if (auto good = judge(ivoa::read_answer(answer), row_limit); !good) return std::unexpected(good.error());
  auto reader = open_answer(answer, column.empty() ? std::vector<std::string>{} : std::vector{column});
  if (!reader) return std::unexpected(reader.error());
  const auto& columns = (*reader)->columns();
  IdsAnswer out;
  out.column = !column.empty() ? column : columns.size() == 1 ? columns[0].name : "source_id";
  const auto at = integer_column(**reader, out.column);
  if (!at) return std::unexpected(at.error());
  constexpr std::size_t kBatch = 8192;
  std::vector<SourceId> batch;
  const auto hand_over = [&]() -> Result<void> {
    auto taken = take(batch);
    batch.clear();
    return taken;
  };
  auto rows = read_rows(**reader, answer, row_limit, [&]() -> Result<void> {
    const auto& cell = (*reader)->cell(*at);
    if (cell.null || cell.integer <= 0)
      ++out.without_id;
    else
      batch.push_back(SourceId{static_cast<std::uint64_t>(cell.integer)});
    return batch.size() == kBatch ? hand_over() : Result<void>{};
  });
  if (!rows) return std::unexpected(rows.error());
  out.rows = *rows;
  if (auto taken = hand_over(); !taken) return std::unexpected(taken.error());
  return out;
}

Result<FlagsAnswer> read_flags_answer(std::span<const std::byte> answer, const std::string& flag_column,
                                      std::span<const SourceId> ids) {
  auto reader = open_answer(answer, {"source_id", flag_column});
  if (!reader) return std::unexpected(reader.error());
  const auto id_at = integer_column(**reader, "source_id");
  if (!id_at) return std::unexpected(id_at.error());
  const auto flag_at = table::find_column((*reader)->columns(), flag_column);
  if (!flag_at || (*reader)->columns()[*flag_at].type != table::ColumnType::Boolean)
    return fail(Kind::Malformed, "the answer's column '{}' holds no flags", printable(flag_column, 60));
  FlagsAnswer out{std::vector<bool>(ids.size()), std::vector<bool>(ids.size())};
  auto rows = read_rows(**reader, answer, 0, [&]() -> Result<void> {
    const auto& id = (*reader)->cell(*id_at);
    const auto place = id.null ? std::nullopt : place_of(ids, static_cast<std::uint64_t>(id.integer));
    if (!place) return fail(Kind::Malformed, "a source that was not asked came");
    const auto& flag = (*reader)->cell(*flag_at);
    out.found[*place] = true;
    out.flag[*place] = flag.null || flag.integer != 0;
    return {};
  });
  if (!rows) return std::unexpected(rows.error());
  return out;
}

}  // namespace garner::product
