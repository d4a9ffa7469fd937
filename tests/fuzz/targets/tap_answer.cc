// TAP answers as harvests read them: the verdict, tables, counts, ids and flags.
#include "product/table_answer.h"

#include "scratch.h"
#include "tables.h"

namespace garner::fuzz {
namespace {

constexpr std::array kIds = {SourceId{1}, SourceId{128}, SourceId{5937083312263887616}};

class Sink final : public product::ProductSink {
 public:
  Result<void> add(const product::Product& product) override {
    bytes += product.bytes.size();
    return {};
  }
  std::size_t bytes = 0;
};

void run(Bytes bytes) {
  const auto answer = ivoa::read_answer(bytes, kTableLimits);
  const bool good = answer.verdict == ivoa::Verdict::Ok;
  if (answer.verdict == ivoa::Verdict::Error || answer.verdict == ivoa::Verdict::Cut)
    require(!answer.why.detail.empty(), "a bad verdict has a reason");

  for (const auto format : {ProductFormat::VOTable, ProductFormat::Fits}) {
    Sink sink;
    const product::TableAsked asked{.name = "t-0000001",
                                    .format = format,
                                    .id_column = "source_id",
                                    .ids = kIds,
                                    .row_limit = 100,
                                    .rows_expected = {},
                                    .spool_directory = scratch_directory().string()};
    const auto contents = product::read_table_answer(bytes, asked, sink);
    if (!contents) continue;
    require(good, "nothing is absent by a bad answer");
    require(contents->rows == answer.rows && contents->rows < asked.row_limit, "rows are counted");
    require(contents->found.size() == kIds.size() && contents->handed_on == (sink.bytes > 0), "all is told");
  }
  (void)product::read_count_answer(bytes);
  std::uint64_t ids = 0;
  const auto read = product::read_ids_answer(bytes, "", 0, [&ids](std::span<const SourceId> batch) -> Result<void> {
    ids += batch.size();
    return {};
  });
  if (read) require(good && read->rows == ids + read->without_id, "every row has an id or is counted");
  (void)product::read_flags_answer(bytes, "has_rvs", kIds);
}

const Target kTarget("tap_answer", run);

}  // namespace
}  // namespace garner::fuzz
