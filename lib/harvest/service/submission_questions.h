// What the archive is asked while a harvest is submitted: whether it takes the queries at all, so that a wrong one is
// told at once, not by thousands of chunks; and, for a plan, how much there is. An archive that can't answer now stops
// no submission. Blocks the calling thread, which is not the loop's. Private to lib/harvest.
#pragma once

#include "harvest/service/submission_check.h"

namespace garner::harvest {

class SubmissionQuestions {
 public:
  SubmissionQuestions(EngineService& service, const CheckedManifest& checked, const std::string& file)
      : service_(service), checked_(checked), file_(file) {}

  // Invalid, with the archive's own words, where it calls a query of the manifest wrong.
  Result<void> try_out();
  // COUNT(*) of the sources, or of a query's rows; nothing where the manifest leaves nothing to count.
  Result<std::optional<std::uint64_t>> count();

 private:
  struct Trial {
    std::string key;  // where the query stands in the manifest
    std::string adql;
    bool of_ids = false;  // its answer must hold source_ids
  };
  Result<std::vector<Trial>> trials() const;
  Result<http::Body> ask(const std::string& adql, std::chrono::seconds patience);

  EngineService& service_;
  const CheckedManifest& checked_;
  const std::string& file_;
};

}  // namespace garner::harvest
