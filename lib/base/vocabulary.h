// The closed vocabularies of the field that several rooms share. Retrieval types and releases are data (archive
// profile), never an enum: archives rename them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace garner {

// INDIVIDUAL, since 2026 also DATAMODEL_STANDARD: a file a source. RAW, also DATAMODEL_GAIA: a table of many sources.
enum class DataStructure : std::uint8_t { Individual, Raw };

// Either spelling, upper or lower case.
std::optional<DataStructure> parse_data_structure(std::string_view text);

// How products are serialised. votable is BINARY2, votable_plain TABLEDATA; both end in .xml.
enum class ProductFormat : std::uint8_t { VOTable, VOTablePlain, Fits, Csv, Ecsv };

std::optional<ProductFormat> parse_product_format(std::string_view text);
std::string_view format_name(ProductFormat format);       // as in requests: "votable_plain"
std::string_view format_extension(ProductFormat format);  // as in member names, without a dot: "xml"

enum class LayoutKind : std::uint8_t { Zip, Files, TarZst, Table };

std::optional<LayoutKind> parse_layout(std::string_view text);
std::string_view layout_name(LayoutKind layout);  // "zip", "files", "tar.zst", "table"

}  // namespace garner
