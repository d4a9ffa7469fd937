// What `garner submit` says about the id list, the plan and the new harvest. Pure functions.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "harvest/service/service.h"
#include "manifest/id_list.h"
#include "manifest/manifest.h"

namespace garner::client {

// What the client learnt while it read the list.
struct ListRead {
  std::string name;  // as in the manifest, or "standard input"; the key's where there is no list
  manifest::IdListCounts counts;
  std::vector<ledger::RefusedRow> refused;  // the first few
};

inline constexpr std::size_t kRefusedShown = 3;

std::string plan_text(const manifest::Manifest& manifest, const ListRead& list, const harvest::Plan& plan);
std::string submitted_text(const manifest::Manifest& manifest, const ListRead& list,
                           const harvest::SubmitResult& result, std::time_t now);
// Rows refused, each on a line of its own, indented.
std::string refused_text(const ListRead& list, std::size_t indent);

}  // namespace garner::client
