#include "control/sources_page.h"

namespace garner::control {

std::string sources_tsv(const harvest::SourcesPage& page) {
  std::string out;
  for (const auto& row : page.rows) {
    fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\n", row.id.value, printable(row.retrieval_type),
                   printable(row.detail, 4000));
  }
  for (const auto& row : page.refused_rows) {
    fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\n", printable(row.where, 4000), printable(row.text),
                   printable(row.reason));
  }
  return out;
}

Result<harvest::SourcesPage> parse_sources_tsv(std::string_view text, bool refused) {
  harvest::SourcesPage page;
  for (std::size_t line_no = 1; !text.empty(); ++line_no) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    const auto first = line.find('\t');
    const auto second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    if (end == std::string_view::npos || second == std::string_view::npos) {
      return fail(Kind::Malformed, "the daemon's listing, line {}: expected three cells and a line feed, found '{}'",
                  line_no, printable(line, 100));
    }
    const auto a = line.substr(0, first), b = line.substr(first + 1, second - first - 1), c = line.substr(second + 1);
    if (refused) {
      page.refused_rows.push_back({std::string(a), std::string(b), std::string(c)});
    } else {
      auto id = parse_source_id(a);
      if (!id) return with_context(id.error(), "the daemon's listing, line {}", line_no);
      page.rows.push_back({*id, std::string(b), std::string(c)});
    }
    text.remove_prefix(end + 1);
  }
  return page;
}

}  // namespace garner::control
