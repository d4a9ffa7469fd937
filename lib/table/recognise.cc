// Which format bytes are in, told by how they begin; and what else they look like, for the message.
#include <array>
#include <string_view>

#include "table/readers.h"

namespace garner::table {

namespace {

struct Signature {
  std::string_view magic;
  std::size_t offset;
  std::string_view what;
};

constexpr std::array<Signature, 8> kForeign{{{"PK\x03\x04", 0, "a zip archive: unpack it first"},
                                             {std::string_view("PK\x05\x06", 4), 0, "an empty zip archive"},
                                             {"\x1f\x8b", 0, "gzip-compressed"},
                                             {"\x28\xb5\x2f\xfd", 0, "zstd-compressed"},
                                             {"BZh", 0, "bzip2-compressed: decompress it first"},
                                             {"\xfd"
                                              "7zXZ",
                                              0, "xz-compressed: decompress it first"},
                                             {"ustar", 257, "a tar archive: unpack it first"},
                                             {"PAR1", 0, "a Parquet file, which is not read here"}}};

bool contains_ignoring_case(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; }) != text.end();
}

// A name that a column could have: it begins with a letter or an underscore, perhaps behind a quote.
bool is_name(std::string_view cell) {
  if (cell.starts_with('"')) cell.remove_prefix(1);
  if (cell.empty()) return false;
  const char c = static_cast<char>(cell.front() | 0x20);
  return (c >= 'a' && c <= 'z') || cell.front() == '_';
}

Result<Format> recognise_names(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto tabs = std::ranges::count(line, '\t'), commas = std::ranges::count(line, ',');
  const char delimiter = tabs > commas ? '\t' : ',';
  bool names = true;
  for (std::string_view rest = line; names;) {
    const auto end = rest.find(delimiter);
    names = is_name(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (!names) {
    return fail(Kind::Malformed,
                "line 1: expected a VOTable, a FITS file, or a header line with column names, found '{}'",
                printable(line, 60));
  }
  return delimiter == '\t' ? Format::Tsv : Format::Csv;
}

}  // namespace

Result<Format> recognise(std::span<const std::byte> head) {
  std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.empty()) return fail(Kind::Malformed, "the file is empty");
  for (const auto& signature : kForeign) {
    if (text.size() > signature.offset && text.substr(signature.offset).starts_with(signature.magic)) {
      return fail(Kind::Malformed, "expected a table, but this is {}", signature.what);
    }
  }
  if (text.starts_with("SIMPLE  =")) return Format::Fits;
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return Format::VOTable;  // UTF-16, which expat reads
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.starts_with("# %ECSV ")) return Format::Ecsv;
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '<') {
    const bool is_html = contains_ignoring_case(text, "<html") || contains_ignoring_case(text, "<!doctype html");
    if (is_html && text.find("VOTABLE") == std::string_view::npos) {
      return fail(Kind::Malformed, "expected a table, but this is an HTML page");
    }
    return Format::VOTable;
  }
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
    return fail(Kind::Malformed, "expected a table, but this is JSON, which is not read here");
  }
  return recognise_names(text.substr(0, text.find('\n')));
}

}  // namespace garner::table
