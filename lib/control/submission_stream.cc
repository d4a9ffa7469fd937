#include "control/submission_stream.h"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "control/json_text.h"

namespace garner::control {

namespace {

using nlohmann::json;

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kBatchIds = 8192;

// Ids lie in the stream as on this machine, unless it is big-endian.
void to_native(std::span<SourceId> ids) {
  if constexpr (std::endian::native == std::endian::big) {
    for (auto& id : ids) id.value = __builtin_bswap64(id.value);
  }
}

std::string row_text(const json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? printable(found->get_ref<const std::string&>()) : std::string();
}

}  // namespace

Error SubmissionReader::at_frame(std::string_view what) const {
  return Error{Kind::Malformed, fmt::format("submission stream, frame at byte {}: {}", frame_offset_, what),
               std::nullopt};
}

Result<void> SubmissionReader::push(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (type_ == 0) {
      if (header_.empty()) frame_offset_ = offset_;
      const auto take = std::min(bytes.size(), kFrameHeaderBytes - header_.size());
      header_.append(reinterpret_cast<const char*>(bytes.data()), take);
      bytes = bytes.subspan(take);
      offset_ += take;
      if (header_.size() < kFrameHeaderBytes) return {};
      if (auto begun = begin_frame(); !begun) return begun;
    }
    const auto piece = bytes.first(std::min(bytes.size(), left_));
    bytes = bytes.subspan(piece.size());
    offset_ += piece.size();
    left_ -= piece.size();
    if (type_ == 'I') {
      if (auto taken = take_ids(piece); !taken) return taken;
    } else {
      payload_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    if (left_ > 0) continue;
    if (auto ended = end_frame(); !ended) return ended;
  }
  return {};
}

Result<void> SubmissionReader::begin_frame() {
  type_ = header_[0];
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length |= static_cast<std::size_t>(static_cast<unsigned char>(header_[1 + i])) << (8 * i);
  header_.clear();
  if (ended_) return std::unexpected(at_frame("nothing may follow the end frame 'E'"));
  if (type_ != 'M' && type_ != 'I' && type_ != 'R' && type_ != 'E') {
    return std::unexpected(at_frame(
        fmt::format("unknown frame type 0x{:02x}, expected 'M', 'I', 'R' or 'E'", static_cast<unsigned char>(type_))));
  }
  if ((type_ == 'M') == manifest_seen_) {
    return std::unexpected(at_frame(manifest_seen_ ? "a second manifest" : "the manifest 'M' must come first"));
  }
  if (length > kFramePayloadMost) {
    return std::unexpected(
        at_frame(fmt::format("the payload has {} bytes, at most {} are allowed", length, kFramePayloadMost)));
  }
  if (type_ == 'I' && length % kIdBytes != 0) {
    return std::unexpected(at_frame(fmt::format("{} bytes of ids are not a multiple of {}", length, kIdBytes)));
  }
  left_ = length;
  return {};
}

Result<void> SubmissionReader::take_ids(std::span<const std::byte> bytes) {
  if (!payload_.empty()) {
    const auto take = std::min(bytes.size(), kIdBytes - payload_.size());
    payload_.append(reinterpret_cast<const char*>(bytes.data()), take);
    bytes = bytes.subspan(take);
    if (payload_.size() < kIdBytes) return {};
    SourceId id;
    std::memcpy(&id.value, payload_.data(), kIdBytes);
    payload_.clear();
    to_native({&id, 1});
    if (auto handed = hand_over({&id, 1}); !handed) return handed;
  }
  while (bytes.size() >= kIdBytes) {
    batch_.resize(std::min(kBatchIds, bytes.size() / kIdBytes));
    std::memcpy(batch_.data(), bytes.data(), batch_.size() * kIdBytes);
    bytes = bytes.subspan(batch_.size() * kIdBytes);
    to_native(batch_);
    if (auto handed = hand_over(batch_); !handed) return handed;
  }
  payload_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {};
}

Result<void> SubmissionReader::hand_over(std::span<const SourceId> ids) {
  bool good = true;  // without a branch, so that the loop is vectorised
  for (const auto id : ids) good &= id.value - 1 < kMaxSourceId;
  if (!good) return std::unexpected(at_frame(fmt::format("an id is not in 1 to {}", kMaxSourceId)));
  ids_ += ids.size();
  return sink_.ids(ids);
}

Result<void> SubmissionReader::end_frame() {
  const char type = std::exchange(type_, '\0');
  Result<void> taken;
  if (type == 'M') taken = take_manifest();
  if (type == 'R') taken = take_refused();
  if (type == 'E') taken = take_end();
  payload_.clear();
  return taken;
}

Result<void> SubmissionReader::take_manifest() {
  const auto nul = payload_.find('\0');
  if (nul == std::string::npos)
    return std::unexpected(at_frame("the manifest lacks its file name and the NUL behind it"));
  manifest_seen_ = true;
  return sink_.manifest(printable(payload_.substr(0, nul)), payload_.substr(nul + 1));
}

Result<void> SubmissionReader::take_refused() {
  auto rows = parse_json(payload_);
  if (!rows) return std::unexpected(at_frame(rows.error().detail));
  if (!rows->is_array()) return std::unexpected(at_frame("expected a JSON array of refused rows"));
  for (const auto& row : *rows) {
    if (!row.is_object())
      return std::unexpected(at_frame("a refused row must be an object with where, text and reason"));
    ++refused_;
    if (auto taken = sink_.refused({row_text(row, "where"), row_text(row, "text"), row_text(row, "reason")}); !taken)
      return taken;
  }
  return {};
}

Result<void> SubmissionReader::take_end() {
  auto end = parse_json(payload_);
  if (!end) return std::unexpected(at_frame(end.error().detail));
  const auto count = [&end](const char* key) -> std::optional<std::uint64_t> { return json_count(*end, key); };
  const auto rows = count("rows"), ids = count("ids"), refused = count("refused");
  if (!rows || !ids || !refused)
    return std::unexpected(at_frame("the end frame needs the numbers rows, ids and refused"));
  if (StreamTotals{*rows, *ids, *refused} != totals()) {
    return std::unexpected(
        at_frame(fmt::format("the end frame counts {} rows = {} ids + {} refused, but {} ids and {} refused rows came",
                             *rows, *ids, *refused, ids_, refused_)));
  }
  ended_ = true;
  return {};
}

Result<void> SubmissionReader::finish() const {
  if (ended_) return {};
  return fail(Kind::Malformed, "submission stream: it ended after {} bytes without its end frame 'E'; nothing was kept",
              offset_);
}

void append_frame(std::string& out, char type, std::string_view payload) {
  out += type;
  for (std::size_t i = 0; i < 4; ++i) out += static_cast<char>(payload.size() >> (8 * i) & 0xFF);
  out += payload;
}

void append_manifest(std::string& out, std::string_view file_name, std::string_view text) {
  std::string payload(file_name.substr(0, file_name.find('\0')));
  payload += '\0';
  payload += text;
  append_frame(out, 'M', payload);
}

void append_ids(std::string& out, std::span<const SourceId> ids) {
  while (true) {
    const auto batch = ids.first(std::min(ids.size(), kFramePayloadMost / kIdBytes));
    std::vector<SourceId> wire(batch.begin(), batch.end());
    to_native(wire);
    append_frame(out, 'I', {reinterpret_cast<const char*>(wire.data()), wire.size() * kIdBytes});
    ids = ids.subspan(batch.size());
    if (ids.empty()) return;
  }
}

void append_refused(std::string& out, std::span<const ledger::RefusedRow> rows) {
  constexpr std::size_t kRowsAFrame = 300;  // printable() bounds each text, so that these fit a frame
  while (!rows.empty()) {
    json array = json::array();
    const auto batch = rows.first(std::min(rows.size(), kRowsAFrame));
    for (const auto& row : batch) {
      array.push_back(
          {{"where", printable(row.where)}, {"text", printable(row.text)}, {"reason", printable(row.reason)}});
    }
    append_frame(out, 'R', json_dump(array));
    rows = rows.subspan(batch.size());
  }
}

void append_end(std::string& out, const StreamTotals& totals) {
  append_frame(out, 'E', json_dump(json{{"rows", totals.rows}, {"ids", totals.ids}, {"refused", totals.refused}}));
}

}  // namespace garner::control
