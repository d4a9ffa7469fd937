// The stream by which a client submits a harvest: frames of one type byte, four bytes of little-endian length and the
// payload, in this order:
//   'M'  once, first: the manifest's file name, a NUL, the manifest's text
//   'I'  any number: ids, 8 bytes little-endian each; may be empty (keeps a slow stream alive)
//   'R'  any number: refused rows, a JSON array of {"where", "text", "reason"}
//   'E'  once, last: {"rows": n, "ids": n, "refused": n}, which must agree with what came
// docs/control-api.md has the byte table. A payload has at most 1 MiB.
// The reader is a push parser: bytes come in pieces of any size; it holds one frame at most, and of 'I' frames only
// what does not make a whole id. Values; one thread. Errors: Malformed (with the byte offset of the frame), and what
// the sink answers.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"
#include "ledger/ledger.h"

namespace garner::control {

inline constexpr std::size_t kFrameHeaderBytes = 5;
inline constexpr std::size_t kFramePayloadMost = 1u << 20;

struct StreamTotals {
  std::uint64_t rows = 0, ids = 0, refused = 0;
  bool operator==(const StreamTotals&) const = default;
};

class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual Result<void> manifest(std::string file_name, std::string text) = 0;
  virtual Result<void> ids(std::span<const SourceId> ids) = 0;
  virtual Result<void> refused(const ledger::RefusedRow& row) = 0;
};

class SubmissionReader {
 public:
  explicit SubmissionReader(StreamSink& sink) : sink_(sink) {}
  // After an error nothing more may be pushed.
  Result<void> push(std::span<const std::byte> bytes);
  // Whether the stream was whole: Malformed unless an 'E' frame closed it.
  Result<void> finish() const;
  StreamTotals totals() const { return {ids_ + refused_, ids_, refused_}; }

 private:
  Result<void> begin_frame();
  Result<void> take_ids(std::span<const std::byte> bytes);
  Result<void> hand_over(std::span<const SourceId> ids);
  Result<void> end_frame();
  Result<void> take_manifest();
  Result<void> take_refused();
  Result<void> take_end();
  Error at_frame(std::string_view what) const;

  StreamSink& sink_;
  std::string header_;
  std::string payload_;  // of frames that are taken whole; for 'I' the bytes of an id that is not whole yet
  std::vector<SourceId> batch_;
  char type_ = 0;         // of the frame under way; 0 between frames
  std::size_t left_ = 0;  // payload bytes that have not come yet
  std::uint64_t offset_ = 0, frame_offset_ = 0;
  std::uint64_t ids_ = 0, refused_ = 0;
  bool manifest_seen_ = false, ended_ = false;
};

// Frames as a client sends them. The caller keeps payloads within kFramePayloadMost; append_refused does so itself, by
// several frames.
void append_frame(std::string& out, char type, std::string_view payload);
void append_manifest(std::string& out, std::string_view file_name, std::string_view text);
void append_ids(std::string& out, std::span<const SourceId> ids);
void append_refused(std::string& out, std::span<const ledger::RefusedRow> rows);
void append_end(std::string& out, const StreamTotals& totals);

}  // namespace garner::control
