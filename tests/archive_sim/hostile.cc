#include "archive_sim/hostile.h"

#include <algorithm>
#include <array>

#include "archive_sim/data_server.h"
#include "archive_sim/member_cache.h"
#include "archive_sim/zip_writer.h"

namespace garner::archive_sim {

namespace {

constexpr std::size_t kBombBytes = 512u << 20;
constexpr std::size_t kBombMembers = 60'000;
constexpr std::uint64_t kEndlessBytes = 1ull << 40;
constexpr std::uint32_t kSymbolicLink = 0120777u << 16;  // as Unix's zips have it (APPNOTE 4.4.15)

std::string own_name(const DataRequest& request) {
  return individual_name(request.types[0], request.release, request.ids[0].id, request.format);
}

HttpReply zip_of(std::vector<MemberPtr> members) {
  HttpReply reply = text_reply(200, "application/zip", "");
  reply.body = make_zip(members);
  return reply;
}

HttpReply zip_of(const std::string& name, std::string_view bytes) {
  return zip_of({make_member(name, bytes, 6)});
}

const MemberPtr& bomb() {
  static const MemberPtr member = make_member("bomb", std::string(kBombBytes, '\0'), 9);
  return member;
}

// It says so, or it says that it is small.
HttpReply bomb_of(const DataRequest& request, bool honest) {
  auto member = std::make_shared<Member>(*bomb());
  member->name = own_name(request);
  if (!honest) member->size = 5000;
  return zip_of({member});
}

HttpReply many_members(const DataRequest& request) {
  std::vector<MemberPtr> members(kBombMembers, make_member(own_name(request), "", 1));
  return zip_of(std::move(members));
}

HttpReply symbolic_link(const DataRequest& request) {
  auto member = std::make_shared<Member>(*make_member(own_name(request), "/etc/passwd", 1));
  member->attributes = kSymbolicLink;
  return zip_of({member});
}

// Each entity is ten of the one before.
std::string many_laughs() {
  std::string text = "<?xml version=\"1.0\"?>\n<!DOCTYPE VOTABLE [<!ENTITY a0 \"garner\">\n";
  for (int i = 1; i < 10; ++i) {
    text += fmt::format("<!ENTITY a{} \"", i);
    for (int j = 0; j < 10; ++j) text += fmt::format("&a{};", i - 1);
    text += "\">\n";
  }
  return text +
         "]>\n<VOTABLE version=\"1.4\"><RESOURCE type=\"results\"><TABLE><FIELD name=\"x\" datatype=\"char\" "
         "arraysize=\"*\"/><DATA><TABLEDATA><TR><TD>&a9;</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>\n";
}

std::string absurd_fits() {
  std::string text;
  const auto card = [&text](std::string_view keyword, std::string_view value) {
    text += fmt::format("{:<80}", fmt::format("{:<8}= {:>20}", keyword, value));
  };
  const auto end = [&text] {
    text += fmt::format("{:<80}", "END");
    text.resize((text.size() + 2879) / 2880 * 2880, ' ');
  };
  card("SIMPLE", "T");
  card("BITPIX", "8");
  card("NAXIS", "0");
  end();
  text += fmt::format("{:<80}", "XTENSION= 'BINTABLE'");
  card("BITPIX", "8");
  card("NAXIS", "2");
  card("NAXIS1", "4000000000000000000");
  card("NAXIS2", "4000000000000000000");
  card("PCOUNT", "9000000000000000000");
  card("GCOUNT", "1");
  card("TFIELDS", "1");
  text += fmt::format("{:<80}", "TFORM1  = '4000000000000000000B'");
  end();
  return text + std::string(2880, '\0');
}

// Begins as a zip and goes on for ever.
HttpReply endless() {
  HttpReply reply = text_reply(200, "application/zip", "");
  reply.content_length = false;
  const auto piece = std::make_shared<const std::string>(std::size_t{64} << 20, '\0');
  reply.body.add(std::string("PK\x03\x04", 4));
  for (std::uint64_t sent = 0; sent < kEndlessBytes; sent += piece->size()) reply.body.add(piece);
  return reply;
}

HttpReply slow_loris(const DataRequest& request) {
  HttpReply reply = zip_of(own_name(request), std::string(5000, 'x'));
  reply.delivery.bytes_per_s = 20;
  return reply;
}

HttpReply sent_to(std::string location) {
  HttpReply reply = text_reply(302, "text/html", "");
  reply.headers.emplace_back("Location", std::move(location));
  return reply;
}

struct Shape {
  std::string_view name;
  HttpReply (*reply)(const DataRequest& request);
};

constexpr std::array kShapes = {
    Shape{"bomb", [](const DataRequest& r) { return bomb_of(r, true); }},
    Shape{"bomb_that_lies", [](const DataRequest& r) { return bomb_of(r, false); }},
    Shape{"many_members", many_members},
    Shape{"traversal", [](const DataRequest& r) { return zip_of("../../../../planted/" + own_name(r), "x"); }},
    Shape{"absolute_name", [](const DataRequest& r) { return zip_of("/tmp/planted/" + own_name(r), "x"); }},
    Shape{"control_characters", [](const DataRequest& r) { return zip_of("\x1b[2Ja\n" + own_name(r), "x"); }},
    Shape{"symbolic_link", symbolic_link},
    Shape{"entities", [](const DataRequest& r) { return zip_of(own_name(r), many_laughs()); }},
    Shape{"absurd_fits", [](const DataRequest& r) { return zip_of(own_name(r), absurd_fits()); }},
    Shape{"endless", [](const DataRequest&) { return endless(); }},
    Shape{"slow_loris", slow_loris},
    Shape{"to_another_origin", [](const DataRequest&) { return sent_to("http://127.0.0.1:9/data-server/data"); }},
    Shape{"to_a_file", [](const DataRequest&) { return sent_to("file:///etc/passwd"); }},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kShapes.size()> names;
  std::ranges::transform(kShapes, names.begin(), &Shape::name);
  return names;
}();

}  // namespace

std::span<const std::string_view> hostile_shapes() {
  return kNames;
}

HttpReply hostile_reply(std::string_view shape, const DataRequest& request, const std::string& location) {
  HttpReply reply = std::ranges::find(kShapes, shape, &Shape::name)->reply(request);
  for (auto& [name, value] : reply.headers)
    if (name == "Location" && !location.empty()) value = location;
  return reply;
}

}  // namespace garner::archive_sim
