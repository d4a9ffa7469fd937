// Real documents of real services. Skipped where GARNER_TEST_DATA names no folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"
#include "ivoa/uws.h"
#include "ivoa/vosi.h"
#include "ivoa/votable_verdict.h"

namespace garner::ivoa {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("GARNER_TEST_DATA") == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA is not set";
  }
  static std::string load(const std::string& name) { return testing::data_file(name).value_or(""); }
  static Job job(const std::string& name, std::string_view id = {}) {
    auto read = parse_job(load(name), id);
    EXPECT_TRUE(read) << name << ": " << (read ? "" : read.error().detail);
    return read ? std::move(*read) : Job{};
  }
  static Answer answer(const std::string& name) {
    const std::string text = load(name);
    return read_answer(std::as_bytes(std::span(text)));
  }
};

TEST_F(RealData, JobsOfUws11And10) {
  const Job good = job("ivoa/uws/job.xml");
  EXPECT_EQ(good.id, "1337");
  EXPECT_EQ(good.phase, Phase::Completed);
  EXPECT_TRUE(good.version_1_1);
  EXPECT_EQ(good.execution_duration_s, 7200u);
  ASSERT_EQ(good.results.size(), 1u);
  EXPECT_EQ(good.results[0].href, "http://example.com/tap/async/1337/results/result");
  EXPECT_THAT(good.parameters, Contains(std::pair<std::string, std::string>("query", "SELECT 'test'")));
  EXPECT_EQ(good.owner, "");
  const Job failed = job("ivoa/uws/job-error.xml");
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->message, "We have problem");
  EXPECT_FALSE(failed.error->transient);
  EXPECT_FALSE(failed.error->has_detail);
  const Job old = job("ivoa/uws/job-implicit-v1.0.xml");
  EXPECT_EQ(old.id, "1576511540079_32840");
  EXPECT_FALSE(old.version_1_1);
  EXPECT_EQ(old.results.size(), 1u);
}

TEST_F(RealData, JobsOfCasdaWithCdataNilAndOffsets) {
  EXPECT_EQ(job("ivoa/uws/casda-run_job.xml").phase, Phase::Executing);
  EXPECT_EQ(job("ivoa/uws/casda-suspended_job.xml").phase, Phase::Suspended);
  const Job done = job("ivoa/uws/casda-completed_job.xml");
  EXPECT_EQ(done.id, "a7b53da7-1201-46ee-8718-0bf5b64dd5b8");
  EXPECT_EQ(done.results.size(), 3u);
  EXPECT_FALSE(done.error);
  EXPECT_THAT(done.parameters, ElementsAre(std::pair<std::string, std::string>("id", "ABCDEF")));
  EXPECT_TRUE(parse_time(done.start_time));
}

TEST_F(RealData, JobsWithEveryKindOfInfo) {
  for (const auto* name : {"duplicate-elements", "empty-jobinfo", "namespace-elements", "nested-jobinfo",
                           "simple-jobinfo", "typed-jobinfo"}) {
    EXPECT_EQ(job(fmt::format("ivoa/uws/job-with-{}.xml", name)).phase, Phase::Completed) << name;
  }
  EXPECT_THAT(job("ivoa/uws/job-with-simple-jobinfo.xml").info,
              Contains(std::pair<std::string, std::string>("pct_complete", "100")));
  EXPECT_THAT(job("ivoa/uws/job-with-namespace-elements.xml").info,
              Contains(std::pair<std::string, std::string>("progress", "50")));
  EXPECT_EQ(job("ivoa/spec/UWSJobInstance.xml").id.empty(), false);
}

TEST_F(RealData, TwoJobsOfTapPlusInOneDocument) {
  EXPECT_EQ(job("ivoa/uws/tapplus-jobs-async.xml", "1479386030738O").phase, Phase::Completed);
  EXPECT_EQ(job("ivoa/uws/tapplus-jobs-async.xml", "14793860307381").phase, Phase::Error);
  EXPECT_EQ(job("gaia/uws/xmlparser__test_jobs_async.xml", "1479386030738O").execution_duration_s, 1800u);
}

