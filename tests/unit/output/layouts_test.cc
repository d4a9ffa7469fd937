// What every layout promises, for each layout and structure.
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "fixture.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCount = 24;
const PackKey kKey{"RVS", 3, 0};

class EveryLayout : public OutputTest, public ::testing::WithParamInterface<Way> {
 protected:
  void SetUp() override {
    start(GetParam());
    members_ = members_for(spec_, kCount);
  }
  bool raw() const { return spec_.structure == DataStructure::Raw; }

  // A file of the pack that holds products.
  fs::path some_file() {
    const auto places = layout_->list(kKey);
    EXPECT_TRUE(places.has_value());
    return directory_ / places->at(0).file;
  }

  // Where the largest product lies.
  ProductPlace largest() {
    const auto places = layout_->list(kKey);
    EXPECT_TRUE(places.has_value());
    return *std::ranges::max_element(*places, {}, &ProductPlace::size);
  }

  std::vector<Member> members_;
};

INSTANTIATE_TEST_SUITE_P(Ways, EveryLayout, ::testing::ValuesIn(every_way()), way_name);

TEST_P(EveryLayout, GivesBackEveryProductByteForByte) {
  const auto pack = publish(kKey, members_);
  EXPECT_EQ(pack.products, members_.size());
  EXPECT_EQ(pack.generation, 0u);
  for (const auto& member : members_) {
    const auto read = product_of(kKey, member.id.value_or(nth_id(1)));
    ASSERT_GOOD(read);
    EXPECT_EQ(*read, member.bytes) << member.name;
  }
}

TEST_P(EveryLayout, ListsEveryProductOnceWithItsSize) {
  publish(kKey, members_);
  const auto places = layout_->list(kKey);
  ASSERT_GOOD(places);
  std::map<std::uint64_t, std::uint64_t> sizes, expected;
  for (const auto& place : *places) sizes[place.id.value_or(SourceId{}).value] = place.size;
  for (const auto& member : members_) expected[member.id.value_or(SourceId{}).value] = member.bytes.size();
  EXPECT_EQ(places->size(), members_.size());
  EXPECT_EQ(sizes, expected);
}

TEST_P(EveryLayout, CountsTheStoredBytes) {
  const auto pack = publish(kKey, members_);
  std::uint64_t stored = 0;
  for (const auto& file : visible()) stored += fs::file_size(directory_ / file);
  EXPECT_EQ(pack.bytes, stored);
}

TEST_P(EveryLayout, ShowsNothingBeforePublishAndLeavesNothingWhenDropped) {
  {
    auto writer = layout_->begin(kKey);
    ASSERT_GOOD(writer);
    for (const auto& member : members_) ASSERT_GOOD((*writer)->add({member.name, member.id, as_bytes(member.bytes)}));
    EXPECT_TRUE(visible().empty());
  }
  EXPECT_TRUE(visible().empty());
  EXPECT_EQ(temp_files(), 0u);
}

TEST_P(EveryLayout, LeavesNothingInTmpAfterPublish) {
  publish(kKey, members_);
  EXPECT_EQ(temp_files(), 0u);
}

TEST_P(EveryLayout, VerifiesCleanThenNamesAFlippedByteThenAMissingFile) {
  const auto pack = publish(kKey, members_);
  auto damage = layout_->verify(kKey, pack);
  ASSERT_GOOD(damage);
  EXPECT_TRUE(damage->empty());

  const fs::path file = some_file();
  const std::string relative = file.lexically_relative(directory_).string();
  flip_byte(file, fs::file_size(file) / 2);
  damage = layout_->verify(kKey, pack);
  ASSERT_GOOD(damage);
  EXPECT_EQ(*damage, std::vector{relative + ": sha256 differs"});

  fs::remove(file);
  damage = layout_->verify(kKey, pack);
  ASSERT_GOOD(damage);
  EXPECT_EQ(*damage, std::vector{relative + " is missing"});
}

TEST_P(EveryLayout, RefusesToReadAProductThatWasDamagedOnDisk) {
  publish(kKey, members_);
  const auto places = layout_->list(kKey);
  ASSERT_GOOD(places);
  const ProductPlace& place = places->at(0);
  flip_byte(directory_ / place.file, place.offset + 40);
  const auto read = product_of(kKey, place.id.value_or(nth_id(1)));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, Kind::Corrupt) << read.error().detail;
}

