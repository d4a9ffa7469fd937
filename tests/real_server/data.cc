// real_server_data: the real server's table as CSV with a header, a null as an empty field.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "real_server/sources.h"

namespace {

using garner::archive_sim::adql::Value;

// A number in the shortest form that reads back as the same number.
std::string cell_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::Null:
      return {};
    case Value::Kind::Integer:
      return fmt::format("{}", value.integer);
    case Value::Kind::Real:
      return fmt::format("{}", value.real);
    case Value::Kind::Bool:
      return value.integer != 0 ? "True" : "False";
    case Value::Kind::Text:
      return value.text;
  }
  return {};
}

}  // namespace

int main() {
  const garner::real_server::Sources sources;
  std::string line;
  for (const auto& field : sources.fields()) line += fmt::format("{}{}", line.empty() ? "" : ",", field.name);
  line += '\n';
  std::fputs(line.c_str(), stdout);
  for (std::size_t row = 0; row < garner::real_server::kSources; ++row) {
    line.clear();
    for (std::size_t column = 0; column < sources.fields().size(); ++column) {
      if (column > 0) line += ',';
      line += cell_text(sources.cell(row, column));
    }
    line += '\n';
    std::fputs(line.c_str(), stdout);
  }
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 1;
}
