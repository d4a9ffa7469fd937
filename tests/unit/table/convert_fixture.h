// A folder to convert into, for the tests of convert_votable().
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "samples.h"
#include "table/convert.h"
#include "table/votable/field.h"

namespace garner::table {

class ConvertFixture : public ::testing::Test {
 protected:
  ConvertFixture();
  ~ConvertFixture() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "out"; }
  std::string content() const;
  // The file's bytes; it is gone afterwards.
  std::string converted(std::string_view answer, const ConvertOptions& options);
  // The error to every format, which must be the same kind and leave nothing behind.
  Error refused(std::string_view answer, ConvertOptions options = {});

  std::filesystem::path folder_;
};

}  // namespace garner::table
