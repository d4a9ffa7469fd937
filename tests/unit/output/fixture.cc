#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace garner::output {

namespace fs = std::filesystem;

namespace {

template <class Number>
void put(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out += static_cast<char>(number >> (8 * i) & 0xFF);
}

std::string deflated(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

std::string make_zip(const std::vector<Member>& members) {
  std::string zip, directory;
  std::size_t n = 0;
  for (const auto& member : members) {
    const std::uint16_t method = n++ % 2 == 0 ? 8 : 0;
    const std::string data = method == 8 ? deflated(member.bytes) : member.bytes;
    const auto crc = static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()), static_cast<uInt>(member.bytes.size())));
    std::string common;
    put<std::uint16_t>(common, 20);
    put<std::uint16_t>(common, 0x0800);
    put<std::uint16_t>(common, method);
    put<std::uint32_t>(common, 0x00210000);
    put<std::uint32_t>(common, crc);
    put(common, static_cast<std::uint32_t>(data.size()));
    put(common, static_cast<std::uint32_t>(member.bytes.size()));
    put(common, static_cast<std::uint16_t>(member.name.size()));
    put<std::uint16_t>(common, 0);
    const auto start = static_cast<std::uint32_t>(zip.size());
    zip += std::string("PK\3\4") + common + member.name + data;
    directory += std::string("PK\1\2") + std::string("\24\0", 2) + common;
    directory.append(10, '\0');
    put(directory, start);
    directory += member.name;
  }
  const auto start = static_cast<std::uint32_t>(zip.size());
  zip += directory + std::string("PK\5\6") + std::string(4, '\0');
  put(zip, static_cast<std::uint16_t>(members.size()));
  put(zip, static_cast<std::uint16_t>(members.size()));
  put(zip, static_cast<std::uint32_t>(directory.size()));
  put(zip, start);
  put<std::uint16_t>(zip, 0);
  return zip;
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void spill(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

void flip_byte(const fs::path& path, std::size_t at) {
  std::string bytes = slurp(path);
  ASSERT_LT(at, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
  spill(path, bytes);
}

std::pair<int, std::string> shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, ""};
  std::string output;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), got);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

bool have_program(const std::string& name) {
  return shell("command -v " + name).first == 0;
}

std::string way_name(const ::testing::TestParamInfo<Way>& info) {
  std::string name = info.param.layout == LayoutKind::Zip     ? "Zip"
                     : info.param.layout == LayoutKind::Files ? "Files"
                                                              : "TarZst";
  if (info.param.compress) name += "Compressed";
  return name + (info.param.structure == DataStructure::Raw ? "Raw" : "Individual");
}

std::vector<Way> every_way() {
  std::vector<Way> ways;
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    ways.push_back({LayoutKind::Zip, false, structure});
    ways.push_back({LayoutKind::Files, false, structure});
    ways.push_back({LayoutKind::Files, true, structure});
    ways.push_back({LayoutKind::TarZst, false, structure});
  }
  return ways;
}

OutputTest::OutputTest() {
  std::string made = (fs::temp_directory_path() / "garner-output-XXXXXX").string();
  base_ = fs::canonical(mkdtemp(made.data()));
  directory_ = base_ / "out put";  // users have blanks in their paths
}

OutputTest::~OutputTest() {
  fs::remove_all(base_);
}

OutputSpec OutputTest::spec_for(const Way& way) const {
  OutputSpec spec;
  spec.directory = directory_;
  spec.layout = way.layout;
  spec.compress_files = way.compress;
  spec.structure = way.structure;
  spec.release = "Gaia DR3";
  spec.sources = 2'000'000;  // level 4: two tiers of folders
  return spec;
}

void OutputTest::start(const Way& way) {
  spec_ = spec_for(way);
  ASSERT_GOOD(prepare_output(spec_, "harvest: test\n", "Credit\n"));
  layout_ = make_layout(spec_);
}

ledger::Pack OutputTest::publish(const PackKey& key, const std::vector<Member>& members,
                                 const std::vector<SourceId>& absent) {
  auto writer = layout_->begin(key);
  EXPECT_TRUE(writer.has_value()) << writer.error().detail;
  for (const auto& member : members) {
    const auto added = (*writer)->add({member.name, member.id, as_bytes(member.bytes)});
    EXPECT_TRUE(added.has_value()) << added.error().detail;
  }
  const std::string reply = make_zip(members);
  auto pack = (*writer)->publish(as_bytes(reply), absent);
  EXPECT_TRUE(pack.has_value()) << pack.error().detail;
  return pack ? *pack : ledger::Pack{};
}

Result<std::string> OutputTest::product_of(const PackKey& key, SourceId id) {
  auto product = layout_->read(key, id, room_);
  if (!product) return std::unexpected(product.error());
  return std::move(product->bytes);
}

std::set<std::string> OutputTest::visible() const {
  std::set<std::string> found;
  for (auto entry = fs::recursive_directory_iterator(directory_); entry != fs::recursive_directory_iterator();
       ++entry) {
    if (entry->path().filename() == ".garner") {
      entry.disable_recursion_pending();
      continue;
    }
    const std::string relative = entry->path().lexically_relative(directory_).string();
    if (entry->is_regular_file() && relative != "MANIFEST.yaml" && relative != "CREDIT.txt") found.insert(relative);
  }
  return found;
}

std::size_t OutputTest::temp_files() const {
  const fs::directory_iterator temp(spool_directory(spec_));
  return static_cast<std::size_t>(std::distance(fs::begin(temp), fs::end(temp)));
}

SourceId nth_id(std::size_t n) {
  return SourceId{(std::uint64_t{n % 7 + 1} << 50) + n * 128};
}

std::vector<Member> members_for(const OutputSpec& spec, std::size_t count) {
  std::vector<Member> members;
  if (spec.structure == DataStructure::Raw) {
    std::string table = "source_id\n";
    for (std::size_t n = 1; n <= count; ++n) table += to_string(nth_id(n)) + "\n";
    return {{"RVS_RAW.xml", std::nullopt, table}};
  }
  for (std::size_t n = 1; n <= count; ++n) {
    std::string bytes;
    for (std::size_t i = 0; i < n * 997 % 5000; ++i) bytes += fmt::format("{} ", i * n % 1013);
    if (n == 5) bytes.clear();
    members.push_back({product::individual_name("RVS", spec.release, nth_id(n), spec.format), nth_id(n), bytes});
  }
  return members;
}

}  // namespace garner::output
