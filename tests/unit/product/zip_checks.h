// What the zip tests share: reading to the last byte, and what an error says.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "product/zip_reader.h"
#include "support/zip_maker.h"

namespace garner::product {

using Unpacked = std::map<std::string, std::string>;

// Directory and every member, by both ways of extracting, which must agree.
inline Result<Unpacked> unpack(std::string_view zip, const ZipLimits& limits = {}) {
  const auto members = read_zip_directory(test::as_bytes(zip), limits);
  if (!members) return std::unexpected(members.error());
  Unpacked unpacked;
  for (const auto& member : *members) {
    std::string whole(member.size, '?');
    const auto at_once = extract(member, std::as_writable_bytes(std::span(whole)));
    std::string pieces;
    const auto streamed = extract_stream(member, [&pieces](std::span<const std::byte> piece) -> Result<void> {
      pieces.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      return {};
    });
    EXPECT_EQ(at_once.has_value(), streamed.has_value()) << member.name;
    if (!at_once) return std::unexpected(at_once.error());
    EXPECT_EQ(whole, pieces) << member.name;
    unpacked.emplace(member.name, std::move(whole));
  }
  return unpacked;
}

inline void expect_refused(std::string_view zip, Kind kind, std::string_view words, const ZipLimits& limits = {}) {
  const auto unpacked = unpack(zip, limits);
  ASSERT_FALSE(unpacked) << "accepted";
  EXPECT_EQ(kind_name(unpacked.error().kind), kind_name(kind)) << unpacked.error().detail;
  EXPECT_NE(unpacked.error().detail.find(words), std::string::npos) << unpacked.error().detail;
}

inline std::vector<test::ZipPart> three_parts() {
  std::vector<test::ZipPart> parts(3);
  parts[0] = {.name = "RVS-Gaia DR3 11.xml", .data = "first, first, first, first"};
  parts[1] = {.name = "RVS-Gaia DR3 7.xml", .data = ""};
  parts[2] = {.name = "RVS-Gaia DR3 9.xml", .data = std::string(3000, 'x') + "end"};
  return parts;
}

}  // namespace garner::product