TEST_P(EveryLayout, ReadsNothingThatThereIsNoRoomForAndNamesItsFile) {
  std::string& bytes = members_.front().bytes;  // no bomb: it hardly packs
  for (std::uint32_t n = 1; bytes.size() < 2 * ReadRoom::kSmall; n = n * 1'664'525 + 1'013'904'223)
    bytes += fmt::format("{} ", n);
  publish(kKey, members_);
  const SourceId id = members_.front().id.value_or(nth_id(1));
  ReadRoom narrow(ReadRoom::kSmall);
  const auto refused = layout_->read(kKey, id, narrow);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, Kind::TooLarge);
  EXPECT_NE(refused.error().detail.find(largest().file), std::string::npos) << refused.error().detail;

  ReadRoom wide(16 * ReadRoom::kSmall);
  {
    const auto read = layout_->read(kKey, id, wide);
    ASSERT_GOOD(read);
    EXPECT_EQ(read->bytes, members_.front().bytes);
    EXPECT_GE(wide.used(), read->bytes.size());
  }
  EXPECT_EQ(wide.used(), 0u);
}

// A page that does not come is a signal to who touches it, and the daemon's end, again and again.
TEST_P(EveryLayout, SurvivesAPackThatWasCutShort) {
  publish(kKey, members_);
  const ProductPlace place = largest();
  const fs::path file = directory_ / place.file;
  for (const std::uintmax_t size : {fs::file_size(file) / 2, std::uintmax_t{1}}) {
    fs::resize_file(file, size);
    const auto listed = layout_->list(kKey);
    if (!listed) EXPECT_EQ(listed.error().kind, Kind::Corrupt) << listed.error().detail;
    EXPECT_FALSE(product_of(kKey, place.id.value_or(nth_id(1))).has_value());
  }
}

TEST_P(EveryLayout, SaysThatAPackOrASourceIsNotThere) {
  publish(kKey, members_);
  EXPECT_EQ(product_of({"RVS", 4, 0}, nth_id(1)).error().kind, Kind::NotFound);
  EXPECT_EQ(layout_->list({"RVS", 4, 0}).error().kind, Kind::NotFound);
  if (!raw()) EXPECT_EQ(product_of(kKey, SourceId{4711}).error().kind, Kind::NotFound);
}

TEST_P(EveryLayout, OverwritesWhenPublishedAgainInAnotherOrder) {
  publish(kKey, members_);
  const auto before = visible();
  std::ranges::reverse(members_);
  const auto pack = publish(kKey, members_);
  EXPECT_EQ(visible(), before);
  const auto damage = layout_->verify(kKey, pack);
  ASSERT_GOOD(damage);
  EXPECT_TRUE(damage->empty());
}

TEST_P(EveryLayout, RemovesWhatAnUnsettledPublicationLeftOfASourceThatIsNowAbsent) {
  publish(kKey, members_);
  if (raw()) {  // the table is one file for all, and stays
    publish(kKey, members_, {nth_id(1)});
    EXPECT_EQ(*product_of(kKey, nth_id(2)), members_.front().bytes);
    return;
  }
  const SourceId gone = *members_.back().id;
  members_.pop_back();
  const auto pack = publish(kKey, members_, {gone});
  EXPECT_EQ(product_of(kKey, gone).error().kind, Kind::NotFound);
  EXPECT_EQ(layout_->list(kKey)->size(), members_.size());
  if (spec_.layout == LayoutKind::Files) EXPECT_EQ(visible().size(), members_.size());
  EXPECT_TRUE(layout_->verify(kKey, pack)->empty());
}

TEST_P(EveryLayout, DiscardsAWholePublication) {
  publish(kKey, members_);
  std::vector<SourceId> ids;
  for (std::size_t n = 1; n <= kCount; ++n) ids.push_back(nth_id(n));
  ASSERT_GOOD(layout_->discard(kKey, ids));
  EXPECT_TRUE(visible().empty());
  EXPECT_EQ(layout_->list(kKey).error().kind, Kind::NotFound);
  ASSERT_GOOD(layout_->discard(kKey, ids));  // nothing there: well
}

