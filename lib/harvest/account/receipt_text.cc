// A receipt as Markdown and as JSON.
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/number_text.h"
#include "harvest/account/receipt.h"

namespace garner::harvest {

namespace {

using nlohmann::json;

constexpr std::size_t kReasonRowsMost = 20;  // of the Markdown; the JSON has them all
constexpr std::size_t kWordsMost = 160;      // of a reason there

std::string utc_text(std::int64_t unix_s) {
  const auto when = static_cast<std::time_t>(unix_s);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &utc));
}

json time_json(std::int64_t unix_s) {
  if (unix_s == 0) return nullptr;
  const auto when = static_cast<std::time_t>(unix_s);
  std::tm utc{};
  gmtime_r(&when, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc));
}

struct Sum {
  std::uint64_t requested = 0, pending = 0, delivered = 0, absent = 0, failed = 0, empty_so_far = 0,
                second_look_found = 0;
};

Sum sum_of(const Receipt& receipt) {
  Sum sum;
  for (const auto& type : receipt.types) {
    sum.requested += type.requested;
    sum.pending += type.pending;
    sum.delivered += type.delivered;
    sum.absent += type.absent;
    sum.failed += type.failed;
    sum.empty_so_far += type.empty_so_far;
    sum.second_look_found += type.second_look_found;
  }
  return sum;
}

std::uint64_t failed_attempts(const Receipt& receipt) {
  std::uint64_t count = 0;
  for (const auto& reason : receipt.reasons) count += reason.count;
  return count;
}

bool is_over(const Receipt& receipt) {
  return receipt.state == "finished" || receipt.state == "cancelled";
}

// In a cell of a table a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '|' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

using Table = std::vector<std::vector<std::string>>;

// Aligned for whoever reads the file as it is. Columns from `numbers` on are right-aligned.
std::string table_text(const Table& rows, std::size_t numbers) {
  std::vector<std::size_t> widths(rows.front().size(), 3);
  const auto width = [](const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  };
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (std::size_t line = 0; line < rows.size(); ++line) {
    out += '|';
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string pad(widths[i] - width(rows[line][i]), ' ');
      out += ' ' + (i >= numbers ? pad + rows[line][i] : rows[line][i] + pad) + " |";
    }
    out += '\n';
    if (line > 0) continue;
    out += '|';
    for (std::size_t i = 0; i < widths.size(); ++i)
      out += std::string(widths[i] + 1, '-') + (i >= numbers ? ":|" : "-|");
    out += '\n';
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const auto& part : parts) {
    if (!part.empty()) out += (out.empty() ? "" : between) + part;
  }
  return out;
}

std::string asked_text(const Receipt& receipt, const Sum& sum) {
  if (receipt.kind == "query") return counted(sum.requested, "part", "parts") + " of one query";
  const bool rows = receipt.kind == "rows";
  std::string text =
      fmt::format("{} × {} = {}", counted(receipt.sources, "source", "sources"),
                  counted(receipt.types.size(), rows ? "table" : "retrieval type", rows ? "tables" : "retrieval types"),
                  thousands(sum.requested));
  if (receipt.refused > 0) text += fmt::format(" · {} of the list refused", counted(receipt.refused, "row", "rows"));
  if (receipt.duplicates > 0) text += fmt::format(" · {}", counted(receipt.duplicates, "duplicate", "duplicates"));
  return text;
}

std::string time_text(const Receipt& receipt) {
  const std::int64_t until = receipt.finished_s != 0 ? receipt.finished_s : receipt.as_of_s;
  std::string text;
  if (receipt.started_s != 0)
    text = utc_text(receipt.started_s) + (until != 0 ? " to " + utc_text(until) : std::string()) + " UTC";
  else
    text = until != 0 ? "nothing was asked until " + utc_text(until) + " UTC" : std::string("nothing was asked");
  if (receipt.submitted_s != 0) text += " (submitted " + utc_text(receipt.submitted_s) + " UTC)";
  return text;
}

// How the absent ones were found to be absent, each way that occurred.
std::string confirmed_text(const Confirmation& by) {
  const auto part = [](std::uint64_t count, std::string_view how) {
    return count == 0 ? std::string() : fmt::format("{} {}", thousands(count), how);
  };
  return joined(
      {part(by.asked_twice, "asked twice"), part(by.by_sample, "on the evidence of a sample that was asked twice"),
       part(by.by_tables, "by the archive's own tables, not asked for"), part(by.asked_once, "asked once")},
      " · ");
}

