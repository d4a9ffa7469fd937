#include "ivoa/multipart.h"

#include <algorithm>

namespace garner::ivoa {

namespace {

bool is_plain(std::string_view name) {
  return !name.empty() && name.find_first_of(std::string_view("\"\\\r\n\0", 5)) == name.npos;
}

// Must not occur in any part; the first of a fixed row of names that does not.
std::string free_boundary(const std::vector<std::pair<std::string, std::string>>& fields,
                          const std::vector<FilePart>& files) {
  for (unsigned number = 1;; ++number) {
    std::string boundary = fmt::format("garner-form-{:08x}", number * 2654435761u);
    const auto holds = [&boundary](const std::string& text) { return text.find(boundary) != text.npos; };
    const bool taken = std::ranges::any_of(fields, [&](const auto& field) { return holds(field.second); }) ||
                       std::ranges::any_of(files, [&](const FilePart& file) { return holds(file.bytes); });
    if (!taken) return boundary;
  }
}

}  // namespace

Result<FormBody> multipart_form(const std::vector<std::pair<std::string, std::string>>& fields,
                                const std::vector<FilePart>& files) {
  const std::string boundary = free_boundary(fields, files);
  FormBody form{"multipart/form-data; boundary=" + boundary, {}};
  std::size_t size = 0;
  for (const auto& file : files) size += file.bytes.size() + 300;
  for (const auto& field : fields) size += field.second.size() + 200;
  form.body.reserve(size);
  for (const auto& [name, value] : fields) {
    if (!is_plain(name)) return fail(Kind::Invalid, "a form field cannot be called '{}'", printable(name, 60));
    form.body += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", boundary, name);
    form.body.append(value).append("\r\n");
  }
  for (const auto& file : files) {
    if (!is_plain(file.name) || !is_plain(file.file_name) || !is_plain(file.content_type)) {
      return fail(Kind::Invalid, "an uploaded table cannot be called '{}'", printable(file.name, 60));
    }
    form.body +=
        fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                    boundary, file.name, file.file_name, file.content_type);
    form.body.append(file.bytes).append("\r\n");
  }
  form.body += "--" + boundary + "--\r\n";
  return form;
}

}  // namespace garner::ivoa
