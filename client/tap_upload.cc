#include "client/tap_upload.h"

#include "ivoa/dali.h"
#include "table/votable/writer.h"

namespace garner::client {

namespace {

// The user's file, so whatever is wrong with it is the user's to mend.
std::unexpected<Error> bad_file(Error error, const std::string& path) {
  if (!error.detail.starts_with(path)) error.detail = path + ": " + error.detail;
  error.kind = Kind::Invalid;
  return std::unexpected(std::move(error));
}

Result<std::string> read_plain(table::ByteSource& source) {
  std::string bytes;
  std::vector<std::byte> block(64u << 10);
  for (;;) {
    const auto got = source.read(block);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return bytes;
    bytes.append(reinterpret_cast<const char*>(block.data()), *got);
    if (bytes.size() > kMostUploadBytes) return fail(Kind::TooLarge, "is more than {} bytes", kMostUploadBytes);
  }
}

bool is_votable(std::string_view text) {
  return text.substr(0, 4096).find("<VOTABLE") != text.npos;
}

Result<std::string> as_votable(std::string bytes) {
  const auto raw = std::as_bytes(std::span(bytes));
  if (is_votable(bytes)) {
    const auto whole = table::check_table(raw, table::Format::VOTable);
    if (!whole) return std::unexpected(whole.error());
    return bytes;
  }
  return table::votable_for_upload(table::from_memory(raw), {}, kMostUploadBytes);
}

}  // namespace

Result<ivoa::Upload> read_upload(const std::string& name_and_file) {
  const auto equals = name_and_file.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == name_and_file.size()) {
    return fail(Kind::Invalid, "--upload {}: expected NAME=FILE; the query then says TAP_UPLOAD.NAME",
                printable(name_and_file, 100));
  }
  const auto path = name_and_file.substr(equals + 1);
  auto source = table::from_file(path);
  if (source) source = table::decompressed(std::move(*source), table::ZstdWindow::Large);
  if (!source) return bad_file(std::move(source.error()), path);
  auto bytes = read_plain(**source);
  if (!bytes) return bad_file(std::move(bytes.error()), path);
  auto votable = as_votable(std::move(*bytes));
  if (!votable) return bad_file(std::move(votable.error()), path);
  return ivoa::Upload{name_and_file.substr(0, equals), std::move(*votable)};
}

Result<std::vector<ivoa::Upload>> read_uploads(const std::vector<std::string>& all) {
  std::vector<ivoa::Upload> uploads;
  for (const auto& each : all) {
    auto upload = read_upload(each);
    if (!upload) return std::unexpected(std::move(upload.error()));
    uploads.push_back(std::move(*upload));
  }
  return uploads;
}

}  // namespace garner::client
