#include <nlohmann/json.hpp>

#include "client/verb.h"
#include "control/sources_page.h"

namespace garner::client {

namespace {

using nlohmann::json;

std::string line_of(const json& row) {
  return row.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

// A row a line; the third cell is called by what it holds.
std::string json_lines(const harvest::SourcesPage& page, const std::string& outcome) {
  std::string out;
  for (const auto& row : page.rows) {
    const char* detail = outcome == "delivered" ? "file" : "reason";
    json line = {{"source_id", to_string(row.id)},
                 {"retrieval_type", row.retrieval_type},
                 {"outcome", outcome},
                 {detail, row.detail}};
    if (outcome == "pending") line["empty_so_far"] = row.detail.starts_with(harvest::kEmptySoFar);
    out += line_of(line);
  }
  for (const auto& row : page.refused_rows) {
    out += line_of({{"where", row.where}, {"text", row.text}, {"outcome", outcome}, {"reason", row.reason}});
  }
  return out;
}

int run_sources(Session& session) {
  const auto& arguments = session.arguments;
  std::string cursor;
  do {
    const auto page = session.client.sources(arguments.harvest, arguments.outcome, cursor, 10'000);
    if (!page) return session.fail(page.error());
    session.terminal.write(arguments.json ? json_lines(*page, arguments.outcome) : control::sources_tsv(*page));
    if (session.terminal.failed()) return kNotWell;
    if (!page->next.empty() && page->next == cursor) {
      return session.fail({Kind::Internal, "the daemon's listing does not go on; please report this", std::nullopt});
    }
    cursor = page->next;
  } while (!cursor.empty());
  return kGood;
}

}  // namespace

const Verb& sources_verb() {
  static const Verb kVerb = {
      "sources",
      "The sources of one outcome, tab-separated",
      R"(Columns, without a header: source_id, retrieval_type, and for delivered the file, for failed and pending the reason.
For refused: where the row stands in the id list, what stood there, and why it is no source. A pending source whose
reason is "empty so far" was in no answer yet; it is asked for once more before it is absent. With --json a JSON
object a line.

Examples:
  garner sources rvs-bright --outcome failed
  garner sources rvs-bright --outcome absent | cut -f1 | sort -u > without-rvs.txt
  garner sources rvs-bright --outcome refused)",
      {{"HARVEST", "its name", &Arguments::harvest, true},
       {"--outcome",
        "delivered, absent, failed, pending or refused",
        &Arguments::outcome,
        true,
        {"delivered", "absent", "failed", "pending", "refused"},
        "OUTCOME"}},
      run_sources};
  return kVerb;
}

}  // namespace garner::client
