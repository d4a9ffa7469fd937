#include "archive_sim/replay.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace garner::archive_sim {
namespace {

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Kind::NotFound, "cannot open '{}'", path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

// Headers that belong to the recorded connection and not to the reply.
bool is_framing(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "content-length" || name == "transfer-encoding" || name == "connection" || name == "date" ||
         name == "keep-alive";
}

}  // namespace

Result<Replay> Replay::load(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".json") files.push_back(it->path());
  if (error) return fail(Kind::NotFound, "cannot read the folder '{}': {}", folder, error.message());
  if (files.empty()) return fail(Kind::Invalid, "the folder '{}' holds no *.json descriptions of replies", folder);
  std::ranges::sort(files);
  Replay replay;
  for (const fs::path& file : files) {
    auto text = read_file(file);
    if (!text) return std::unexpected(text.error());
    try {
      const auto json = nlohmann::json::parse(*text);
      Recorded recorded;
      recorded.file = file.filename().string();
      if (json.contains("match"))
        for (const auto& [name, value] : json.at("match").items()) recorded.match[name] = value.get<std::string>();
      recorded.status = json.value("status", 200U);
      if (json.contains("headers"))
        for (const auto& [name, value] : json.at("headers").items())
          if (!is_framing(name)) recorded.headers.emplace_back(name, value.get<std::string>());
      auto body = read_file(file.parent_path() / json.at("body_file").get<std::string>());
      if (!body) return with_context(body.error(), "{}: body_file", file.string());
      recorded.body = std::make_shared<const std::string>(*std::move(body));
      replay.recorded_.push_back(std::move(recorded));
    } catch (const nlohmann::json::exception& e) {
      return fail(
          Kind::Invalid,
          "{}: expected {{\"match\": {{...}}, \"status\": 200, \"headers\": {{...}}, \"body_file\": \"x.zip\"}}: {}",
          file.string(), e.what());
    }
  }
  return replay;
}

HttpReply Replay::answer(const Form& form) const {
  HttpReply reply;
  for (const Recorded& recorded : recorded_) {
    if (!std::ranges::all_of(recorded.match, [&](const auto& m) { return form_value(form, m.first) == m.second; }))
      continue;
    reply.status = recorded.status;
    reply.headers = recorded.headers;
    reply.body.add(recorded.body);
    return reply;
  }
  reply.status = 404;
  reply.headers = {{"Content-Type", "text/plain"}};
  std::string text = "replay: no recorded reply matches this request; its fields (without ID):\n";
  for (const auto& [name, value] : form)
    if (name != "ID") text += fmt::format("  {}={}\n", name, value);
  text += "recorded:\n";
  for (const Recorded& recorded : recorded_) {
    text += "  " + recorded.file + ":";
    for (const auto& [name, value] : recorded.match) text += fmt::format(" {}={}", name, value);
    text += '\n';
  }
  reply.body = Body(std::move(text));
  return reply;
}

}  // namespace garner::archive_sim
