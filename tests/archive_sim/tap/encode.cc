#include "archive_sim/tap/encode.h"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <zlib.h>

#include "archive_sim/numbers.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

struct FormatRow {
  std::string_view word, extension, content_type;
};

constexpr FormatRow kFormats[] = {
    {"votable", "vot", "application/x-votable+xml"},
    {"votable_plain", "vot", "application/x-votable+xml"},
    {"votable_gzip", "vot.gz", "application/x-votable+xml"},
    {"fits", "fits", "application/fits"},
    {"csv", "csv", "text/csv"},
    {"ecsv", "ecsv", "text/x-ecsv"},
    {"json", "json", "application/json"},
};

constexpr std::string_view kDatatypes[] = {"boolean", "short", "int", "long", "float", "double", "char"};

void append_json_text(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  out += '"';
}

void append_json_cell(std::string& out, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    out += "null";
    return;
  }
  switch (column.field.type) {
    case Type::Bool:
      out += column.integers[row] != 0 ? "true" : "false";
      break;
    case Type::Text:
      append_json_text(out, column.texts[row]);
      break;
    case Type::Float:
    case Type::Double:
      if (!std::isfinite(column.reals[row]))
        out += "null";
      else if (column.field.type == Type::Float)
        append_number(out, static_cast<float>(column.reals[row]));
      else
        append_number(out, column.reals[row]);
      break;
    default:
      append_number(out, column.integers[row]);
  }
}

std::string write_json(const Table& table) {
  std::string out = "{\"metadata\":\n[\n";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Field& f = table.columns[c].field;
    out += fmt::format(
        "{{\"name\": \"{}\", \"datatype\": \"{}\", \"xtype\": null, \"arraysize\": {}, \"description\": ", f.name,
        kDatatypes[static_cast<std::size_t>(f.type)], f.type == Type::Text ? "\"*\"" : "null");
    append_json_text(out, f.description);
    out += ", \"unit\": ";
    append_json_text(out, f.unit);
    out += ", \"ucd\": ";
    append_json_text(out, f.ucd);
    out += ", \"utype\": ";
    append_json_text(out, f.utype);
    out += c + 1 < table.columns.size() ? "},\n" : "}\n";
  }
  out += "],\n\"data\":\n[\n";
  for (std::size_t row = 0; row < table.rows(); ++row) {
    out += '[';
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (c > 0) out += ',';
      append_json_cell(out, table.columns[c], row);
    }
    out += row + 1 < table.rows() ? "],\n" : "]\n";
  }
  out += "]\n}\n";
  return out;
}

std::string write_body(const Table& table, TapFormat format) {
  std::string out;
  switch (format) {
    case TapFormat::Votable:
    case TapFormat::VotableGzip:
      append_votable_data(out, table, true);
      return out;
    case TapFormat::VotablePlain:
      append_votable_data(out, table, false);
      return out;
    case TapFormat::Fits:
      return write_fits(table);
    case TapFormat::Csv:
      return write_csv(table);
    case TapFormat::Ecsv:
      return write_ecsv(table);
    case TapFormat::Json:
      return write_json(table);
  }
  return out;
}

}  // namespace

std::optional<TapFormat> parse_tap_format(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kFormats); ++i)
    if (kFormats[i].word == name) return static_cast<TapFormat>(i);
  const std::string_view type = name.substr(0, name.find(';'));
  if (type == "application/x-votable+xml" || type == "text/xml") {
    const bool plain = name.find("TABLEDATA") != std::string_view::npos;
    if (!plain && name.find("serialization=") != std::string_view::npos &&
        name.find("BINARY2") == std::string_view::npos)
      return std::nullopt;
    return plain ? TapFormat::VotablePlain : TapFormat::Votable;
  }
  if (type == "text/csv") return TapFormat::Csv;
  if (type == "application/fits") return TapFormat::Fits;
  if (type == "application/json") return TapFormat::Json;
  return std::nullopt;
}

std::string_view tap_content_type(TapFormat format) {
  return kFormats[static_cast<std::size_t>(format)].content_type;
}
std::string_view tap_extension(TapFormat format) {
  return kFormats[static_cast<std::size_t>(format)].extension;
}
std::string_view tap_format_word(TapFormat format) {
  return kFormats[static_cast<std::size_t>(format)].word;
}

Encoded encode(const adql::ResultTable& result, TapFormat format) {
  return {std::make_shared<const std::string>(write_body(result.table, format)), result.rows, result.cut};
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string votable_head(std::string_view status, std::string_view query, std::string_view job_id, bool gaia) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
      "xsi:schemaLocation=\"http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/votable-1.4.xsd\">\n"
      "<RESOURCE type=\"results\">\n<INFO name=\"QUERY_STATUS\" value=\"{}\" />\n",
      status);
  if (gaia) {
    out += fmt::format("<INFO name=\"QUERY\" value=\"{0}\">{0}</INFO>\n", xml_escaped(query));
    if (!job_id.empty()) out += fmt::format("<INFO name=\"JOBID\" value=\"{0}\"><![CDATA[{0}]]></INFO>\n", job_id);
    out +=
        "<PARAM name=\"RELEASE\" ID=\"GaiaRelease\" datatype=\"char\" arraysize=\"*\" value=\"Gaia DR3\"/>\n"
        "<COOSYS ID=\"GAIADR3\" epoch=\"J2016.0\" system=\"ICRS\" />\n";
  }
  return out + "<TABLE>\n";
}

std::string votable_tail(std::string_view status, std::string_view message) {
  std::string out;
  if (!status.empty())
    out = fmt::format("<INFO name=\"QUERY_STATUS\" value=\"{}\">{}</INFO>\n", status, xml_escaped(message));
  return out + "</RESOURCE>\n</VOTABLE>\n";
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string error_votable(unsigned status, std::string_view message) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<VOTABLE version=\"1.2\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.2\">\n<RESOURCE type=\"results\">\n"
      "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">\n{}\n</INFO>\n<INFO name=\"HttpErrorCode\" value=\"{}\"/>\n"
      "<INFO name=\"Action\" value=\"query execution\"/>\n<INFO name=\"Exception\" value=\"esavo.tap.TAPException\"/>\n"
      "<INFO name=\"StackTrace\" value=\"ERROR\">esavo.tap.TAP.executeSimplifiedTapQuery(TAP.java:1)</INFO>\n"
      "</RESOURCE>\n</VOTABLE>\n",
      xml_escaped(message), status);
}

}  // namespace garner::archive_sim
