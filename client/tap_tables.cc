#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/answer_rows.h"
#include "client/exit_code.h"
#include "client/format.h"
#include "client/own_login.h"
#include "client/tap_actions.h"
#include "ivoa/vosi.h"

namespace garner::client {

namespace {

using nlohmann::json;

constexpr auto kDialect = ivoa::TablesDialect::TapPlus;

std::string count_text(const std::optional<std::uint64_t>& count) {
  return count ? std::to_string(*count) : std::string();
}

json count_json(const std::optional<std::uint64_t>& count) {
  return count ? json(*count) : json();
}

std::string one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(out, 4000);
}

// A part of the name, or a pattern with * and ?; whatever the case.
bool matches(const std::string& name, const std::string& pattern) {
  if (pattern.empty()) return true;
  const bool glob = pattern.find_first_of("*?") != std::string::npos;
  return ::fnmatch((glob ? pattern : "*" + pattern + "*").c_str(), name.c_str(), FNM_CASEFOLD) == 0;
}

void print_rows(Session& session, const RowTable& table) {
  if (session.terminal.interactive()) {
    session.terminal.print(row_table_text(table, static_cast<std::size_t>(session.terminal.width())));
    return;
  }
  const auto write = [&session](const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells) line += (line.empty() && &cell == &cells.front() ? "" : ",") + csv_field(cell);
    session.terminal.write(line + "\n");
  };
  std::vector<std::string> head;
  for (const auto& column : table.columns) head.push_back(column.name);
  write(head);
  for (const auto& row : table.rows) write(row);
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

int list_tables(Session& session, TapConsole& console) {
  const auto& pattern = session.arguments.words;
  auto all = console.run(ivoa::fetch_table_names(console.tap().caller(), kDialect, console.stop()));
  if (!all) return archive_fail(session, all.error());
  std::erase_if(*all, [&pattern](const ivoa::TableInfo& table) { return !matches(table.full_name(), pattern); });
  if (all->empty())
    return archive_fail(
        session, {Kind::NotFound, "the archive has no table like '" + printable(pattern, 100) + "'", std::nullopt});
  RowTable table{{{"table", "", false}, {"rows", "", true}, {"bytes", "", true}, {"description", "", false}}, {}, 0};
  json out = {{"tables", json::array()}};
  for (const auto& each : *all) {
    if (session.arguments.json) {
      out["tables"].push_back({{"table", each.full_name()},
                               {"rows", count_json(each.rows)},
                               {"bytes", count_json(each.bytes)},
                               {"description", each.description}});
    } else if (session.terminal.interactive()) {
      table.rows.push_back({one_line(each.full_name()), each.rows ? thousands(*each.rows) : "",
                            each.bytes ? bytes_text(*each.bytes) : "", one_line(each.description)});
    } else {
      table.rows.push_back(
          {one_line(each.full_name()), count_text(each.rows), count_text(each.bytes), one_line(each.description)});
    }
  }
  if (session.arguments.json) {
    print_json_line(session, dumped(out));
  } else {
    print_rows(session, table);
  }
  return kGood;
}

std::string type_text(const ivoa::TableColumn& column) {
  return column.arraysize.empty() || column.arraysize == "1" ? column.datatype
                                                             : column.datatype + "(" + column.arraysize + ")";
}

std::string head_text(const ivoa::TableInfo& table) {
  auto out = one_line(table.full_name());
  if (table.rows) out += fmt::format(" · {}", counted(*table.rows, "row", "rows"));
  if (table.bytes) out += " · " + bytes_text(*table.bytes);
  if (!table.description.empty()) out += "\n" + one_line(table.description);
  return out + "\n\n";
}

int describe_table(Session& session, TapConsole& console) {
  const auto table =
      console.run(ivoa::fetch_table(console.tap().caller(), kDialect, session.arguments.table, console.stop()));
  if (!table) return archive_fail(session, table.error());
  if (session.arguments.json) {
    json out = {{"table", table->full_name()},
                {"rows", count_json(table->rows)},
                {"bytes", count_json(table->bytes)},
                {"description", table->description},
                {"columns", json::array()}};
    for (const auto& column : table->columns) {
      out["columns"].push_back({{"name", column.name},
                                {"datatype", type_text(column)},
                                {"unit", column.unit},
                                {"ucd", column.ucd},
                                {"indexed", column.indexed},
                                {"description", column.description}});
    }
    print_json_line(session, dumped(out));
    return kGood;
  }
  if (session.terminal.interactive()) session.terminal.print(head_text(*table));
  RowTable rows{{{"column", "", false},
                 {"type", "", false},
                 {"unit", "", false},
                 {"ucd", "", false},
                 {"indexed", "", false},
                 {"description", "", false}},
                {},
                0};
  for (const auto& column : table->columns) {
    rows.rows.push_back({one_line(column.name), one_line(type_text(column)), one_line(column.unit),
                         one_line(column.ucd), column.indexed ? "yes" : "", one_line(column.description)});
  }
  print_rows(session, rows);
  return kGood;
}

}  // namespace

int tap_tables(Session& session, const archive::Profile& profile) {
  const auto& arguments = session.arguments;
  if (!arguments.table.empty() && !arguments.words.empty()) {
    return archive_fail(
        session, {Kind::Invalid, "garner tap ARCHIVE tables takes a PATTERN or --table NAME, not both", std::nullopt});
  }
  TapConsole console(profile);
  if (const auto ready = use_own_login(session, console, profile); !ready) return archive_fail(session, ready.error());
  return arguments.table.empty() ? list_tables(session, console) : describe_table(session, console);
}

}  // namespace garner::client
