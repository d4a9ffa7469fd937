#include "micro/samples.h"

#include <cstdlib>

#include "archive_sim/ids.h"
#include "archive_sim/member_cache.h"

namespace garner::bench {

namespace {

constexpr std::size_t kReplyIds = 100;
constexpr int kDeflateLevel = 6;

SampleReply make_reply() {
  SampleReply reply;
  reply.ids = sky_ids(kReplyIds);
  std::vector<archive_sim::MemberPtr> members;
  for (const auto id : reply.ids) {
    members.push_back(
        archive_sim::individual_member("Gaia DR3", "RVS", id.value, archive_sim::Format::Votable, {}, kDeflateLevel));
    reply.product_bytes += members.back()->size;
  }
  reply.zip = archive_sim::make_zip(members).text();
  return reply;
}

}  // namespace

std::vector<SourceId> sky_ids(std::size_t count) {
  std::vector<SourceId> ids;
  archive_sim::each_sorted_id({count, 3, 0}, [&ids](std::uint64_t id) { ids.push_back({id}); });
  return ids;
}

std::string rvs_product(SourceId id) {
  const std::uint64_t one[] = {id.value};
  return archive_sim::write_table(
      archive_sim::make_product("Gaia DR3", "RVS", archive_sim::Structure::Individual, one, {}),
      archive_sim::Format::Votable);
}

const SampleReply& rvs_reply() {
  static const SampleReply reply = make_reply();
  return reply;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "garner-bench-XXXXXX").string();
  if (mkdtemp(name.data()) != nullptr) path = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace garner::bench
