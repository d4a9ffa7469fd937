#include "archive_sim/tap/tap_request.h"

#include <cctype>

#include <fmt/format.h>

#include "archive_sim/adql/query.h"
#include "archive_sim/form.h"

namespace garner::archive_sim {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

void add_form(TapFields& fields, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    fields.values.emplace_back(upper(url_decode(pair.substr(0, equals))),
                               equals == std::string_view::npos ? "" : url_decode(pair.substr(equals + 1)));
  }
}

// The value of `name="..."` in a part's headers, quoted or not.
std::string header_parameter(std::string_view headers, std::string_view name) {
  const std::string wanted = fmt::format(" {}=", name);
  auto at = headers.find(wanted);
  if (at == std::string_view::npos) return {};
  at += wanted.size();
  const bool quoted = at < headers.size() && headers[at] == '"';
  if (quoted) ++at;
  return std::string(headers.substr(at, headers.find_first_of(quoted ? "\"" : ";\r\n", at) - at));
}

// RFC 7578. A part with a filename is a file; Content-Type is not looked at, for the archive's clients send "None".
void add_multipart(TapFields& fields, std::string_view body, std::string_view content_type) {
  std::string boundary = header_parameter(fmt::format(" {}", content_type), "boundary");
  if (boundary.empty())
    boundary = header_parameter(fmt::format(" {}", content_type.substr(content_type.find(';') + 1)), "boundary");
  if (boundary.empty()) return;
  const std::string mark = "--" + boundary;
  auto at = body.find(mark);
  while (at != std::string_view::npos) {
    at += mark.size();
    if (body.substr(at, 2) == "--") return;
    at = body.find("\r\n", at);
    const auto head_end = at == std::string_view::npos ? at : body.find("\r\n\r\n", at);
    if (head_end == std::string_view::npos) return;
    const auto end = body.find("\r\n" + mark, head_end + 2);
    if (end == std::string_view::npos) return;
    const auto headers = body.substr(at, head_end - at);
    const auto start = head_end + 4;
    const std::string content(start <= end ? body.substr(start, end - start) : std::string_view{});
    const std::string name = header_parameter(headers, "name");
    if (headers.find(" filename=") != std::string_view::npos)
      fields.files[name] = content;
    else
      fields.values.emplace_back(upper(name), content);
    at = end + 2;
  }
}

}  // namespace

std::string TapFields::get(std::string_view upper_name, std::string_view fallback) const {
  for (const auto& [name, value] : values)
    if (name == upper_name) return value;
  return std::string(fallback);
}

bool TapFields::has(std::string_view upper_name) const {
  for (const auto& [name, value] : values)
    if (name == upper_name) return true;
  return false;
}

TapFields parse_tap_fields(const HttpRequest& request) {
  TapFields fields;
  add_form(fields, request.query);
  if (request.content_type.starts_with("multipart/"))
    add_multipart(fields, request.body, request.content_type);
  else
    add_form(fields, request.body);
  return fields;
}

std::variant<Uploads, std::string> read_uploads(const TapFields& fields, const UploadLimits& limits) {
  Uploads uploads;
  for (const auto& [key, list] : fields.values) {
    if (key != "UPLOAD") continue;
    std::string_view rest = list;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const auto entry = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto comma = entry.find(',');
      if (comma == std::string_view::npos || !entry.substr(comma + 1).starts_with("param:"))
        return fmt::format("Incorrect syntax of the parameter UPLOAD: \"{}\"", entry);
      const std::string name = adql::lower(entry.substr(0, comma)), part(entry.substr(comma + 7));
      auto file = fields.files.find(part);
      std::string inline_part;  // a part without a filename is a field
      if (file == fields.files.end()) inline_part = fields.get(upper(part));
      const std::string& bytes = file == fields.files.end() ? inline_part : file->second;
      if (bytes.empty()) return fmt::format("Missing upload part \"{}\"", part);
      if (bytes.size() > limits.max_bytes)
        return fmt::format("Upload \"{}\" has {} bytes, the limit is {}", name, bytes.size(), limits.max_bytes);
      auto table = read_upload_votable(bytes, limits.max_rows);
      if (auto* text = std::get_if<std::string>(&table)) return fmt::format("Upload \"{}\": {}", name, *text);
      uploads[name] = std::get<0>(std::move(table));
    }
  }
  return uploads;
}

}  // namespace garner::archive_sim
