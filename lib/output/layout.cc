#include "output/layout.h"

#include "output/paths.h"
#include "output/single_file.h"

namespace garner::output {

std::unique_ptr<Layout> make_layout(const OutputSpec& spec) {
  switch (spec.layout) {
    case LayoutKind::Zip:
      return make_zip_layout(spec);
    case LayoutKind::Files:
      return make_files_layout(spec);
    case LayoutKind::TarZst:
      return make_tar_zst_layout(spec);
    case LayoutKind::Table:
      return make_table_layout(spec);
  }
  return nullptr;
}

Result<Loss> Layout::loss(const PackKey& key, const ledger::Pack& pack) {
  const auto damages = verify(key, pack);
  if (!damages) return std::unexpected(damages.error());
  return Loss{!damages->empty(), {}};
}

Result<ledger::Pack> Layout::without(const PackKey& from, const PackKey&, const ledger::Pack&,
                                     std::span<const SourceId>) {
  return fail(Kind::Internal, "{} block {}: a pack of one file is lost as a whole", from.retrieval_type, from.block);
}

std::filesystem::path spool_directory(const OutputSpec& spec) {
  return spec.directory / kTempFolder;
}

}  // namespace garner::output
