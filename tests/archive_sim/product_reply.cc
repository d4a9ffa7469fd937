#include "archive_sim/product_reply.h"

#include <algorithm>

#include "archive_sim/random.h"
#include "archive_sim/spoil.h"

namespace garner::archive_sim {
namespace {

// A file of the reply before it is zipped: either a member that is ready, or the bytes.
struct File {
  std::string name;
  std::string bytes;
  MemberPtr ready;
};

class Builder {
 public:
  Builder(const DataRequest& request, const Knobs& knobs, const std::optional<FiredFault>& fault, std::uint64_t ordinal,
          MemberCache& cache)
      : request_(request),
        knobs_(knobs),
        fault_(fault),
        random_(mix(knobs.seed, ordinal)),
        cache_(cache),
        options_{knobs.half_null_xp, request.valid_only},
        structure_(request.structure) {
    if (is(Fault::WrongStructure)) structure_ = structure_ == Structure::Raw ? Structure::Individual : Structure::Raw;
  }

  ProductBody build() {
    for (const std::string& type : request_.types) add_type(type);
    shuffle();
    const bool spoilt = spoil_files();
    ProductBody out;
    out.proper = !spoilt && !is(Fault::WrongStructure) && !is(Fault::LeftOut);
    if (files_.size() == 1 && !request_.zip_always) {
      out.body = Body(bytes_of(files_[0]));
      out.content_type = content_type(request_.format);
    } else {
      std::vector<MemberPtr> members;
      for (File& file : files_) members.push_back(member_of(file));
      if (is(Fault::BadCrc) && !members.empty()) spoil_crc(members[random_.below(members.size())]);
      out.proper = out.proper && !is(Fault::BadCrc);
      out.body = make_zip(members);
      out.content_type = "application/zip";
    }
    return out;
  }

 private:
  bool is(Fault fault) const { return fault_ && fault_->fault == fault; }

  // Ids that have the product; a RAW table takes those of the request's own release only.
  std::vector<RequestedId> present(const std::string& type) {
    std::vector<RequestedId> out;
    for (const RequestedId& id : request_.ids) {
      const bool release_fits =
          structure_ == Structure::Individual ? serves(id.release, type) : id.release == request_.release;
      if (!release_fits || is_absent(id.id, type, knobs_.seed, knobs_.absent_fraction_of(type))) continue;
      if (is(Fault::LeftOut) && unit_interval(random_.next()) < fault_->knob.share) continue;
      out.push_back(id);
    }
    return out;
  }

  void add_type(const std::string& type) {
    const std::vector<RequestedId> ids = present(type);
    if (structure_ == Structure::Individual) {
      for (const RequestedId& id : ids) files_.push_back(individual(type, id));
    } else if (!ids.empty()) {
      add_raw(type, ids);
    }
  }

  File individual(const std::string& type, const RequestedId& id) {
    const std::string key = MemberCache::key(id.release, type, request_.format, request_.valid_only);
    const bool bare = !request_.zip_always && request_.ids.size() == 1 && request_.types.size() == 1;
    if (!bare)
      if (MemberPtr member = cache_.find(key, id.id)) return {member->name, {}, member};
    if (!bare && knobs_.cache_members) {
      MemberPtr member = individual_member(id.release, type, id.id, request_.format, options_, knobs_.deflate_level);
      cache_.put(key, id.id, member);
      return {member->name, {}, member};
    }
    return {individual_name(type, id.release, id.id, request_.format),
            product(type, id.release, Structure::Individual, {id.id}),
            {}};
  }

  void add_raw(const std::string& type, const std::vector<RequestedId>& ids) {
    std::vector<std::uint64_t> rows;
    for (const RequestedId& id : ids) rows.push_back(id.id);
    for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random_.below(i)]);
    if (is(Fault::ForeignMember)) rows.push_back(foreign_id());
    const bool single = request_.ids.size() == 1;
    files_.push_back({single ? individual_name(type, request_.release, request_.ids[0].id, request_.format)
                             : fmt::format("{}_RAW.{}", type, extension(request_.format)),
                      product(type, request_.release, Structure::Raw, rows),
                      {}});
  }

  std::string product(const std::string& type, const std::string& release, Structure structure,
                      const std::vector<std::uint64_t>& ids) {
    return write_table(make_product(release, type, structure, ids, options_), request_.format);
  }

