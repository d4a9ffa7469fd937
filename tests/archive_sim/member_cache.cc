#include "archive_sim/member_cache.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace garner::archive_sim {

std::string individual_name(std::string_view type, std::string_view release, std::uint64_t id, Format format) {
  return fmt::format("{}-{} {}.{}", type, release, id, extension(format));
}

MemberPtr individual_member(const std::string& release, const std::string& type, std::uint64_t id, Format format,
                            const ProductOptions& options, int deflate_level) {
  const Table table = make_product(release, type, Structure::Individual, {&id, 1}, options);
  return make_member(individual_name(type, release, id, format), write_table(table, format), deflate_level);
}

std::string MemberCache::key(std::string_view release, std::string_view type, Format format, bool valid_only) {
  return fmt::format("{}|{}|{}|{}", release, type, static_cast<int>(format), valid_only);
}

MemberPtr MemberCache::find(const std::string& key, std::uint64_t id) const {
  const std::shared_lock lock(mutex_);
  const auto kind = members_.find(key);
  if (kind == members_.end()) return nullptr;
  const auto member = kind->second.find(id);
  return member == kind->second.end() ? nullptr : member->second;
}

void MemberCache::put(const std::string& key, std::uint64_t id, MemberPtr member) {
  const std::unique_lock lock(mutex_);
  members_[key].insert_or_assign(id, std::move(member));
}

std::size_t MemberCache::prepare(const Knobs& knobs, const std::string& release, const std::vector<std::string>& types,
                                 Format format, const std::vector<std::uint64_t>& ids) {
  std::atomic<std::size_t> next{0}, made{0};
  const ProductOptions options{knobs.half_null_xp, false};
  const auto work = [&] {
    for (std::size_t i = next++; i < ids.size() * types.size(); i = next++) {
      const std::string& type = types[i / ids.size()];
      const std::uint64_t id = ids[i % ids.size()];
      if (is_absent(id, type, knobs.seed, knobs.absent_fraction_of(type))) continue;
      put(key(release, type, format, false), id,
          individual_member(release, type, id, format, options, knobs.deflate_level));
      ++made;
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return made;
}

}  // namespace garner::archive_sim
