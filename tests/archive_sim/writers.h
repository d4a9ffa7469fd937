// A table in one of the formats of data-server/data: byte layouts after the archive's own files (VOTable 1.4 with
// BINARY2 or TABLEDATA, FITS 4.0 binary tables with a heap for arrays, CSV, ECSV 1.0). Written on its own, so that it
// can be an oracle for garner's readers. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archive_sim/table.h"

namespace garner::archive_sim {

enum class Format { Votable, VotablePlain, Fits, Csv, Ecsv };

std::optional<Format> parse_format(std::string_view name);
std::string_view extension(Format format);  // "xml", "fits", "csv", "ecsv"
std::string_view content_type(Format format);

std::string write_table(const Table& table, Format format);

std::string write_votable(const Table& table, bool binary2);
// The FIELDs, DATA and </TABLE> of a VOTable.
void append_votable_data(std::string& out, const Table& table, bool binary2);
std::string write_fits(const Table& table);
std::string write_csv(const Table& table);
std::string write_ecsv(const Table& table);

}  // namespace garner::archive_sim