std::string second_look_text(const Receipt& receipt, const Sum& sum) {
  if (!receipt.confirm_absent) return {};
  return joined(
      {sum.second_look_found == 0 ? "" : thousands(sum.second_look_found) + " found that the first answers left out",
       sum.empty_so_far == 0 ? "" : thousands(sum.empty_so_far) + " empty so far, to be asked for once more"},
      " · ");
}

std::string attempts_text(const Receipt& receipt) {
  const std::uint64_t failed = failed_attempts(receipt);
  return thousands(receipt.attempts) +
         (failed == 0 ? " · none failed"
                      : fmt::format(" · {} failed and were tried again or given up", thousands(failed)));
}

Table summary(const Receipt& receipt) {
  const Sum sum = sum_of(receipt);
  Table rows = {{"", ""},
                {"asked", asked_text(receipt, sum)},
                {"delivered", fmt::format("{} · absent {} · failed {} · pending {}", thousands(sum.delivered),
                                          thousands(sum.absent), thousands(sum.failed), thousands(sum.pending))},
                {"absent", receipt.confirmed ? confirmed_text(*receipt.confirmed) : std::string()},
                {"second look", second_look_text(receipt, sum)},
                {"state", is_over(receipt) ? receipt.state : receipt.state + ": not over, this is how it stands"},
                {"why", cell(receipt.waiting_for)},
                {"archive", cell(joined({receipt.archive_title, receipt.release, receipt.identity}, ", "))},
                {"address", cell(receipt.base_url)},
                {"time", time_text(receipt)},
                {"received", bytes_text(receipt.bytes_received)},
                {"stored", bytes_text(receipt.bytes_stored) +
                               (receipt.sums ? " in " + counted(receipt.sums->files, "file", "files") : std::string()) +
                               ", layout " + receipt.layout},
                {"attempts", attempts_text(receipt)},
                {"manifest", "MANIFEST.yaml, with its ids sha256 " + receipt.manifest_hash}};
  if (receipt.sums) rows.push_back({"checksums", "SHA256SUMS, itself sha256 " + receipt.sums->hash});
  rows.push_back({"made by", cell(receipt.software)});
  std::erase_if(rows, [](const auto& row) { return !row[0].empty() && row[1].empty(); });
  return rows;
}

std::string outcomes_text(const Receipt& receipt) {
  Table rows = {{receipt.kind == "products" ? "retrieval type"
                 : receipt.kind == "rows"   ? "table"
                                            : "parts of",
                 "asked", "delivered", "absent", "failed", "pending"}};
  for (const auto& type : receipt.types) {
    rows.push_back({cell(type.retrieval_type), thousands(type.requested), thousands(type.delivered),
                    thousands(type.absent), thousands(type.failed), thousands(type.pending)});
  }
  return "\n## Outcomes\n\n" + table_text(rows, 1) +
         "\n*delivered*: checked and on disk. *absent*: the archive's complete answer held nothing for it. *failed*: "
         "given up, with\nthe archive's words. *pending*: not settled. An attempt is one try at a chunk of sources: a "
         "request mostly, but more of\nthem where a job, a login or a test of the archive went with it, and none where "
         "nothing could be sent.\n";
}

std::string example_text(const ReasonStatus& reason) {
  std::string text;
  if (!reason.retrieval_type.empty()) text = fmt::format("{} chunk {}", reason.retrieval_type, reason.chunk);
  if (reason.source_id != 0)
    text += fmt::format(", {}{}", reason.ids == 1 ? "" : counted(reason.ids, "id", "ids") + " from ", reason.source_id);
  return text.empty() ? "-" : text;
}

std::string trouble_text(const Receipt& receipt) {
  if (receipt.reasons.empty()) return "\n## Failed attempts\n\nNone.\n";
  Table rows = {{"reason", "put down to", "example", "last (UTC)", "times"}};
  for (const auto& reason : receipt.reasons) {
    if (rows.size() > kReasonRowsMost) break;
    rows.push_back({cell(printable(words_of(reason), kWordsMost)), blamed_on(reason), cell(example_text(reason)),
                    utc_text(reason.last_s), thousands(reason.count)});
  }
  std::string text = "\n## Failed attempts\n\n" + table_text(rows, 4);
  if (receipt.reasons.size() > kReasonRowsMost)
    text += fmt::format("\nand {} more; RECEIPT.json has them all.\n", receipt.reasons.size() - kReasonRowsMost);
  return text;
}

