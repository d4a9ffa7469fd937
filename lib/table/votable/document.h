// The XML side of a VOTable (1.0 to 1.4 and what 1.5 and 1.6 add around tables; with or without a namespace): finds the
// fields, parameters and status, checks the structure, and hands the rows of the first table to a RowSink. Later tables
// are checked, not given; a TABLE with a ref borrows its fields and is left alone. Elements are told by their local
// name under the root's prefix. No entity is ever expanded: a declaration, or a reference to one declared elsewhere, is
// Malformed at once (billion laughs). One thread at a time. Errors name the line: Malformed, Corrupt where the document
// ends early, TooLarge.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/votable/outline.h"
#include "table/votable/rows.h"

struct XML_ParserStruct;

namespace garner::table {

class VotableDocument {
 public:
  // The sink must outlive the document.
  VotableDocument(const Limits& limits, RowSink& first_table);
  VotableDocument(const VotableDocument&) = delete;
  VotableDocument& operator=(const VotableDocument&) = delete;
  ~VotableDocument();

  // The next bytes; `last` with the final ones (which may be none). Proves the document's end, its QUERY_STATUS
  // included.
  Result<void> feed(std::string_view bytes, bool last);
  // A whole document in memory. Base64 goes past the XML parser: its characters can't be markup, so they need not be
  // parsed as such.
  Result<void> feed_whole(std::string_view bytes);
  // As feed(), for blocks that are large; as far as the start of a STREAM is whole in a block, its base64 goes past the
  // parser.
  Result<void> feed_block(std::string_view bytes, bool last);
  // A table whose QUERY_STATUS is ERROR is then as good as another.
  void leave_status_to_caller() { status_is_callers_ = true; }

  bool header_done() const { return header_done_; }  // the first table's fields are complete
  VotableTable take_table() { return std::move(first_); }
  // Of a good document given to feed_whole(); nothing where it holds more than one table, or no STREAM of Base64 alone.
  std::optional<VotableOutline> outline() const;
  std::map<std::string, std::string>& parameters() { return parameters_; }
  // What the last QUERY_STATUS says beside its value.
  const std::string& status_text() const { return status_text_; }
  const std::map<std::string, std::string>& parameters() const { return parameters_; }

 private:
  enum class Element : std::uint8_t {
    Votable,
    Resource,
    Table,
    Field,
    Param,
    Info,
    Description,
    Values,
    Data,
    TableData,
    Tr,
    Td,
    Binary,
    Binary2,
    Fits,
    Stream,
    Other
  };
  enum class Capture : std::uint8_t { None, Text, Cell, Stream };
  struct Callbacks;

  void start(const char* name, const char** attributes);
  void end();
  void text(std::string_view piece);

  Element classify(std::string_view name);
  void start_table(const char** attributes);
  void start_field(const char** attributes);
  void start_values(const char** attributes);
  void start_param(const char** attributes);
  void note_value(std::string_view name, std::string_view value);
  void start_info(const char** attributes);
  void start_serialization(Element element);
  void start_stream(const char** attributes);
  void start_cell();
  void end_row();
  void end_info();
  void end_table();
  void begin_rows(Serialization serialization);
  std::size_t skip_stream(std::string_view rest);
  std::size_t pass_base64(std::string_view bytes);

  void capture(Capture what);
  bool take_in_account(std::size_t bytes);  // of what is kept; refuses past max_header_bytes
  void set_parameter(std::string name, std::string value);
  void refuse(Error error);
  std::uint64_t line();
  Error parse_error(bool last);
  Result<void> check_ended() const;
  Result<void> parse_piece(std::string_view bytes, bool last);

  Limits limits_;
  XML_ParserStruct* parser_;
  RowSink& first_sink_;
  RowCheck later_sink_;
  RowSink* sink_ = nullptr;  // of the table we are in; null for one that borrows its fields

  std::vector<Element> open_;
  std::string prefix_;          // of the root, with the colon
  std::size_t meta_depth_ = 0;  // open_.size() of the outermost RESOURCE type="meta", 0 outside
  std::size_t tables_ = 0;
  VotableTable first_, later_;
  VotableTable* table_ = nullptr;
  bool rows_begun_ = false, header_done_ = false, stream_seen_ = false;
  std::size_t column_ = 0;
  std::uint64_t row_ = 0;

  Capture capture_ = Capture::None;
  std::string captured_, info_name_, info_value_, status_text_, error_info_;
  std::map<std::string, std::string> parameters_;
  std::uint64_t kept_bytes_ = 0;

  std::optional<Error> error_;
  std::string_view piece_;                           // being parsed
  std::uint64_t fed_ = 0, counted_ = 0, lines_ = 0;  // bytes before piece_; bytes and line breaks counted
  std::string_view whole_;                           // feed_whole: lines are counted only for an error
  std::uint64_t skipped_ = 0;                        // bytes of whole_ that went past the parser
  std::size_t skipped_at_ = 0, skips_ = 0;           // where in whole_, and how often
  bool past_parser_ = false;                         // feed_block: inside base64 that the parser does not see
  bool status_is_callers_ = false;
  std::vector<ValueSlot> slots_;
  std::size_t parameters_set_ = 0;  // a later one of the same name replaces an earlier one
};

}  // namespace garner::table
