#include "table/votable/document.h"

#include <expat.h>

#include <algorithm>
#include <cstring>

namespace garner::table {

namespace {

constexpr std::size_t kMaxParse = 256u << 10;  // expat copies what it is given
constexpr std::uint64_t kMaxKept = 1u << 20;   // a parser that went over more may hold much memory

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
// Making a parser costs as much as reading a small header: the thread keeps the one it used last.
thread_local std::unique_ptr<XML_ParserStruct, FreeParser> idle_parser;

XML_Parser take_parser() {
  if (idle_parser) return idle_parser.release();
  return XML_ParserCreate(nullptr);
}

void give_parser(XML_Parser parser, std::uint64_t bytes_parsed) {
  const bool good = bytes_parsed <= kMaxKept && !idle_parser && XML_ParserReset(parser, nullptr) == XML_TRUE;
  if (good)
    idle_parser.reset(parser);
  else
    XML_ParserFree(parser);
}

constexpr int kTries = 8;  // a document full of the word STREAM must not be parsed in tiny pieces

// Of the first tag that may start a STREAM.
std::size_t find_stream_tag_end(std::string_view bytes) {
  std::size_t at = bytes.find("STREAM");
  while (at != std::string_view::npos && (at == 0 || (bytes[at - 1] != '<' && bytes[at - 1] != ':'))) {
    at = bytes.find("STREAM", at + 6);
  }
  return at == std::string_view::npos ? at : bytes.find('>', at);
}

// Where base64 ends: at the first '<' or '&'.
std::size_t find_markup(std::string_view text) {
  constexpr std::size_t kBlock = 64u << 10;  // stays in the cache for the second search
  for (std::size_t at = 0; at < text.size(); at += kBlock) {
    const auto block = text.substr(at, kBlock);
    const std::size_t found = std::min(block.find('<'), block.find('&'));
    if (found != std::string_view::npos) return at + found;
  }
  return std::string_view::npos;
}

std::uint64_t count_breaks(std::string_view text) {
  constexpr std::size_t kBlock = 128;  // a byte counts them, so that the compiler can do many at once
  std::uint64_t breaks = 0;
  for (; text.size() >= kBlock; text.remove_prefix(kBlock)) {
    unsigned char here = 0;
    for (std::size_t i = 0; i < kBlock; ++i) here = static_cast<unsigned char>(here + (text[i] == '\n'));
    breaks += here;
  }
  return breaks + static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
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
    : limits_(limits), parser_(take_parser()), first_sink_(first_table), later_sink_(limits.max_cell_bytes) {
  if (!parser_) return;
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(parser_, &Callbacks::start, &Callbacks::end);
  XML_SetEntityDeclHandler(parser_, &Callbacks::entity);
  XML_SetSkippedEntityHandler(parser_, &Callbacks::skipped_entity);
}

VotableDocument::~VotableDocument() {
  if (parser_) give_parser(parser_, fed_);
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
  for (int tries = 0; tries < kTries; ++tries) {
    const std::size_t tag_end = find_stream_tag_end(bytes);
    if (tag_end == std::string_view::npos) break;
    if (auto fed = feed(bytes.substr(0, tag_end + 1), false); !fed) return fed;
    bytes.remove_prefix(tag_end + 1);
    if (capture_ != Capture::Stream) continue;
    bytes.remove_prefix(skip_stream(bytes));
    if (error_) return std::unexpected(*error_);
  }
  return feed(bytes, true);
}

Result<void> VotableDocument::feed_block(std::string_view bytes, bool last) {
  if (past_parser_) bytes.remove_prefix(pass_base64(bytes));
  const bool in_text = rows_begun_ && table_ && table_->serialization == Serialization::TableData;
  for (int tries = 0; tries < kTries && !past_parser_ && !error_ && !in_text; ++tries) {
    const std::size_t tag_end = find_stream_tag_end(bytes);
    if (tag_end == std::string_view::npos) break;
    if (auto fed = feed(bytes.substr(0, tag_end + 1), false); !fed) return fed;
    bytes.remove_prefix(tag_end + 1);
    if (capture_ == Capture::Stream) bytes.remove_prefix(pass_base64(bytes));
  }
  if (error_) return std::unexpected(*error_);
  return bytes.empty() && !last ? Result<void>() : feed(bytes, last);
}

std::size_t VotableDocument::pass_base64(std::string_view bytes) {
  const auto base64 = bytes.substr(0, find_markup(bytes));
  past_parser_ = base64.size() == bytes.size();
  if (auto taken = sink_ ? sink_->stream_text(base64) : Result<void>(); !taken) refuse(std::move(taken.error()));
  lines_ += count_breaks(base64);
  return base64.size();
}

std::size_t VotableDocument::skip_stream(std::string_view rest) {
  const std::size_t length = find_markup(rest);
  if (length == std::string_view::npos || rest[length] == '&') return 0;
  const auto base64 = rest.substr(0, length);
  if (auto taken = sink_ ? sink_->stream_text(base64) : Result<void>(); !taken) refuse(std::move(taken.error()));
  skipped_at_ = static_cast<std::size_t>(rest.data() - whole_.data());
  ++skips_;
  skipped_ += length;
  return length;
}

std::optional<VotableOutline> VotableDocument::outline() const {
  if (tables_ != 1 || skips_ != 1 || parameters_set_ != parameters_.size()) return std::nullopt;
  return VotableOutline{whole_.substr(0, skipped_at_), whole_.substr(skipped_at_ + skipped_), slots_, kept_bytes_};
}

void VotableDocument::note_value(std::string_view name, std::string_view value) {
  if (whole_.empty() || skips_ != 0 || name == "QUERY_STATUS") return;
  const auto at = XML_GetCurrentByteIndex(parser_);
  const auto length = XML_GetCurrentByteCount(parser_);
  if (at < 0 || length <= 0) return;
  const auto raw =
      raw_attribute(whole_.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length)), "value");
  if (!raw || *raw != value) return;
  slots_.push_back({static_cast<std::size_t>(raw->data() - whole_.data()), raw->size(), std::string(name)});
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
  ++parameters_set_;
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
  if (status != parameters_.end() && status->second == "ERROR" && (!status_is_callers_ || tables_ == 0)) {
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
