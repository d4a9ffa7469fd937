// Deflated members kept for reuse, so that a reply is a matter of copying. Filled by --prepare before serving, or on
// demand with the knob cache_members. Never shrinks. Thread-safe; members are immutable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive_sim/knobs.h"
#include "archive_sim/products/products.h"
#include "archive_sim/writers.h"
#include "archive_sim/zip_writer.h"

namespace garner::archive_sim {

// An INDIVIDUAL product, ready for a zip: "RVS-Gaia DR3 123.xml".
MemberPtr individual_member(const std::string& release, const std::string& type, std::uint64_t id, Format format,
                            const ProductOptions& options, int deflate_level);
std::string individual_name(std::string_view type, std::string_view release, std::uint64_t id, Format format);

class MemberCache {
 public:
  // What tells one kind of product from another, as one text.
  static std::string key(std::string_view release, std::string_view type, Format format, bool valid_only);

  MemberPtr find(const std::string& key, std::uint64_t id) const;
  void put(const std::string& key, std::uint64_t id, MemberPtr member);

  // Makes the members of all ids that are not absent, in as many threads as there are cores. Blocks. Returns how many
  // were made.
  std::size_t prepare(const Knobs& knobs, const std::string& release, const std::vector<std::string>& types,
                      Format format, const std::vector<std::uint64_t>& ids);

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unordered_map<std::uint64_t, MemberPtr>, std::less<>> members_;
};

}  // namespace garner::archive_sim
