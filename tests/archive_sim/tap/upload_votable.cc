// The reader of uploaded tables, on expat.
#include <charconv>
#include <cstdlib>
#include <memory>

#include <expat.h>
#include <fmt/format.h>

#include "archive_sim/adql/query.h"
#include "archive_sim/tap/tap_request.h"

namespace garner::archive_sim {
namespace {

using adql::Value;

class UploadReader {
 public:
  explicit UploadReader(std::uint64_t max_rows) : max_rows_(max_rows) {}

  std::variant<std::shared_ptr<const StaticRelation>, std::string> read(std::string_view votable) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr),
                                                                              XML_ParserFree);
    parser_ = parser.get();
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(
        parser_, [](void* self, const char* name, const char** attributes) { as(self).start(name, attributes); },
        [](void* self, const char* name) { as(self).end(name); });
    XML_SetCharacterDataHandler(parser_, [](void* self, const char* text, int size) {
      if (as(self).in_cell_) as(self).cell_.append(text, static_cast<std::size_t>(size));
    });
    XML_SetEntityDeclHandler(parser_, [](void* self, const char*, int, const char*, int, const char*, const char*,
                                         const char*, const char*) { as(self).refuse("entities are not allowed"); });
    const auto status = XML_Parse(parser_, votable.data(), static_cast<int>(votable.size()), 1);
    if (!error_.empty()) return error_;
    if (status != XML_STATUS_OK)
      return fmt::format("not well-formed at line {}: {}", XML_GetCurrentLineNumber(parser_),
                         XML_ErrorString(XML_GetErrorCode(parser_)));
    if (types_.empty()) return std::string("no FIELD found");
    return std::shared_ptr<const StaticRelation>(table_);
  }

 private:
  static UploadReader& as(void* self) { return *static_cast<UploadReader*>(self); }

  // The element's name without its prefix.
  static std::string_view local(const char* name) {
    const std::string_view text(name);
    return text.substr(text.rfind(':') + 1);
  }

  void refuse(std::string text) {
    if (error_.empty()) error_ = std::move(text);
    XML_StopParser(parser_, XML_FALSE);
  }

  void start(const char* name, const char** attributes) {
    const auto element = local(name);
    if (element == "FIELD") add_field(attributes);
    if (element == "TR") row_.clear();
    if (element == "TD") {
      in_cell_ = true;
      cell_.clear();
    }
    if (element == "BINARY" || element == "BINARY2" || element == "FITS")
      refuse(fmt::format("this simulator reads uploads in TABLEDATA only, found {}", element));
  }

  void add_field(const char** attributes) {
    std::string name, datatype, unit;
    for (; *attributes != nullptr; attributes += 2) {
      const std::string_view key(attributes[0]);
      if (key == "name") name = adql::lower(attributes[1]);
      if (key == "datatype") datatype = attributes[1];
      if (key == "unit") unit = attributes[1];
    }
    static constexpr std::pair<std::string_view, Type> kTypes[] = {
        {"boolean", Type::Bool}, {"unsignedByte", Type::Short}, {"short", Type::Short},   {"int", Type::Int},
        {"long", Type::Long},    {"float", Type::Float},        {"double", Type::Double}, {"char", Type::Text}};
    for (const auto& [word, type] : kTypes) {
      if (word != datatype) continue;
      types_.push_back(type);
      table_->add_field({name, type, false, unit});
      return;
    }
    refuse(fmt::format("column {}: datatype '{}' is not supported in uploads", name, datatype));
  }

  void end(const char* name) {
    const auto element = local(name);
    if (element == "TD") {
      in_cell_ = false;
      if (row_.size() >= types_.size()) return refuse("a row has more cells than there are FIELDs");
      row_.push_back(value(types_[row_.size()]));
    }
    if (element != "TR") return;
    if (row_.size() != types_.size()) return refuse("a row has fewer cells than there are FIELDs");
    if (max_rows_ > 0 && table_->rows() >= max_rows_) return refuse(fmt::format("more than {} rows", max_rows_));
    table_->add_row(std::move(row_));
    row_ = {};
  }

  Value value(Type type) {
    if (type == Type::Text) return Value::of(cell_);
    const auto first = cell_.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    const std::string text = cell_.substr(first, cell_.find_last_not_of(" \t\r\n") + 1 - first);
    if (type == Type::Bool) return Value::of(text[0] == 't' || text[0] == 'T' || text[0] == '1');
    if (type == Type::Float || type == Type::Double) return Value::of(std::strtod(text.c_str(), nullptr));
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size())
      refuse(fmt::format("expected an integer, found '{}'", text.substr(0, 40)));
    return Value::of(n);
  }

  std::uint64_t max_rows_;
  XML_Parser parser_ = nullptr;
  std::shared_ptr<StaticRelation> table_ = std::make_shared<StaticRelation>();
  std::vector<Type> types_;
  std::vector<Value> row_;
  std::string cell_, error_;
  bool in_cell_ = false;
};

}  // namespace

std::variant<std::shared_ptr<const StaticRelation>, std::string> read_upload_votable(std::string_view votable,
                                                                                     std::uint64_t max_rows) {
  return UploadReader(max_rows).read(votable);
}

}  // namespace garner::archive_sim
