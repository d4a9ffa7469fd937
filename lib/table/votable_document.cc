#include "table/votable_document.h"

#include <expat.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace garner::table {

namespace {

constexpr std::size_t kMaxDepth = 200;
constexpr std::size_t kMaxParse = 1u << 30;  // XML_Parse counts in int

const char* attribute(const char** attributes, std::string_view name) {
  for (; *attributes; attributes += 2) {
    if (name == *attributes) return attributes[1];
  }
  return nullptr;
}

std::string value_or_empty(const char* value) {
  return value ? std::string(value) : std::string();
}

std::uint64_t count_breaks(std::string_view text) {
  std::uint64_t breaks = 0;
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos; ++at) ++breaks;
  return breaks;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

}  // namespace

struct VotableDocument::Callbacks {
  static VotableDocument& self(void* data) { return *static_cast<VotableDocument*>(data); }
  static void start(void* data, const char* name, const char** attributes) { self(data).start(name, attributes); }
  static void end(void* data, const char*) { self(data).end(); }
  static void text(void* data, const char* text, int length) {
    self(data).text(std::string_view(text, static_cast<std::size_t>(length)));
  }
  static void entity(void* data, const char* name, int, const char*, int, const char*, const char*, const char*,
                     const char*) {
    self(data).refuse(
        {Kind::Malformed, "declares the entity '" + printable(name, 60) + "', which a table has no use for"});
  }
  static void skipped_entity(void* data, const char* name, int) {
    self(data).refuse(
        {Kind::Malformed, "refers to the entity '" + printable(name, 60) + "', which is not declared here"});
  }
};

VotableDocument::VotableDocument(const Limits& limits, RowSink& first_table)
    : limits_(limits),
      parser_(XML_ParserCreate(nullptr)),
      first_sink_(first_table),
      later_sink_(limits.max_cell_bytes) {
  if (!parser_) return;
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(parser_, &Callbacks::start, &Callbacks::end);
  XML_SetEntityDeclHandler(parser_, &Callbacks::entity);
  XML_SetSkippedEntityHandler(parser_, &Callbacks::skipped_entity);
}

VotableDocument::~VotableDocument() {
  if (parser_) XML_ParserFree(parser_);
}

Result<void> VotableDocument::feed(std::string_view bytes, bool last) {
  do {
    const auto piece = bytes.substr(0, kMaxParse);
    bytes.remove_prefix(piece.size());
    if (auto parsed = parse_piece(piece, last && bytes.empty()); !parsed) return parsed;
  } while (!bytes.empty());
  return last ? check_ended() : Result<void>();
}

Result<void> VotableDocument::parse_piece(std::string_view bytes, bool last) {
  if (error_) return std::unexpected(*error_);
  if (!parser_) return fail(Kind::Internal, "expat could not be initialised");
  piece_ = bytes;
  const auto status = XML_Parse(parser_, bytes.data(), static_cast<int>(bytes.size()), last);
  if (status != XML_STATUS_OK && !error_) error_ = parse_error(last);
  if (error_) return std::unexpected(*error_);
  if (whole_.empty()) lines_ += count_breaks(bytes.substr(counted_ - fed_));
  fed_ += bytes.size();
  counted_ = fed_;
  piece_ = {};
  // What expat could not finish it holds: a token without end would grow with the document.
  const auto at = XML_GetCurrentByteIndex(parser_);
  const std::uint64_t held = at >= 0 ? fed_ - std::min(fed_, static_cast<std::uint64_t>(at)) : 0;
  if (!last && held > limits_.max_header_bytes + bytes.size()) {
    return fail(Kind::TooLarge, "line {}: a tag, comment or instruction is larger than {} bytes", lines_ + 1,
                limits_.max_header_bytes);
  }
  if (!header_done_ && fed_ > limits_.max_header_bytes) {
    return fail(Kind::TooLarge, "the VOTable's header is larger than {} bytes", limits_.max_header_bytes);
  }
  return {};
}

Result<void> VotableDocument::feed_whole(std::string_view bytes) {
  whole_ = bytes;
  constexpr int kTries = 8;  // a document full of the word STREAM must not be parsed in tiny pieces
  for (int tries = 0; tries < kTries; ++tries) {
    std::size_t at = bytes.find("STREAM");
    while (at != std::string_view::npos && (at == 0 || (bytes[at - 1] != '<' && bytes[at - 1] != ':'))) {
      at = bytes.find("STREAM", at + 6);
    }
    const std::size_t tag_end = at == std::string_view::npos ? at : bytes.find('>', at);
    if (tag_end == std::string_view::npos) break;
    if (auto fed = feed(bytes.substr(0, tag_end + 1), false); !fed) return fed;
    bytes.remove_prefix(tag_end + 1);
    if (capture_ != Capture::Stream) continue;
    bytes.remove_prefix(skip_stream(bytes));
    if (error_) return std::unexpected(*error_);
  }
  return feed(bytes, true);
}

