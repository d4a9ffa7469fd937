#include "archive_sim/tap/static_relation.h"

namespace garner::archive_sim {

void StaticRelation::add_field(const Field& field) {
  Field own = field;
  own.name = kept(field.name);
  own.unit = kept(field.unit);
  own.ucd = kept(field.ucd);
  own.description = kept(field.description);
  own.utype = kept(field.utype);
  own.id = {};
  fields_.push_back(own);
}

}  // namespace garner::archive_sim
