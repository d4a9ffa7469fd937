#include "control/submission_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace garner::control {
namespace {

using testing::HasSubstr;

struct Sink final : StreamSink {
  std::string file, text;
  std::vector<std::uint64_t> got;
  std::vector<std::string> rows;
  Result<void> manifest(std::string file_name, std::string manifest_text) override {
    file = std::move(file_name);
    text = std::move(manifest_text);
    return {};
  }
  Result<void> ids(std::span<const SourceId> some) override {
    for (const auto id : some) got.push_back(id.value);
    return {};
  }
  Result<void> refused(const ledger::RefusedRow& row) override {
    rows.push_back(row.where + "|" + row.text + "|" + row.reason);
    return {};
  }
};

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string whole_stream() {
  std::string out;
  append_manifest(out, "rvs.yaml", "harvest: rvs\n");
  append_ids(out, std::vector<SourceId>{{5937083312263887616}, {1}, {4657994321463473792}});
  append_ids(out, {});
  append_refused(out, std::vector<ledger::RefusedRow>{{"ids.txt line 3", "2.26e18", "went through a double"}});
  append_ids(out, std::vector<SourceId>{{7}});
  append_end(out, {5, 4, 1});
  return out;
}

void expect_whole(const Sink& sink) {
  EXPECT_EQ(sink.file, "rvs.yaml");
  EXPECT_EQ(sink.text, "harvest: rvs\n");
  EXPECT_THAT(sink.got, testing::ElementsAre(5937083312263887616u, 1u, 4657994321463473792u, 7u));
  EXPECT_THAT(sink.rows, testing::ElementsAre("ids.txt line 3|2.26e18|went through a double"));
}

TEST(SubmissionStream, IsTheSameHoweverItIsSplit) {
  const auto stream = whole_stream();
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    Sink sink;
    SubmissionReader reader(sink);
    ASSERT_TRUE(reader.push(bytes(stream).first(first)));
    ASSERT_TRUE(reader.push(bytes(stream).subspan(first)));
    ASSERT_TRUE(reader.finish());
    expect_whole(sink);
  }
}

TEST(SubmissionStream, IsTheSameByteByByteAndInSmallPieces) {
  const auto stream = whole_stream();
  for (std::size_t step = 1; step < 20; ++step) {
    Sink sink;
    SubmissionReader reader(sink);
    for (std::size_t at = 0; at < stream.size(); at += step)
      ASSERT_TRUE(reader.push(bytes(stream).subspan(at, std::min(step, stream.size() - at))));
    ASSERT_TRUE(reader.finish());
    expect_whole(sink);
  }
}

TEST(SubmissionStream, IsNotWholeBeforeItsLastByte) {
  const auto stream = whole_stream();
  for (std::size_t length = 0; length < stream.size(); ++length) {
    Sink sink;
    SubmissionReader reader(sink);
    ASSERT_TRUE(reader.push(bytes(stream).first(length)));
    ASSERT_FALSE(reader.finish());
  }
}

TEST(SubmissionStream, ManyIdsGoThroughSeveralFrames) {
  std::vector<SourceId> many;
  for (std::uint64_t i = 1; i <= 300'000; ++i) many.push_back({i});
  std::string stream;
  append_manifest(stream, "m", "");
  append_ids(stream, many);
  append_end(stream, {many.size(), many.size(), 0});
  Sink sink;
  SubmissionReader reader(sink);
  for (std::size_t at = 0; at < stream.size(); at += 32'749)
    ASSERT_TRUE(reader.push(bytes(stream).subspan(at, std::min<std::size_t>(32'749, stream.size() - at))));
  ASSERT_TRUE(reader.finish());
  ASSERT_EQ(sink.got.size(), many.size());
  for (std::size_t i = 0; i < many.size(); ++i) ASSERT_EQ(sink.got[i], many[i].value);
}

Error error_of(std::string_view stream) {
  Sink sink;
  SubmissionReader reader(sink);
  const auto pushed = reader.push(bytes(stream));
  EXPECT_FALSE(pushed);
  return pushed ? Error{} : pushed.error();
}

std::string begun() {
  std::string out;
  append_manifest(out, "m", "text");
  return out;
}

std::string with(char type, std::string_view payload) {
  auto out = begun();
  append_frame(out, type, payload);
  return out;
}

TEST(SubmissionStream, RefusesWhatBreaksTheFrames) {
  std::string ids_first;
  append_ids(ids_first, std::vector<SourceId>{{1}});
  EXPECT_THAT(error_of(ids_first).detail, HasSubstr("must come first"));
  EXPECT_THAT(error_of(begun() + begun()).detail, HasSubstr("second manifest"));
  EXPECT_THAT(error_of(with('X', "")).detail, HasSubstr("unknown frame type"));
  EXPECT_THAT(error_of(with('I', "1234567")).detail, HasSubstr("multiple of 8"));
  EXPECT_THAT(error_of(with('I', std::string(8, '\0'))).detail, HasSubstr("an id is not in"));
  EXPECT_THAT(error_of(with('I', std::string(8, '\xff'))).detail, HasSubstr("an id is not in"));
  EXPECT_THAT(error_of(with('R', "{}")).detail, HasSubstr("array"));
  EXPECT_THAT(error_of(with('R', "[")).detail, HasSubstr("no JSON"));
  EXPECT_THAT(error_of(with('R', "[3]")).detail, HasSubstr("object"));
  EXPECT_THAT(error_of(with('E', "{}")).detail, HasSubstr("needs the numbers"));
  std::string no_name;
  append_frame(no_name, 'M', "text without a NUL");
  EXPECT_THAT(error_of(no_name).detail, HasSubstr("NUL"));
}

TEST(SubmissionStream, RefusesAPayloadOverTheLimitBeforeItCame) {
  auto stream = begun();
  stream += std::string_view("R\x01\x00\x10\x00", 5);  // 1 MiB + 1
  const auto error = error_of(stream);
  EXPECT_EQ(error.kind, Kind::Malformed);
  EXPECT_THAT(error.detail, HasSubstr("1048577"));
}

TEST(SubmissionStream, RefusesAnEndThatCountsOtherThanWhatCame) {
  EXPECT_THAT(error_of(with('E', R"({"rows": 1, "ids": 1, "refused": 0})")).detail, HasSubstr("counts 1 rows"));
}

TEST(SubmissionStream, RefusesAnythingBehindTheEnd) {
  auto stream = begun();
  append_end(stream, {});
  append_ids(stream, {});
  EXPECT_THAT(error_of(stream).detail, HasSubstr("nothing may follow"));
}

TEST(SubmissionStream, NamesTheByteWhereTheBadFrameBegins) {
  EXPECT_THAT(error_of(with('X', "")).detail, HasSubstr(fmt::format("byte {}", begun().size())));
}

}  // namespace
}  // namespace garner::control
