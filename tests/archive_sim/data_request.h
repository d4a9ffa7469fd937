// The form fields of data-server/data, read and judged as the archive does.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "archive_sim/form.h"
#include "archive_sim/knobs.h"
#include "archive_sim/products/products.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {

struct RequestedId {
  std::uint64_t id = 0;
  std::string release;  // of the designation; the request's for a bare id
};

struct DataRequest {
  std::vector<RequestedId> ids;  // each once, in the order asked
  std::string release;
  std::vector<std::string> types;  // one, or all of the release for ALL
  Structure structure = Structure::Individual;
  Format format = Format::Votable;
  bool valid_only = false;
  bool zip_always = false;
};

// Why the archive refuses: the reason's text, and the status it comes with.
struct Refusal {
  unsigned status = 500;
  std::string reason;
};

// The ids of the field ID, duplicates kept (the limit counts them). A part that is no id becomes a refusal.
std::variant<std::vector<RequestedId>, Refusal> parse_ids(const Form& form, const Knobs& knobs);

std::variant<DataRequest, Refusal> judge_request(const Form& form, std::vector<RequestedId> ids, const Knobs& knobs);

}  // namespace garner::archive_sim
