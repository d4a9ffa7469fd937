#include "control/log_messages.h"

#include "control/json_text.h"

namespace garner::control {

namespace {

using harvest::LogLine;
using nlohmann::json;

constexpr ledger::Against kAgainst[] = {ledger::Against::Chunk, ledger::Against::Archive, ledger::Against::Request,
                                        ledger::Against::Ourselves};
constexpr ledger::Route kRoutes[] = {ledger::Route::Products, ledger::Route::Sync, ledger::Route::Job};

std::int64_t time_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// An id as text; 0 where there is none.
SourceId id_of(const json& object, const char* key) {
  return parse_source_id(json_string(object, key)).value_or(SourceId{});
}

json to_json(const LogLine& line) {
  const ledger::JournalEntry& entry = line.entry;
  json out = {{"order", entry.order}, {"at_s", entry.at_s}, {"text", entry.text}};
  if (!entry.next.empty()) out["next"] = entry.next;
  if (const auto& attempt = entry.attempt) {
    out["retrieval_type"] = line.retrieval_type;
    out["chunk"] = attempt->block;
    out["ids"] = attempt->ids;
    out["first"] = to_string(attempt->first);
    out["last"] = to_string(attempt->last);
    out["route"] = route_name(attempt->route);
  }
  if (const auto& trouble = entry.trouble) {
    out["kind"] = trouble->kind;
    out["against"] = against_name(trouble->against);
    out["reason"] = trouble->reason;
  }
  return out;
}

LogLine line_from(const json& object) {
  LogLine line;
  ledger::JournalEntry& entry = line.entry;
  entry.order = json_count(object, "order").value_or(0);
  entry.at_s = time_of(object, "at_s");
  entry.text = json_string(object, "text");
  entry.next = json_string(object, "next");
  line.retrieval_type = json_string(object, "retrieval_type");
  if (const auto chunk = json_count(object, "chunk")) {
    ledger::Attempt attempt{0, static_cast<std::uint32_t>(*chunk),
                            static_cast<std::uint32_t>(json_count(object, "ids").value_or(0)), id_of(object, "first"),
                            id_of(object, "last")};
    for (const auto route : kRoutes) {
      if (json_string(object, "route") == route_name(route)) attempt.route = route;
    }
    entry.attempt = attempt;
  }
  if (auto kind = json_string(object, "kind"); !kind.empty()) {
    ledger::Trouble trouble{std::move(kind), {}, json_string(object, "reason")};
    for (const auto against : kAgainst) {
      if (json_string(object, "against") == against_name(against)) trouble.against = against;
    }
    entry.trouble = std::move(trouble);
  }
  return line;
}

}  // namespace

std::string log_line_json(const LogLine& line) {
  return json_dump(to_json(line));
}

std::string log_json(const harvest::LogPage& page) {
  json out = {{"lines", json::array()}, {"about", page.about}};
  for (const auto& line : page.lines) out["lines"].push_back(to_json(line));
  return json_dump(out);
}

Result<harvest::LogPage> parse_log(std::string_view text) {
  auto object = parse_json(text);
  if (!object) return std::unexpected(object.error());
  if (!object->is_object() || !object->contains("lines") || !(*object)["lines"].is_array())
    return fail(Kind::Malformed, "the daemon's answer holds no log");
  harvest::LogPage page;
  for (const auto& row : (*object)["lines"]) {
    if (!row.is_object()) return fail(Kind::Malformed, "the daemon's answer holds a line that is no object");
    page.lines.push_back(line_from(row));
  }
  if (const auto about = object->find("about"); about != object->end() && about->is_array()) {
    for (const auto& text_line : *about) {
      if (text_line.is_string()) page.about.push_back(text_line.get<std::string>());
    }
  }
  return page;
}

json reasons_to_json(std::span<const harvest::ReasonStatus> reasons) {
  json out = json::array();
  for (const auto& reason : reasons) {
    json example = {{"text", reason.text}};
    if (!reason.retrieval_type.empty()) {
      example["retrieval_type"] = reason.retrieval_type;
      example["chunk"] = reason.chunk;
    }
    if (reason.source_id != 0) example["source_id"] = std::to_string(reason.source_id);
    if (reason.ids != 0) example["ids"] = reason.ids;
    out.push_back({{"kind", reason.kind},
                   {"reason", reason.reason},
                   {"against", reason.against},
                   {"count", reason.count},
                   {"first_s", reason.first_s},
                   {"last_s", reason.last_s},
                   {"example", std::move(example)}});
  }
  return out;
}

std::vector<harvest::ReasonStatus> reasons_from_json(const json& rows) {
  std::vector<harvest::ReasonStatus> out;
  if (!rows.is_array()) return out;
  for (const auto& row : rows) {
    if (!row.is_object()) continue;
    harvest::ReasonStatus reason;
    reason.kind = json_string(row, "kind");
    reason.reason = json_string(row, "reason");
    reason.against = json_string(row, "against");
    reason.count = json_count(row, "count").value_or(0);
    reason.first_s = time_of(row, "first_s");
    reason.last_s = time_of(row, "last_s");
    if (const auto example = row.find("example"); example != row.end()) {
      reason.text = json_string(*example, "text");
      reason.retrieval_type = json_string(*example, "retrieval_type");
      reason.chunk = static_cast<std::uint32_t>(json_count(*example, "chunk").value_or(0));
      reason.source_id = id_of(*example, "source_id").value;
      reason.ids = static_cast<std::uint32_t>(json_count(*example, "ids").value_or(0));
    }
    out.push_back(std::move(reason));
  }
  return out;
}

}  // namespace garner::control