std::size_t VotableDocument::skip_stream(std::string_view rest) {
  const std::size_t length = rest.find('<');
  if (length == std::string_view::npos) return 0;
  const auto base64 = rest.substr(0, length);
  if (base64.find('&') != std::string_view::npos) return 0;
  if (auto taken = sink_ ? sink_->stream_text(base64) : Result<void>(); !taken) refuse(std::move(taken.error()));
  skipped_ += length;
  return length;
}

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
      start_info(attributes);
      break;
    case Element::Description:
      if (inside(Element::Field)) capture(Capture::Text);
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
      if (capture_ != Capture::Text) break;
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
  if (name) set_parameter(name, value_or_empty(attribute(attributes, "value")));
}

void VotableDocument::start_info(const char** attributes) {
  if (capture_ != Capture::None) return;
  info_name_ = value_or_empty(attribute(attributes, "name"));
  info_value_ = value_or_empty(attribute(attributes, "value"));
  capture(Capture::Text);
}

void VotableDocument::end_info() {
  if (capture_ != Capture::Text) return;
  const std::string content(trimmed(captured_));
  capture(Capture::None);
  if (meta_depth_ != 0 || (table_ && table_ != &first_)) return;
  if (!take_in_account(content.size())) return;
  if (info_name_ == "QUERY_STATUS") status_text_ = content;
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

void VotableDocument::text(std::string_view piece) {
  if (error_) return;
  if (capture_ == Capture::Stream) {
    if (auto taken = sink_ ? sink_->stream_text(piece) : Result<void>(); !taken) refuse(std::move(taken.error()));
    return;
  }
  if (capture_ == Capture::Cell) {
    if (auto taken = sink_->cell_text(piece); !taken) refuse(std::move(taken.error()));
    return;
  }
  if (captured_.size() + piece.size() > limits_.max_header_bytes) {
    return refuse(
        {Kind::TooLarge, fmt::format("an INFO or DESCRIPTION is larger than {} bytes", limits_.max_header_bytes)});
  }
  captured_ += piece;
}

void VotableDocument::capture(Capture what) {
  capture_ = what;
  captured_.clear();
  XML_SetCharacterDataHandler(parser_, what == Capture::None ? nullptr : &Callbacks::text);
}

bool VotableDocument::take_in_account(std::size_t bytes) {
  kept_bytes_ += bytes;
  if (kept_bytes_ <= limits_.max_header_bytes) return true;
  refuse({Kind::TooLarge, fmt::format("fields and parameters take more than {} bytes", limits_.max_header_bytes)});
  return false;
}

void VotableDocument::set_parameter(std::string name, std::string value) {
  if (take_in_account(name.size() + value.size())) parameters_.insert_or_assign(std::move(name), std::move(value));
}

std::uint64_t VotableDocument::line() {
  const auto index = XML_GetCurrentByteIndex(parser_);
  const std::uint64_t at = index < 0 ? 0 : static_cast<std::uint64_t>(index);
  if (!whole_.empty()) return count_breaks(whole_.substr(0, at + skipped_)) + 1;
  if (at > counted_ && at <= fed_ + piece_.size()) {
    lines_ += count_breaks(piece_.substr(counted_ - fed_, at - counted_));
    counted_ = at;
  }
  return lines_ + 1;
}

void VotableDocument::refuse(Error error) {
  if (error_) return;
  error_ = std::move(with_context(std::move(error), "line {}", line()).error());
  XML_StopParser(parser_, XML_FALSE);
}

Error VotableDocument::parse_error(bool last) {
  const auto code = XML_GetErrorCode(parser_);
  const std::uint64_t at = line();
  switch (code) {
    case XML_ERROR_NO_ELEMENTS:
    case XML_ERROR_UNCLOSED_TOKEN:
    case XML_ERROR_UNCLOSED_CDATA_SECTION:
    case XML_ERROR_PARTIAL_CHAR:
      if (last) return {Kind::Corrupt, fmt::format("line {}: the VOTable is cut: it ends before </VOTABLE>", at)};
      break;
    case XML_ERROR_NO_MEMORY:
      return {Kind::Internal, "out of memory in the XML parser"};
    case XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
      return {Kind::Malformed, fmt::format("line {}: something stands behind </VOTABLE>", at)};
    default:
      break;
  }
  return {Kind::Malformed, fmt::format("line {}: not well-formed XML: {}", at, XML_ErrorString(code))};
}

Result<void> VotableDocument::check_ended() const {
  const auto status = parameters_.find("QUERY_STATUS");
  if (status != parameters_.end() && status->second == "ERROR") {
    return fail(Kind::Malformed, "the VOTable reports QUERY_STATUS ERROR: {}",
                status_text_.empty() ? "without a text" : printable(status_text_));
  }
  if (tables_ == 0 && !error_info_.empty()) {
    return fail(Kind::Malformed, "the VOTable holds no TABLE but the error: {}", printable(error_info_));
  }
  if (tables_ == 0) return fail(Kind::Malformed, "the VOTable holds no TABLE");
  return {};
}

}  // namespace garner::table
