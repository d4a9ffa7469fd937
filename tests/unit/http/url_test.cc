#include "http/url.h"

#include <gtest/gtest.h>

namespace garner::http {
namespace {

const std::string kBase = "https://Tap.example.org/tap/async";

TEST(Url, ResolvesReferencesAgainstWhereTheyStood) {
  EXPECT_EQ(resolve_url(kBase, "https://other.example.org/x?y=1#z"), "https://other.example.org/x?y=1");
  EXPECT_EQ(resolve_url(kBase, "/a/b"), "https://Tap.example.org/a/b");
  EXPECT_EQ(resolve_url(kBase, "async/7"), "https://Tap.example.org/tap/async/7");
  EXPECT_EQ(resolve_url(kBase + "/", "7"), "https://Tap.example.org/tap/async/7");
  EXPECT_EQ(resolve_url(kBase, "//evil.net/x"), "https://evil.net/x");
}

TEST(Url, ThatIsNoneIsRefused) {
  for (const char* reference :
       {"", "ftp://x/y", "file:///etc/passwd", "https://user:pw@x.org/", "a b", "x\r\nSet-Cookie: a", "https://"}) {
    EXPECT_FALSE(resolve_url(kBase, reference)) << reference;
  }
  EXPECT_FALSE(resolve_url("no base", "/x"));
  EXPECT_FALSE(resolve_url(kBase, std::string(100'000, 'x')));
}

TEST(Origin, IsSchemeHostAndPortWhateverTheirSpelling) {
  EXPECT_EQ(origin_of("HTTPS://Tap.Example.org/x"), "https://tap.example.org:443");
  EXPECT_TRUE(same_origin("https://a.org/x", "https://A.org:443/y?z"));
  EXPECT_FALSE(same_origin("https://a.org/", "http://a.org/"));
  EXPECT_FALSE(same_origin("https://a.org/", "https://a.org:8443/"));
  EXPECT_FALSE(same_origin("https://a.org/", "https://a.org.evil.net/"));
  EXPECT_FALSE(same_origin("https://a.org/", "https://a.org@evil.net/"));
  EXPECT_FALSE(same_origin("x", "x"));
}

}  // namespace
}  // namespace garner::http
