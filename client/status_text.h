// The table of all harvests, and one harvest in detail. Pure functions of statuses.
#pragma once

#include <span>
#include <string>

#include "client/progress.h"

namespace garner::client {

std::string status_table(std::span<const harvest::HarvestStatus> harvests, const View& view);
// How each of their archives is asked.
std::string archives_table(std::span<const harvest::HarvestStatus> harvests, const View& view);
std::string status_details(const harvest::HarvestStatus& status, const View& view);
// Why requests failed so far, the most frequent reasons first; empty where none did.
std::string reasons_text(const harvest::HarvestStatus& status);

}  // namespace garner::client
