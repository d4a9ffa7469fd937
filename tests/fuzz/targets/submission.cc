// The stream of a submission: the same whatever the pieces in which it comes.
#include "control/submission_stream.h"

#include "target.h"

namespace garner::fuzz {
namespace {

class Sink final : public control::StreamSink {
 public:
  Result<void> manifest(std::string file_name, std::string text) override {
    require(!has_manifest_, "there is one manifest");
    has_manifest_ = true;
    seen += hash_of(bytes_of(file_name)) ^ hash_of(bytes_of(text));
    return {};
  }
  Result<void> ids(std::span<const SourceId> ids) override {
    require(has_manifest_, "the manifest comes first");
    for (const auto id : ids) seen = seen * 31 + id.value;
    id_count += ids.size();
    return {};
  }
  Result<void> refused(const ledger::RefusedRow& row) override {
    seen = seen * 31 + hash_of(bytes_of(row.text)) + hash_of(bytes_of(row.reason)) + hash_of(bytes_of(row.where));
    ++refused_count;
    return {};
  }

  std::uint64_t seen = 0, id_count = 0, refused_count = 0;

 private:
  bool has_manifest_ = false;
};

bool push_all(Bytes bytes, std::size_t piece, Sink& sink) {
  control::SubmissionReader reader(sink);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    if (!reader.push(bytes.first(std::min(piece, bytes.size())))) return false;
  }
  if (!reader.finish()) return false;
  const auto totals = reader.totals();
  require(totals.ids == sink.id_count && totals.refused == sink.refused_count, "totals are what was given");
  return true;
}

void run(Bytes bytes) {
  Sink whole, pieces;
  const bool good = push_all(bytes, bytes.size() + 1, whole);
  require(push_all(bytes, 1 + hash_of(bytes) % 20, pieces) == good, "a stream is good or not");
  if (good) require(whole.seen == pieces.seen, "and says the same");
}

const Target kTarget("submission", run);

}  // namespace
}  // namespace garner::fuzz
