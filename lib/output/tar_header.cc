#include "output/tar_header.h"

#include <fmt/format.h>

#include <algorithm>

namespace garner::output {

namespace {

// Field offsets of a ustar header.
constexpr std::size_t kName = 0, kNameBytes = 100, kMode = 100, kUid = 108, kGid = 116, kSize = 124, kTime = 136,
                      kChecksum = 148, kChecksumBytes = 8, kType = 156, kMagic = 257, kUserName = 265, kGroupName = 297;
constexpr std::uint64_t kLargestOctal = 077777777777;  // 11 digits

void put(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}

std::string ustar(std::string_view name, std::uint64_t size, char type) {
  std::string header(kTarBlock, '\0');
  put(header, kName, name.substr(0, kNameBytes));
  put(header, kMode, "0000640");
  put(header, kUid, "0000000");
  put(header, kGid, "0000000");
  put(header, kSize, fmt::format("{:011o}", std::min(size, kLargestOctal)));
  put(header, kTime, "00000000000");
  put(header, kChecksum, "        ");
  header[kType] = type;
  put(header, kMagic,
      std::string_view("ustar\0"
                       "00",
                       8));
  put(header, kUserName, "garner");
  put(header, kGroupName, "garner");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(header, kChecksum, fmt::format("{:06o}", sum));
  header[kChecksum + kChecksumBytes - 2] = '\0';
  return header;
}

// "LENGTH key=value\n", where LENGTH counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest;
  while (length != rest + std::to_string(length).size()) length = rest + std::to_string(length).size();
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace

std::string tar_header(std::string_view name, std::uint64_t size) {
  std::string records;
  if (name.size() > kNameBytes) records += pax_record("path", name);
  if (size > kLargestOctal) records += pax_record("size", std::to_string(size));
  std::string header;
  if (!records.empty()) {
    header = ustar("pax_header", records.size(), 'x');
    header += records;
    header.append(tar_padding(records.size()), '\0');
  }
  header += ustar(name, size, '0');
  return header;
}

}  // namespace garner::output
