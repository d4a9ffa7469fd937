// Zip archives: the directory, and each member inflated in one piece and in many.
#include "product/zip_reader.h"
#include "target.h"

namespace garner::fuzz {
namespace {

constexpr product::ZipLimits kLimits{.max_members = 200,
                                     .max_member_bytes = 1u << 20,
                                     .max_total_bytes = 4u << 20,
                                     .max_ratio = 1000,
                                     .max_name_bytes = 512};

bool lies_within(Bytes part, Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void run(Bytes bytes) {
  const auto members = product::read_zip_directory(bytes, kLimits);
  if (!members) return;
  require(members->size() <= kLimits.max_members, "no more members than allowed");
  std::uint64_t total = 0;
  for (const auto& member : *members) {
    require(lies_within(member.data, bytes) && lies_within(bytes_of(member.name), bytes), "members lie in the zip");
    require(member.size <= kLimits.max_member_bytes, "no larger member than allowed");
    total += member.size;
    require(total <= kLimits.max_total_bytes, "no more in all than allowed");

    std::vector<std::byte> whole(member.size), pieces;
    const auto extracted = product::extract(member, whole);
    const auto streamed = product::extract_stream(member, [&](Bytes piece) -> Result<void> {
      require(piece.size() <= member.size - pieces.size(), "no more than the directory says");
      pieces.insert(pieces.end(), piece.begin(), piece.end());
      return {};
    });
    require(extracted.has_value() == streamed.has_value(), "a member is good in either way");
    if (extracted) require(whole == pieces, "and the same");
  }
}

const Target kTarget("zip", run);

}  // namespace
}  // namespace garner::fuzz