  std::string bytes_of(File& file) {
    if (!file.ready) return std::move(file.bytes);
    return inflate_member(*file.ready);
  }

  MemberPtr member_of(File& file) {
    return file.ready ? file.ready : make_member(file.name, file.bytes, knobs_.deflate_level);
  }

  void shuffle() {
    for (std::size_t i = files_.size(); i > 1; --i) std::swap(files_[i - 1], files_[random_.below(i)]);
  }

  std::uint64_t foreign_id() {
    std::uint64_t id = request_.ids[random_.below(request_.ids.size())].id;
    const auto asked = [&] {
      return std::ranges::any_of(request_.ids, [&](const RequestedId& r) { return r.id == id; });
    };
    do id += 128;
    while (asked() || is_unknown_source(id));
    return id;
  }

  // Another type of the same release, to be taken for the one asked.
  std::string other_type() const {
    const auto types = types_of(request_.release);
    const auto other = std::ranges::find_if(types, [&](const std::string& t) { return t != request_.types[0]; });
    return other == types.end() ? request_.types[0] : *other;
  }

  bool spoil_files() {
    if (!fault_ || files_.empty()) return false;
    File& file = files_[random_.below(files_.size())];
    const std::uint64_t id = request_.ids[0].id;
    switch (fault_->fault) {
      case Fault::CutProduct:
        return replace(file, cut_product(bytes_of(file), request_.format));
      case Fault::WrongNaxis2:
        return replace(file, wrong_naxis2(bytes_of(file)));
      case Fault::ForeignMember:
        if (structure_ == Structure::Individual)
          files_.push_back(individual(request_.types[0], {foreign_id(), request_.release}));
        return true;
      case Fault::WrongReleaseMember: {
        const std::string other = request_.release == "Gaia DR2" ? "Gaia DR3" : "Gaia DR2";
        if (const auto at = file.name.find(request_.release); at != std::string::npos) {
          std::string bytes = bytes_of(file);
          file.name.replace(at, request_.release.size(), other);
          return replace(file, std::move(bytes));
        }
        return false;
      }
      case Fault::WrongTypeMember: {
        const std::string type = other_type();
        if (structure_ == Structure::Individual) {
          file = individual(type, {id_in(file.name, id), request_.release});
        } else {
          file.name.replace(0, request_.types[0].size(), type);
          file.bytes = product(type, request_.release, Structure::Raw, {id});
        }
        return true;
      }
      case Fault::DuplicateMember:
        files_.push_back(file);
        return true;
      default:
        return false;
    }
  }

  bool replace(File& file, std::string bytes) {
    file = {file.ready ? file.ready->name : file.name, std::move(bytes), nullptr};
    return true;
  }

  static std::uint64_t id_in(const std::string& name, std::uint64_t fallback) {
    const auto space = name.rfind(' ');
    return space == std::string::npos ? fallback : std::stoull(name.substr(space + 1));
  }

  static void spoil_crc(MemberPtr& member) {
    auto copy = std::make_shared<Member>(*member);
    copy->crc ^= 0x1000;
    member = copy;
  }

  const DataRequest& request_;
  const Knobs& knobs_;
  const std::optional<FiredFault>& fault_;
  Random random_;
  MemberCache& cache_;
  ProductOptions options_;
  Structure structure_;
  std::vector<File> files_;
};

}  // namespace

bool can_spoil(Fault fault, const DataRequest& request, const Knobs& knobs) {
  if (fault < Fault::WrongStructure || fault > Fault::BadCrc) return true;
  if (fault == Fault::WrongNaxis2 && request.format != Format::Fits) return false;
  if (fault == Fault::WrongReleaseMember && request.structure == Structure::Raw && request.ids.size() > 1) return false;
  if (fault == Fault::WrongTypeMember && types_of(request.release).size() < 2) return false;
  // At least one product must be there to be spoilt.
  return std::ranges::any_of(request.types, [&](const std::string& type) {
    return std::ranges::any_of(request.ids, [&](const RequestedId& id) {
      return serves(id.release, type) && id.release == request.release &&
             !is_absent(id.id, type, knobs.seed, knobs.absent_fraction_of(type));
    });
  });
}

ProductBody make_product_body(const DataRequest& request, const Knobs& knobs, const std::optional<FiredFault>& fault,
                              std::uint64_t ordinal, MemberCache& cache) {
  return Builder(request, knobs, fault, ordinal, cache).build();
}

}  // namespace garner::archive_sim