TEST_F(RealData, JobLists) {
  const std::vector<std::pair<std::string, std::size_t>> lists = {
      {"ivoa/rubin-uws/resp-tap-0.xml", 0},    {"ivoa/rubin-uws/resp-tap-5.xml", 5},
      {"ivoa/rubin-uws/resp-tap.xml", 11},     {"ivoa/rubin-uws/resp-ssotap-2.xml", 2},
      {"ivoa/rubin-uws/resp-ssotap-5.xml", 5}, {"ivoa/rubin-uws/resp-ssotap.xml", 32},
      {"ivoa/uws/tapplus-jobs-list.xml", 2},   {"gaia/uws/tap__jobs_list.xml", 2}};
  for (const auto& [name, count] : lists) {
    const auto refs = parse_job_list(load(name));
    ASSERT_TRUE(refs) << name << ": " << refs.error().detail;
    EXPECT_EQ(refs->size(), count) << name;
  }
  const auto rubin = parse_job_list(load("ivoa/rubin-uws/resp-tap-5.xml"));
  EXPECT_EQ((*rubin)[1].run_id, "ivoa.ObsCore - data");
  EXPECT_EQ((*rubin)[4].run_id, "");
  EXPECT_EQ((*rubin)[0].creation_time, "2025-12-29T20:24:59.896Z");
}

TEST_F(RealData, OldNamespaceOfCadc) {
  const Job old = job("cadc/uws-test-job.xml");
  EXPECT_FALSE(old.id.empty());
  EXPECT_EQ(parse_job_list(load("cadc/uws-test-job-list.xml"))->size(), 3u);
}

TEST_F(RealData, Availability) {
  const auto odd = parse_availability(load("ivoa/vosi/availability.xml"));
  ASSERT_TRUE(odd);
  EXPECT_TRUE(odd->available);
  EXPECT_THAT(odd->notes, ElementsAre("foo", "bar"));
  EXPECT_FALSE(parse_time(odd->down_at)) << "an impossible date is no date";
  EXPECT_TRUE(parse_availability(load("ivoa/vosi/casda-availability.xml"))->available);
}

