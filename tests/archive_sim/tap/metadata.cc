#include "archive_sim/tap/metadata.h"

#include <fmt/format.h>

#include "archive_sim/tap/encode.h"

namespace garner::archive_sim {
namespace {

constexpr std::string_view kDatatypes[] = {"boolean", "short", "int", "long", "float", "double", "char"};
constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kXsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

std::string element(std::string_view name, std::string_view text) {
  return text.empty() ? std::string{} : fmt::format("<{0}>{1}</{0}>", name, xml_escaped(text));
}

int gaia_flags(const Field& f) {
  if (f.name == "source_id") return 16;
  if (f.name == "ra") return 1;
  if (f.name == "dec") return 2;
  return f.unit == "mag" ? 8 : 0;
}

std::string column_xml(const Field& f, bool gaia) {
  const auto type = kDatatypes[static_cast<std::size_t>(f.type)];
  std::string out =
      gaia ? fmt::format("\t\t\t<column std=\"false\" esatapplus:flags=\"{}\" esatapplus:ref=\"\">", gaia_flags(f))
           : std::string("<column>");
  out += element("name", f.name);
  out += gaia ? fmt::format("<description><![CDATA[{}]]></description>", f.description)
              : element("description", f.description);
  out += element("unit", f.unit) + element("ucd", f.ucd) + element("utype", f.utype);
  out += fmt::format("<dataType xsi:type=\"{}:VOTableType\"{}>{}</dataType>", gaia ? "vod" : "vs",
                     f.type == Type::Text ? " arraysize=\"*\"" : "", type);
  if (f.name == "source_id" || f.name == "random_index") out += "<flag>indexed</flag>";
  return out + "</column>\n";
}

std::string table_xml(const CatalogueTable& t, bool gaia, bool columns) {
  const std::size_t rows = t.relation->rows();
  std::string out = gaia ? fmt::format(
                               "\t\t<table type=\"base_table\" esatapplus:size=\"{}\" esatapplus:size_bytes=\"{}\" "
                               "esatapplus:flags=\"1\" esatapplus:hierarchy=\"Gaia\">\n",
                               rows, rows * 8 * t.relation->fields().size())
                         : std::string("<table>");
  out += element("name", t.name) + element("description", t.description);
  if (!gaia) out += element("nrows", std::to_string(rows));
  out += '\n';
  if (columns)
    for (const Field& f : t.relation->fields()) out += column_xml(f, gaia);
  return out + "</table>\n";
}

template <class Wanted>
std::string schemas_xml(const Sky& sky, bool gaia, bool columns, Wanted wanted) {
  std::string out;
  for (const std::string_view schema : {"gaiadr3", "tap_schema"}) {
    std::string tables;
    for (const CatalogueTable& t : sky.tables())
      if (t.schema == schema && wanted(t)) tables += table_xml(t, gaia, columns);
    if (tables.empty()) continue;
    out += gaia ? "\t<schema  esatapplus:public=\"true\">" : "<schema>";
    out += element("name", schema) + "\n" + tables + "</schema>\n";
  }
  return out;
}

}  // namespace

std::string capabilities_xml(const std::string& base, const Knobs& knobs, bool gaia) {
  const TapKnobs& k = knobs.tap;
  std::string out = fmt::format(
      "{}<vosi:capabilities xmlns:vosi=\"http://www.ivoa.net/xml/VOSICapabilities/v1.0\" {} "
      "xmlns:vs=\"http://www.ivoa.net/xml/VODataService/v1.1\" xmlns:tr=\"http://www.ivoa.net/xml/TAPRegExt/v1.0\">\n",
      kXml, kXsi);
  for (const std::string_view part : {"capabilities", "availability", "tables"})
    out += fmt::format(
        "<capability standardID=\"ivo://ivoa.net/std/VOSI#{0}{2}\"><interface xsi:type=\"vs:ParamHTTP\" role=\"std\">"
        "<accessURL use=\"full\">{1}/{0}</accessURL></interface></capability>\n",
        part, base, part == "tables" ? "-1.1" : "");
  out += fmt::format(
      "<capability standardID=\"ivo://ivoa.net/std/TAP\" xsi:type=\"tr:TableAccess\">\n<interface "
      "xsi:type=\"vs:ParamHTTP\" role=\"std\" version=\"{}\"><accessURL use=\"base\">{}</accessURL></interface>\n"
      "<language><name>ADQL</name><version ivo-id=\"ivo://ivoa.net/std/ADQL#v2.0\">2.0</version></language>\n",
      gaia ? "1.0" : "1.1", base);
  for (const auto format : {TapFormat::Votable, TapFormat::VotablePlain, TapFormat::VotableGzip, TapFormat::Fits,
                            TapFormat::Csv, TapFormat::Ecsv, TapFormat::Json})
    out += fmt::format("<outputFormat><mime>{}</mime><alias>{}</alias></outputFormat>\n", tap_content_type(format),
                       tap_format_word(format));
  out += "<uploadMethod ivo-id=\"ivo://ivoa.net/std/TAPRegExt#upload-inline\"/>\n";
  const auto limit = [&](std::string_view name, double value) {
    out += fmt::format("<{0}><default>{1:.0f}</default><hard>{1:.0f}</hard></{0}>\n", name, value);
  };
  limit("retentionPeriod", k.destruction_s);
  limit("executionDuration", k.execution_duration_s);
  if (k.sync_row_cap > 0 && k.async_row_cap > 0)
    out += fmt::format("<outputLimit><default unit=\"row\">{}</default><hard unit=\"row\">{}</hard></outputLimit>\n",
                       gaia ? k.sync_row_cap : k.async_row_cap, k.async_row_cap);
  out += "<uploadLimit>";
  if (k.upload_max_rows > 0) out += fmt::format("<default unit=\"row\">{}</default>", k.upload_max_rows);
  out += fmt::format("<hard unit=\"byte\">{}</hard></uploadLimit>\n", k.upload_max_bytes);
  return out + "</capability>\n</vosi:capabilities>\n";
}

std::string availability_xml(bool available) {
  return fmt::format(
      "{}<avl:availability "
      "xmlns:avl=\"http://www.ivoa.net/xml/VOSIAvailability/v1.0\">\n<avl:available>{}</avl:available>\n"
      "<avl:upSince>2026-11-01T00:00:00Z</avl:upSince>\n<avl:note>a simulated "
      "service</avl:note>\n</avl:availability>\n",
      kXml, available);
}

std::string gaia_tables_xml(const Sky& sky, bool only_tables, std::string_view tables) {
  const std::string list = fmt::format(",{},", tables);
  return fmt::format(
             "{}<vod:tableset {} xmlns:vod=\"http://www.ivoa.net/xml/VODataService/v1.1\" xsi:type=\"vod:TableSet\" "
             "xmlns:esatapplus=\"http://esa.int/xml/EsaTapPlus\">\n",
             kXml, kXsi) +
         schemas_xml(sky, true, !only_tables,
                     [&](const CatalogueTable& t) {
                       return tables.empty() || list.find("," + t.name + ",") != std::string::npos;
                     }) +
         "</vod:tableset>\n";
}

std::string vosi_tables_xml(const Sky& sky, bool columns) {
  return fmt::format(
             "{}<vosi:tableset xmlns:vosi=\"http://www.ivoa.net/xml/VOSITables/v1.0\" {} "
             "xmlns:vs=\"http://www.ivoa.net/xml/VODataService/v1.1\">\n",
             kXml, kXsi) +
         schemas_xml(sky, false, columns, [](const CatalogueTable&) { return true; }) + "</vosi:tableset>\n";
}

std::string vosi_table_xml(const Sky& sky, std::string_view name) {
  for (const CatalogueTable& t : sky.tables()) {
    if (t.name != name) continue;
    std::string xml = table_xml(t, false, true);
    return fmt::format(
        "{}<vosi:table xmlns:vosi=\"http://www.ivoa.net/xml/VOSITables/v1.0\" {} "
        "xmlns:vs=\"http://www.ivoa.net/xml/VODataService/v1.1\">{}</vosi:table>\n",
        kXml, kXsi, xml.substr(7, xml.size() - 7 - 9));
  }
  return {};
}

}  // namespace garner::archive_sim
