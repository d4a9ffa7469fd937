// Harvests from the real server by the real programs: a daemon and the CLI in a folder of their own, with the server as
// archive "dachs", a profile of kind tap. A test is passed over where GARNER_REAL_TAP names no TAP service.
#pragma once

#include <gtest/gtest.h>

#include "cells.h"

namespace garner::real_server {

using e2e::Cells;
using e2e::Json;

class Harvests : public ::testing::Test {
 protected:
  void SetUp() override;

  // The daemon; `tap` are keys of the profile's `tap` (maxrec is 100,000 unless it stands there).
  void start(const std::string& tap = {});
  // NAME.yaml with harvest and archive, and with output where `rest` has none.
  std::filesystem::path manifest(const std::string& name, const std::string& rest);
  std::string output_key(const std::string& name, const std::string& layout) const;
  // Submits it and expects that it comes to its end with its account right and no job left at the server.
  void finish(const std::filesystem::path& manifest, const std::string& name);

  // The whole of gaia.source: the server's own export, read without garner's code. Asked for once.
  static const Cells& exported();
  // Of every so-manieth source of it.
  static std::vector<std::string> every(std::size_t step);
  // Its rows with these ids, some columns of them.
  static Cells rows_of(const std::set<std::string>& ids, const std::vector<std::string>& columns);
  // What lies in the harvest's folder.
  void expect_rows(const std::string& name, const std::string& folder, const Cells& truth);
  void expect_same(const std::set<std::string>& found, const std::set<std::string>& due);

  // The server's job list: id -> phase.
  static std::map<std::string, std::string> jobs();
  // The id of a job that was made and started by other means than garner's.
  static std::string make_job(const std::string& adql);

  e2e::Rig rig;

 private:
  std::map<std::string, std::string> jobs_before_;
};

}  // namespace garner::real_server
