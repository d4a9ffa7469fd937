// The elements of a VOTable (VOTable 1.4 §3 to §5): what each of them starts and ends, and where it may stand.
#include <array>

#include "table/votable/document.h"

namespace garner::table {

namespace {

constexpr std::size_t kMaxDepth = 200;

const char* attribute(const char** attributes, std::string_view name) {
  for (; *attributes; attributes += 2) {
    if (name == *attributes) return attributes[1];
  }
  return nullptr;
}

std::string value_or_empty(const char* value) {
  return value ? std::string(value) : std::string();
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

VotableDocument::Element VotableDocument::classify(std::string_view name) {
  struct Row {
    std::string_view name;
    Element element;
  };
  static constexpr std::array<Row, 15> kRows{{{"TD", Element::Td},
                                              {"TR", Element::Tr},
                                              {"FIELD", Element::Field},
                                              {"DESCRIPTION", Element::Description},
                                              {"PARAM", Element::Param},
                                              {"INFO", Element::Info},
                                              {"VALUES", Element::Values},
                                              {"RESOURCE", Element::Resource},
                                              {"TABLE", Element::Table},
                                              {"DATA", Element::Data},
                                              {"TABLEDATA", Element::TableData},
                                              {"BINARY", Element::Binary},
                                              {"BINARY2", Element::Binary2},
                                              {"STREAM", Element::Stream},
                                              {"FITS", Element::Fits}}};
  if (!name.starts_with(prefix_)) return Element::Other;
  name.remove_prefix(prefix_.size());
  for (const auto& row : kRows) {
    if (row.name == name) return row.element;
  }
  return Element::Other;
}

void VotableDocument::start(const char* name, const char** attributes) {
  if (error_) return;
  if (open_.empty()) {
    const std::string_view root(name);
    const auto colon = root.find(':');
    prefix_ = colon == std::string_view::npos ? "" : root.substr(0, colon + 1);
    if (root.substr(prefix_.size()) != "VOTABLE") {
      return refuse({Kind::Malformed, "the document's root is <" + printable(root, 60) + ">, not <VOTABLE>"});
    }
    open_.push_back(Element::Votable);
    return;
  }
  if (open_.size() >= kMaxDepth)
    return refuse({Kind::Malformed, fmt::format("elements are nested deeper than {}", kMaxDepth)});
  const Element parent = open_.back();
  Element element = classify(name);
  const auto inside = [&](Element wanted) { return parent == wanted; };
  switch (element) {
    case Element::Td:
      if (inside(Element::Tr))
        start_cell();
      else
        element = Element::Other;
      break;
    case Element::Tr:
      if (inside(Element::TableData))
        column_ = 0;
      else
        element = Element::Other;
      break;
    case Element::Resource: {
      const char* type = attribute(attributes, "type");
      if (meta_depth_ == 0 && type && std::string_view(type) == "meta") meta_depth_ = open_.size() + 1;
      break;
    }
    case Element::Table:
      if (table_)
        element = Element::Other;
      else
        start_table(attributes);
      break;
    case Element::Field:
      if (inside(Element::Table))
        start_field(attributes);
      else
        element = Element::Other;
      break;
    case Element::Values:
      if (inside(Element::Field)) start_values(attributes);
      break;
    case Element::Param:
      start_param(attributes);
      break;
    case Element::Info:
      if (capture_ == Capture::None)
        start_info(attributes);
      else
        element = Element::Other;
      break;
    case Element::Description:
      if (inside(Element::Field))
        capture(Capture::Text);
      else
        element = Element::Other;
      break;
    case Element::Data:
      if (!inside(Element::Table)) element = Element::Other;
      break;
    case Element::TableData:
    case Element::Binary:
    case Element::Binary2:
    case Element::Fits:
      if (inside(Element::Data))
        start_serialization(element);
      else
        element = Element::Other;
      break;
    case Element::Stream:
      if (inside(Element::Binary) || inside(Element::Binary2))
        start_stream(attributes);
      else
        element = Element::Other;
      break;
    default:
      break;
  }
  open_.push_back(element);
}

void VotableDocument::end() {
  if (error_) return;
  const Element element = open_.back();
  open_.pop_back();
  switch (element) {
    case Element::Td:
      if (sink_) sink_->end_cell();
      if (capture_ != Capture::None) capture(Capture::None);
      break;
    case Element::Tr:
      end_row();
      break;
    case Element::Stream: {
      capture(Capture::None);
      if (auto ended = sink_ ? sink_->end_stream() : Result<void>(); !ended) refuse(std::move(ended.error()));
      break;
    }
    case Element::Binary:
    case Element::Binary2:
      if (!stream_seen_) refuse({Kind::Malformed, "the binary table holds no STREAM"});
      break;
    case Element::Description:
      if (take_in_account(captured_.size())) table_->fields.back().column.description = trimmed(captured_);
      capture(Capture::None);
      break;
    case Element::Info:
      end_info();
      break;
    case Element::Table:
      end_table();
      break;
    case Element::Resource:
      if (meta_depth_ == open_.size() + 1) meta_depth_ = 0;
      break;
    default:
      break;
  }
}

void VotableDocument::start_table(const char** attributes) {
  ++tables_;
  const bool borrows = tables_ > 1 && attribute(attributes, "ref");
  table_ = tables_ == 1 ? &first_ : &later_;
  *table_ = {};
  sink_ = borrows ? nullptr : tables_ == 1 ? &first_sink_ : &later_sink_;
  rows_begun_ = false;
  row_ = 0;
}

void VotableDocument::start_field(const char** attributes) {
  if (rows_begun_) return refuse({Kind::Malformed, "a FIELD stands behind the table's DATA"});
  if (table_->fields.size() >= limits_.max_columns) {
    return refuse({Kind::TooLarge, fmt::format("more than {} FIELDs", limits_.max_columns)});
  }
  auto& field = table_->fields.emplace_back();
  const char* name = attribute(attributes, "name");
  field.column.name = value_or_empty(name ? name : attribute(attributes, "ID"));
  field.column.unit = value_or_empty(attribute(attributes, "unit"));
  field.column.ucd = value_or_empty(attribute(attributes, "ucd"));
  field.datatype_name = value_or_empty(attribute(attributes, "datatype"));
  field.datatype = parse_datatype(field.datatype_name);
  const char* arraysize = attribute(attributes, "arraysize");
  auto shaped = set_shape(field, arraysize ? arraysize : "", limits_.max_cell_bytes);
  if (!shaped) return refuse(std::move(shaped.error()));
  take_in_account(field.column.name.size() + field.column.unit.size() + field.column.ucd.size() + sizeof(VotableField));
}

void VotableDocument::start_values(const char** attributes) {
  auto& field = table_->fields.back();
  const char* null = attribute(attributes, "null");
  if (null && field.column.type == ColumnType::Integer) field.null_value = parse_integer(null);
}

void VotableDocument::start_param(const char** attributes) {
  // A descriptor of another service, or a later table, says nothing about this table.
  if (meta_depth_ != 0 || (table_ && table_ != &first_)) return;
  const char* name = attribute(attributes, "name");
  if (!name) return;
  const char* value = attribute(attributes, "value");
  if (value) note_value(name, value);
  set_parameter(name, value_or_empty(value));
}

void VotableDocument::start_info(const char** attributes) {
  info_name_ = value_or_empty(attribute(attributes, "name"));
  info_value_ = value_or_empty(attribute(attributes, "value"));
  capture(Capture::Text);
}

void VotableDocument::end_info() {
  const std::string content(trimmed(captured_));
  capture(Capture::None);
  if (meta_depth_ != 0 || (table_ && table_ != &first_)) return;
  if (!take_in_account(content.size())) return;
  if (equals_ignoring_case(info_name_, "QUERY_STATUS")) {
    // The last one counts (DALI 1.1 §5.4): a server that streams reports trouble behind its rows.
    info_name_ = "QUERY_STATUS";
    for (const auto known : {"OK", "ERROR", "OVERFLOW"}) {
      if (equals_ignoring_case(info_value_, known)) info_value_ = known;
    }
    status_text_ = content;
  }
  if (equals_ignoring_case(info_name_, "ERROR")) error_info_ = content.empty() ? info_value_ : content;
  set_parameter(info_name_, info_value_.empty() ? content : info_value_);
}

void VotableDocument::start_serialization(Element element) {
  if (element == Element::Fits) return refuse({Kind::Malformed, "a VOTable around a FITS file is not read here"});
  if (rows_begun_) return refuse({Kind::Malformed, "the TABLE holds more than one DATA"});
  stream_seen_ = false;
  begin_rows(element == Element::TableData ? Serialization::TableData
             : element == Element::Binary  ? Serialization::Binary
                                           : Serialization::Binary2);
}

void VotableDocument::begin_rows(Serialization serialization) {
  rows_begun_ = true;
  table_->serialization = serialization;
  if (table_ == &first_) header_done_ = true;
  if (!sink_) return;
  if (auto begun = sink_->begin(*table_); !begun) refuse(std::move(begun.error()));
}

void VotableDocument::start_stream(const char** attributes) {
  if (stream_seen_) return refuse({Kind::Malformed, "the binary table holds more than one STREAM"});
  stream_seen_ = true;
  if (const char* href = attribute(attributes, "href")) {
    return refuse({Kind::Malformed, "the table's rows are not in the file but at " + printable(href, 200)});
  }
  const std::string encoding = value_or_empty(attribute(attributes, "encoding"));
  if (encoding != "base64") {
    return refuse({Kind::Malformed, "STREAM encoding '" + printable(encoding, 60) + "': only base64 is read"});
  }
  capture(Capture::Stream);
}

void VotableDocument::start_cell() {
  if (!sink_) return;
  if (column_ >= table_->fields.size()) {
    return refuse(
        {Kind::Malformed, fmt::format("row {} holds more cells than the {} FIELDs", row_ + 1, table_->fields.size())});
  }
  if (sink_->wants_text(column_)) capture(Capture::Cell);
  ++column_;
}

void VotableDocument::end_row() {
  ++row_;
  if (!sink_) return;
  if (column_ != table_->fields.size()) {
    return refuse({Kind::Malformed, fmt::format("row {} holds {} cells, but there are {} FIELDs", row_, column_,
                                                table_->fields.size())});
  }
  sink_->end_row(sink_->wants_lines() ? line() : 0);
}

void VotableDocument::end_table() {
  if (!rows_begun_) begin_rows(Serialization::TableData);
  table_ = nullptr;
  sink_ = nullptr;
}

}  // namespace garner::table