TEST_P(EveryLayout, KeepsASecondGenerationBesideTheFirst) {
  auto second = members_;
  if (!raw()) {
    members_.resize(kCount / 2);
    second.erase(second.begin(), second.begin() + kCount / 2);
  }
  const auto pack0 = publish(kKey, members_);
  const PackKey later{"RVS", 3, 1};
  const auto pack1 = publish(later, second);
  EXPECT_EQ(pack1.generation, 1u);
  EXPECT_TRUE(layout_->verify(kKey, pack0)->empty());
  EXPECT_TRUE(layout_->verify(later, pack1)->empty());
  const auto read = product_of(later, second.front().id.value_or(nth_id(1)));
  ASSERT_GOOD(read);
  EXPECT_EQ(*read, second.front().bytes);
  EXPECT_NE(layout_->checksums(kKey, pack0)->front().second, layout_->checksums(later, pack1)->front().second);
}

TEST_P(EveryLayout, GivesFilesAndFoldersTheirModesWhateverTheUmask) {
  const auto umask_before = ::umask(0077);
  publish(kKey, members_);
  ::umask(umask_before);
  for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
    if (entry.path().string().find("/.garner/tmp") != std::string::npos) continue;
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, entry.is_directory() ? 0750u : 0640u) << entry.path();
  }
}

TEST_P(EveryLayout, RefusesToPublishThroughASymbolicLinkBelowTheOutput) {
  const fs::path elsewhere = base_ / "elsewhere";
  fs::create_directory(elsewhere);
  fs::create_directory_symlink(elsewhere, directory_ / "RVS");
  auto writer = layout_->begin(kKey);
  ASSERT_GOOD(writer);
  for (const auto& member : members_) ASSERT_GOOD((*writer)->add({member.name, member.id, as_bytes(member.bytes)}));
  const std::string reply = make_zip(members_);
  const auto pack = (*writer)->publish(as_bytes(reply), {});
  ASSERT_FALSE(pack.has_value());
  EXPECT_NE(pack.error().detail.find("symbolic link"), std::string::npos) << pack.error().detail;
  EXPECT_TRUE(fs::is_empty(elsewhere));
}

TEST_P(EveryLayout, ReportsASymbolicLinkInPlaceOfAFileAsDamage) {
  const auto pack = publish(kKey, members_);
  const fs::path file = some_file();
  fs::rename(file, base_ / "moved");
  fs::create_symlink(base_ / "moved", file);
  const auto damage = layout_->verify(kKey, pack);
  ASSERT_GOOD(damage);
  ASSERT_EQ(damage->size(), 1u);
  EXPECT_NE(damage->front().find("symbolic link"), std::string::npos) << damage->front();
}

// What a stranger does with a row of the catalogue.
std::string bytes_at(const ProductPlace& place, LayoutKind layout, bool compressed, const fs::path& directory) {
  const std::string file = slurp(directory / place.file);
  std::string out(place.size, '\0');
  if (layout == LayoutKind::Files && !compressed) return file.substr(place.offset, place.size);
  if (layout == LayoutKind::Zip) {
    const std::uint16_t method = static_cast<unsigned char>(file[place.offset - place.member.size() - 22]);
    if (method == 0) return file.substr(place.offset, place.size);
    z_stream stream{};
    inflateInit2(&stream, -15);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data() + place.offset));
    stream.avail_in = static_cast<uInt>(file.size() - place.offset);
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return out;
  }
  const std::size_t length = ZSTD_findFrameCompressedSize(file.data() + place.offset, file.size() - place.offset);
  EXPECT_FALSE(ZSTD_isError(length));
  std::string content(ZSTD_getFrameContentSize(file.data() + place.offset, length), '\0');
  EXPECT_EQ(ZSTD_decompress(content.data(), content.size(), file.data() + place.offset, length), content.size());
  if (layout == LayoutKind::Files) return content;
  const std::size_t header = content.find(place.member + std::string(1, '\0'));
  EXPECT_EQ(header % 512, 0u);
  return content.substr(header + 512, place.size);
}

TEST_P(EveryLayout, TellsOffsetsThatStandardDecodersUnderstand) {
  publish(kKey, members_);
  const auto places = layout_->list(kKey);
  ASSERT_GOOD(places);
  std::set<std::string> found, expected;
  for (const auto& place : *places) found.insert(bytes_at(place, spec_.layout, spec_.compress_files, directory_));
  for (const auto& member : members_) expected.insert(member.bytes);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace garner::output