TEST_F(RealData, Capabilities) {
  const auto gavo = parse_capabilities(load("ivoa/vosi/tap-capabilities-gavo.xml"));
  ASSERT_TRUE(gavo && gavo->tap());
  const auto& tap = gavo->tap()->tap;
  EXPECT_EQ(tap.most_rows(), 10'000'000u);
  EXPECT_EQ(tap.most_upload_bytes(), 100'000'000u);
  EXPECT_TRUE(tap.uploads_inline());
  EXPECT_EQ(tap.execution_s, 3600u);
  EXPECT_EQ(gavo->tap()->interfaces.at(0).access_urls.at(0), "http://dc.zah.uni-heidelberg.de/tap");
  const auto cadc = parse_capabilities(load("cadc/argus-capabilities.xml"));
  ASSERT_TRUE(cadc && cadc->tap());
  EXPECT_THAT(cadc->tap()->interfaces.at(0).security_methods,
              ElementsAre("", "ivo://ivoa.net/sso#cookie", "ivo://ivoa.net/sso#tls-with-certificate",
                          "ivo://ivoa.net/sso#token"));
  EXPECT_EQ(cadc->tap()->tap.most_rows(), std::nullopt);
  EXPECT_EQ(cadc->tap()->tap.most_upload_bytes(), 33'554'432u);
  EXPECT_EQ(cadc->tap()->tap.languages.size(), 2u);
  EXPECT_EQ(parse_capabilities(load("cadc/tap_caps.xml"))->tap()->tap.most_upload_rows(), 100'000u);
  for (const auto* name :
       {"ivoa/vosi/capabilities.xml", "ivoa/vosi/minimal-tapregext.xml", "ivoa/vosi/auth-tap-capabilities.xml",
        "ivoa/vosi/sia2-capabilities-priv.xml", "ivoa/vosi/rubin-tap-capabilities-template.xml",
        "cadc/bifrost-capabilities.xml", "cadc/minoc-capabilities.xml", "cadc/raven-capabilities.xml",
        "cadc/luskan-capabilities.xml"}) {
    const auto read = parse_capabilities(load(name));
    ASSERT_TRUE(read) << name << ": " << read.error().detail;
    EXPECT_FALSE(read->all.empty()) << name;
  }
}

TEST_F(RealData, Tables) {
  const auto gaia = parse_tables(load("gaia/tables/xmlparser__test_tables_gaia.xml"));
  ASSERT_TRUE(gaia) << gaia.error().detail;
  ASSERT_EQ(gaia->size(), 3u);
  EXPECT_EQ((*gaia)[0].full_name(), "external.apassdr9");
  EXPECT_EQ((*gaia)[0].rows, 61'176'401u);
  EXPECT_EQ((*gaia)[1].bytes, 1'366'190'997'504u);
  EXPECT_EQ((*gaia)[0].columns.size() + (*gaia)[1].columns.size() + (*gaia)[2].columns.size(), 181u);
  const auto plus = parse_tables(load("ivoa/vosi/tapplus-tables.xml"));
  ASSERT_TRUE(plus);
  EXPECT_EQ((*plus)[1].full_name(), "public.table2");
  EXPECT_EQ((*plus)[1].columns.size(), 3u);
  const auto vosi = parse_tables(load("ivoa/vosi/tables.xml"));
  ASSERT_TRUE(vosi);
  EXPECT_EQ((*vosi)[0].full_name(), "test.all");
  EXPECT_EQ((*vosi)[0].rows, 30u);
  EXPECT_TRUE((*vosi)[0].columns.at(0).primary);
  EXPECT_EQ(parse_tables(load("ivoa/vosi/tap-tables-lazy.xml"))->size(), 2u);
  for (const auto* name : {"gaia/tables/tap__test_table1.xml", "gaia/tables/tap__test_table_rename.xml",
                           "gaia/tables/tap__test_table_update.xml", "gaia/tables/tap__test_tables.xml",
                           "ivoa/vosi/auth-tap-tables.xml"}) {
    EXPECT_TRUE(parse_tables(load(name))) << name;
  }
}

TEST_F(RealData, ATableOnItsOwnWhosePrefixIsNotDeclared) {
  const auto table = parse_tables(load("ivoa/vosi/lazy-table1.xml"));
  ASSERT_TRUE(table) << table.error().detail;
  EXPECT_EQ(table->at(0).full_name(), "test.table1");
}

TEST_F(RealData, VerdictsOfTapAnswers) {
  const std::vector<std::pair<std::string, std::uint64_t>> whole = {
      {"ivoa/votable/gaia-1714556098855O-result.vot", 1},
      {"ivoa/votable/gaia-1744351221317O-result.vot", 2},
      {"ivoa/votable/gaia-1744351221317O-result_plain.vot", 2},
      {"ivoa/votable/gaia-1710099405832VAL-result.vot", 2},
      {"ivoa/votable/binary2_masked_strings.xml", 3},
      {"cadc/binary-vot.xml", 23},
      {"gaia/tap/model__result_1.vot.gz", 0},
      {"ivoa/dal/basic.xml", 3},
      {"ivoa/dal/rootinfo.xml", 3},
      {"ivoa/dal/tableinfo.xml", 3}};
  for (const auto& [name, rows] : whole) {
    const auto read = answer(name);
    EXPECT_EQ(read.verdict, Verdict::Ok) << name << ": " << read.why.detail;
    if (rows != 0) {
      EXPECT_EQ(read.rows, rows) << name;
    }
  }
  EXPECT_EQ(answer("ivoa/dal/overflowstatus.xml").verdict, Verdict::Overflow);
  EXPECT_EQ(answer("ivoa/dal/overflowstatus.xml").rows, 3u);
  EXPECT_EQ(answer("ivoa/dal/errorstatus.xml").verdict, Verdict::Error);
  EXPECT_EQ(answer("ivoa/dal/missingresource.xml").verdict, Verdict::Cut);
  const auto irsa = answer("ivoa/votable/irsa-nph-error.xml");
  EXPECT_EQ(irsa.verdict, Verdict::Error);
  EXPECT_THAT(irsa.why.detail, HasSubstr("wrong or missing coordinate"));
  EXPECT_EQ(answer("ivoa/votable/gaia-job_2.vot.gz").verdict, Verdict::Cut) << "a tar inside of gzip";
}

}  // namespace
}  // namespace garner::ivoa
