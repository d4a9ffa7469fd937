// What lies under an output directory, looked at with other people's tools only: unzip, tar, zstd, sha256sum. No code
// of garner's.
#pragma once

#include <string>
#include <vector>

#include "rig.h"

namespace garner::e2e {

struct Unpacked {
  std::string file;    // of the pack, relative; of the product itself in layout `files`
  std::string member;  // its name without folders, and without .zst
  std::string bytes;
};

// Every product below the directory. Packs that a tool complains about fail the test.
std::vector<Unpacked> unpack(const fs::path& output);

struct CatalogueRow {
  std::string source_id, retrieval_type, file, member;
};

std::vector<CatalogueRow> read_catalogue(const fs::path& output);

// The lines of SHA256SUMS: path -> hash; fails the test where sha256sum -c does not agree, or where a path stands
// twice.
std::map<std::string, std::string> check_sums(const fs::path& output);

// Expects the account of a harvest at rest to be true: the outcomes add up, `garner verify` is content, and ledger,
// catalogue, SHA256SUMS and disk hold the same products, each once.
void expect_account(Rig& rig, const std::string& harvest);
void expect_nothing_half_written(const fs::path& output);

}  // namespace garner::e2e