std::string markdown(const Receipt& receipt) {
  std::string out = "# Receipt: " + receipt.name + "\n\n" + table_text(summary(receipt), 2) + outcomes_text(receipt) +
                    trouble_text(receipt);
  if (!receipt.credit.empty())
    out += "\n## Data credit\n\n" + receipt.credit + (receipt.credit.ends_with('\n') ? "" : "\n");
  return out;
}

json counts_json(std::uint64_t requested, std::uint64_t delivered, std::uint64_t absent, std::uint64_t failed,
                 std::uint64_t pending) {
  return {
      {"requested", requested}, {"delivered", delivered}, {"absent", absent}, {"failed", failed}, {"pending", pending}};
}

json confirmed_json(const std::optional<Confirmation>& by) {
  if (!by) return nullptr;
  return {{"asked_twice", by->asked_twice},
          {"by_sample", by->by_sample},
          {"by_tables", by->by_tables},
          {"asked_once", by->asked_once}};
}

json reason_json(const ReasonStatus& reason) {
  json example = {{"text", reason.text}};
  if (!reason.retrieval_type.empty()) {
    example["retrieval_type"] = reason.retrieval_type;
    example["chunk"] = reason.chunk;
  }
  if (reason.source_id != 0) example["source_id"] = std::to_string(reason.source_id);
  if (reason.ids != 0) example["ids"] = reason.ids;
  return {{"reason", reason.reason},
          {"kind", reason.kind},
          {"against", reason.against},
          {"count", reason.count},
          {"first", time_json(reason.first_s)},
          {"last", time_json(reason.last_s)},
          {"example", std::move(example)}};
}

std::string receipt_json(const Receipt& receipt) {
  const Sum sum = sum_of(receipt);
  json out = {
      {"receipt", 1},
      {"harvest", receipt.name},
      {"kind", receipt.kind},
      {"state", receipt.state},
      {"over", is_over(receipt)},
      {"software", receipt.software},
      {"manifest_hash", receipt.manifest_hash},
      {"archive", {{"name", receipt.archive}, {"title", receipt.archive_title}, {"base_url", receipt.base_url}}},
      {"release", receipt.release},
      {"identity", receipt.identity},
      {"output_directory", receipt.output_directory},
      {"layout", receipt.layout},
      {"submitted", time_json(receipt.submitted_s)},
      {"started", time_json(receipt.started_s)},
      {"finished", time_json(receipt.finished_s)},
      {"sources", receipt.sources},
      {"duplicates", receipt.duplicates},
      {"refused", receipt.refused},
      {"products", counts_json(sum.requested, sum.delivered, sum.absent, sum.failed, sum.pending)},
      {"confirm_absent", receipt.confirm_absent},
      {"second_look_found", sum.second_look_found},
      {"bytes_received", receipt.bytes_received},
      {"bytes_stored", receipt.bytes_stored},
      {"attempts", receipt.attempts},
      {"failed_attempts", failed_attempts(receipt)},
      {"credit", receipt.credit}};
  out["absent_confirmed"] = confirmed_json(receipt.confirmed);
  if (!is_over(receipt)) out["as_of"] = time_json(receipt.as_of_s);
  if (!receipt.waiting_for.empty()) out["reason"] = receipt.waiting_for;
  out["types"] = json::array();
  for (const auto& type : receipt.types) {
    json row = counts_json(type.requested, type.delivered, type.absent, type.failed, type.pending);
    row["retrieval_type"] = type.retrieval_type;
    out["types"].push_back(std::move(row));
  }
  out["reasons"] = json::array();
  for (const auto& reason : receipt.reasons) out["reasons"].push_back(reason_json(reason));
  out["files"] = receipt.sums ? receipt.sums->files : 0;
  out["sha256sums_sha256"] = receipt.sums ? json(receipt.sums->hash) : json(nullptr);
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

ReceiptTexts receipt_texts(const Receipt& receipt) {
  return {receipt_json(receipt), markdown(receipt)};
}

}  // namespace garner::harvest
