// What the layouts `zip`, `tar.zst` and `table` share: a pack is one file, its hash is the file's.
// Internal to this room. Threads, errors: as layout.h.
#pragma once

#include "output/output_tree.h"
#include "output/publish.h"

namespace garner::output {

// The layouts, each in its own source file.
std::unique_ptr<Layout> make_zip_layout(const OutputSpec& spec);
std::unique_ptr<Layout> make_tar_zst_layout(const OutputSpec& spec);
std::unique_ptr<Layout> make_files_layout(const OutputSpec& spec);
std::unique_ptr<Layout> make_table_layout(const OutputSpec& spec);

class SingleFileLayout : public Layout {
 public:
  explicit SingleFileLayout(const OutputSpec& spec) : spec_(spec), tree_(spec) {}

  Result<void> discard(const PackKey& key, std::span<const SourceId> ids) override;
  Result<std::vector<std::pair<std::string, std::string>>> checksums(const PackKey& key,
                                                                     const ledger::Pack& pack) override;
  Result<std::vector<std::string>> verify(const PackKey& key, const ledger::Pack& pack) override;

 protected:
  virtual std::string path_of(const PackKey& key) const = 0;

  OutputSpec spec_;
  OutputTree tree_;
};

// The damage of one file against its hash, if any; an error only if it can't be told.
Result<std::optional<std::string>> damage_of(const OutputTree& tree, const std::string& relative,
                                             const ledger::Sha256& expected);

}  // namespace garner::output
