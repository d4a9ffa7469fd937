#include "product/contents.h"

#include <algorithm>

#include "product/inflate_space.h"
#include "product/product_checks.h"
#include "product/zip_reader.h"

namespace garner::product {

namespace {

constexpr std::uint64_t kSpareMembers = 8;  // over what can be asked, so that a wrong member is told by its name
constexpr std::uint64_t kRawFrameBytes = 16u << 20;  // of a table of many sources beside its rows

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

ZipLimits limits_for(const Asked& asked) {
  const std::uint64_t all = saturating_product(asked.max_product_bytes, std::max<std::uint64_t>(asked.ids.size(), 1));
  ZipLimits limits;
  limits.max_total_bytes = all > UINT64_MAX - kRawFrameBytes ? UINT64_MAX : all + kRawFrameBytes;
  const bool raw = asked.structure == DataStructure::Raw;
  limits.max_member_bytes = raw ? limits.max_total_bytes : asked.max_product_bytes;
  limits.max_members =
      asked.ids.size() + kSpareMembers;  // also for RAW, so that a file a source is told as the wrong structure
  return limits;
}

class ReplyReader {
 public:
  ReplyReader(const Asked& asked, ProductSink& sink)
      : asked_(asked), sink_(sink), space_(asked.budget, asked.spool_directory) {
    contents_.found.resize(asked.ids.size());
  }

  Result<void> read(const ZipMember& member) {
    const auto name = parse_product_name(member.name);
    if (!name) return std::unexpected(name.error());
    if (auto good = check_name(*name); !good) return good;
    const auto bytes = space_.inflate(member);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto good = check_content(*name, *bytes); !good) return good;
    ++contents_.products;
    contents_.product_bytes += bytes->size();
    return sink_.add({.name = member.name, .id = name->id, .bytes = *bytes});
  }

  Contents take() { return std::move(contents_); }

 private:
  // Exact, case included: the archive's names are what was asked, or the member is not ours.
  Result<void> check_name(const ProductName& name) const {
    const bool raw = asked_.structure == DataStructure::Raw;
    if (name.retrieval_type != asked_.retrieval_type) {
      return fail(Kind::Malformed, "wrong type: {} was asked", asked_.retrieval_type);
    }
    if (!name.raw && name.release != asked_.release)
      return fail(Kind::Malformed, "wrong release: {} was asked", asked_.release);
    if (name.extension != format_extension(asked_.format)) {
      return fail(Kind::Malformed, "wrong format: {} was asked, whose files end in .{}", format_name(asked_.format),
                  format_extension(asked_.format));
    }
    if (name.raw && !raw)
      return fail(Kind::Malformed, "wrong structure: INDIVIDUAL was asked, not a table of many sources");
    if (!name.id) return {};
    const auto place = place_of(*name.id);
    if (!place) return fail(Kind::Malformed, "source {} was not asked", name.id->value);
    if (contents_.found[*place]) return fail(Kind::Malformed, "source {} comes twice", name.id->value);
    return {};
  }

  // Where one source was asked, and in a RAW reply perhaps where one was found, the archive gives the INDIVIDUAL name
  // to either structure.
  Result<void> check_content(const ProductName& name, std::span<const std::byte> bytes) {
    const bool one_asked = asked_.ids.size() == 1;
    Claim claim{.retrieval_type = asked_.retrieval_type, .format = asked_.format, .judge_structure = one_asked};
    if (asked_.structure == DataStructure::Individual) {
      if (auto good = check_individual(bytes, claim, *name.id); !good) return good;
      return mark_found(*name.id);
    }
    claim.judge_structure = one_asked || name.id;
    if (auto good = read_raw(bytes, claim, [this](SourceId id) { return mark_found(id); }); !good) return good;
    if (!one_asked && name.id && !contents_.found[*place_of(*name.id)]) {
      return fail(Kind::Malformed, "it does not hold source {}, which its name says", name.id->value);
    }
    return {};
  }

  Result<void> mark_found(SourceId id) {
    const auto place = place_of(id);
    if (!place) return fail(Kind::Malformed, "source {} was not asked", id.value);
    contents_.found[*place] = true;
    return {};
  }

  std::optional<std::size_t> place_of(SourceId id) const {
    const auto at = std::ranges::lower_bound(asked_.ids, id);
    if (at == asked_.ids.end() || *at != id) return std::nullopt;
    return static_cast<std::size_t>(at - asked_.ids.begin());
  }

  const Asked& asked_;
  ProductSink& sink_;
  InflateSpace space_;
  Contents contents_;
};

}  // namespace

Result<Contents> read_reply(std::span<const std::byte> reply, const Asked& asked, ProductSink& sink) {
  const auto members = read_zip_directory(reply, limits_for(asked));
  if (!members) return with_context(members.error(), "the reply's zip");
  if (asked.structure == DataStructure::Raw && members->size() > 1) {
    return fail(Kind::Malformed, "wrong structure: RAW was asked, one table, but {} members came, '{}' among them",
                members->size(), printable(members->front().name, 120));
  }
  ReplyReader reader(asked, sink);
  for (const auto& member : *members) {
    if (auto good = reader.read(member); !good)
      return with_context(good.error(), "member '{}'", printable(member.name, 120));
  }
  return reader.take();
}

}  // namespace garner::product
