// VOSI 1.1 §3, VODataService 1.1 §3.3; attributes of http://esa.int/xml/EsaTapPlus.
#include <charconv>

#include "ivoa/vosi.h"
#include "ivoa/xml.h"

namespace garner::ivoa {

namespace {

constexpr std::size_t kMostColumns = 50'000;  // of one table
constexpr std::size_t kMostTables = 1'000'000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class TablesHandler final : public XmlHandler {
 public:
  explicit TablesHandler(const TableSink& take) : take_(take) {}
  bool enough = false;

  Result<void> start(const XmlPath& path, const XmlAttributes& attributes) override {
    const std::string& name = path.back();
    if (path.size() == 1 && name != "tableset" && name != "table" && name != "schema") {
      return fail(Kind::Malformed, "the root is <{}>, not <tableset> or <table>", printable(name, 60));
    }
    if (name == "table" && table_depth_ == 0 &&
        (path.size() == 1 || path[path.size() - 2] == "schema" || path[path.size() - 2] == "tableset")) {
      if (++tables_ > kMostTables) return fail(Kind::TooLarge, "more than {} tables", kMostTables);
      table_depth_ = path.size();
      table_ = {};
      table_.schema = schema_;
      table_.type = attributes.text("type");
      table_.rows = number(attributes.text("size"));
      table_.bytes = number(attributes.text("size_bytes"));
    }
    if (table_depth_ != 0 && path.size() == table_depth_ + 1 && name == "column") {
      if (table_.columns.size() >= kMostColumns)
        return fail(Kind::TooLarge, "a table of more than {} columns", kMostColumns);
      table_.columns.emplace_back();
    }
    if (in_column(path) && name == "dataType") table_.columns.back().arraysize = attributes.text("arraysize");
    return {};
  }

  Result<void> end(const XmlPath& path, std::string_view text) override {
    const std::string& name = path.back();
    if (in_column(path)) {
      set_of_column(table_.columns.back(), name, text);
    } else if (table_depth_ != 0 && path.size() == table_depth_ + 1) {
      set_of_table(name, text);
    } else if (table_depth_ != 0 && path.size() == table_depth_) {
      table_depth_ = 0;
      enough = !take_(std::move(table_));
      if (enough) return fail(Kind::Cancelled, "enough");
    } else if (table_depth_ == 0 && name == "name" && path.size() >= 2 && path[path.size() - 2] == "schema") {
      schema_ = text;
    } else if (name == "schema") {
      schema_.clear();
    }
    return {};
  }

 private:
  bool in_column(const XmlPath& path) const {
    return table_depth_ != 0 && path.size() == table_depth_ + 2 && path[table_depth_] == "column";
  }
  void set_of_table(const std::string& name, std::string_view text) {
    if (name == "name") table_.name = text;
    if (name == "title") table_.title = text;
    if (name == "description") table_.description = text;
    if (name == "nrows") table_.rows = number(text);
  }
  static void set_of_column(TableColumn& column, const std::string& name, std::string_view text) {
    if (name == "name") column.name = text;
    if (name == "description") column.description = text;
    if (name == "unit") column.unit = text;
    if (name == "ucd") column.ucd = text;
    if (name == "utype") column.utype = text;
    if (name == "dataType") column.datatype = text;
    if (name == "flag") {
      column.indexed = column.indexed || text == "indexed";
      column.primary = column.primary || text == "primary";
    }
  }

  const TableSink& take_;
  std::string schema_;
  TableInfo table_;
  std::size_t table_depth_ = 0, tables_ = 0;
};

}  // namespace

std::string TableInfo::full_name() const {
  if (schema.empty() || name.starts_with(schema + ".") || name.find('.') != name.npos) return name;
  return schema + "." + name;
}

Result<void> read_tables(std::string_view document, const TableSink& take) {
  TablesHandler handler(take);
  auto read = read_xml(document, handler);
  if (read || handler.enough) return {};
  return with_context(std::move(read.error()), "tables");
}

Result<std::vector<TableInfo>> parse_tables(std::string_view document) {
  std::vector<TableInfo> tables;
  auto read = read_tables(document, [&tables](TableInfo table) {
    tables.push_back(std::move(table));
    return true;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return tables;
}

}  // namespace garner::ivoa
