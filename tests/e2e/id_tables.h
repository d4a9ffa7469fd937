// Id lists as other programs write them, made up byte by byte here: two columns, ra and source_id.
#pragma once

#include <string>
#include <vector>

namespace garner::e2e {

enum class IdType { Long, Double, Text };
enum class Serialization { TableData, Binary, Binary2 };

using Ids = std::vector<std::string>;

std::string id_csv(const Ids& ids);
std::string id_tsv(const Ids& ids);
std::string id_ecsv(const Ids& ids);
// A primary HDU and a binary table (FITS 4.0 §7.3).
std::string id_fits(const Ids& ids, IdType type);
// VOTable 1.4 §6; `datatype` of source_id for TABLEDATA.
std::string id_votable(const Ids& ids, Serialization serialization, const std::string& datatype = "long");

}  // namespace garner::e2e
