#include "archive_sim/tap/engine.h"

#include <algorithm>

#include <fmt/format.h>

namespace garner::archive_sim {
namespace {

class UploadsAndSky final : public adql::Catalogue {
 public:
  UploadsAndSky(const Uploads& uploads, const Sky& sky) : uploads_(uploads), sky_(sky) {}
  adql::RelationPtr find(std::string_view name) const override {
    if (!name.starts_with("tap_upload.")) return sky_.find(name);
    const auto found = uploads_.find(name.substr(11));
    return found == uploads_.end() ? nullptr : found->second;
  }

 private:
  const Uploads& uploads_;
  const Sky& sky_;
};

TapAnswer refusal(const TapQuestion& question, const adql::Complaint& complaint, const Knobs& knobs) {
  TapAnswer answer;
  if (complaint.bare) {
    answer.error = complaint.text;
    answer.status = 500;
    return answer;
  }
  answer.error = fmt::format("Cannot parse query '{}' for job '{}': {}", question.query,
                             question.job_id.empty() ? "1763700000000O" : question.job_id, complaint.text);
  answer.status = static_cast<unsigned>(knobs.tap.adql_error_status);
  return answer;
}

}  // namespace

std::shared_ptr<const Sky> TapEngine::sky(const Knobs& knobs) {
  const std::string key = Sky::key(knobs);
  const std::lock_guard lock(mutex_);
  if (!sky_ || sky_key_ != key) {
    sky_ = std::make_shared<const Sky>(knobs);
    sky_key_ = key;
    cache_.clear();
    cache_bytes_ = 0;
  }
  return sky_;
}

TapAnswer TapEngine::run(const TapQuestion& question, const Knobs& knobs) {
  const auto sky = this->sky(knobs);
  std::optional<std::uint64_t> limit = question.max_rec;
  const bool capped = question.row_cap > 0 && (!limit || question.row_cap < *limit);
  if (capped) limit = question.row_cap;
  TapAnswer answer;
  const std::string key =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", Sky::key(knobs), static_cast<int>(question.format), question.gaia,
                  question.miscounts, limit ? std::to_string(*limit) : "", question.query);
  std::optional<Encoded> encoded = question.uploads.empty() ? cached(key) : std::nullopt;
  if (!encoded) {
    auto parsed = adql::parse(question.query);
    if (const auto* complaint = std::get_if<adql::Complaint>(&parsed)) return refusal(question, *complaint, knobs);
    const UploadsAndSky catalogue(question.uploads, *sky);
    auto ran =
        adql::execute(std::get<adql::Query>(std::move(parsed)), catalogue, {limit, question.gaia, question.miscounts});
    if (const auto* complaint = std::get_if<adql::Complaint>(&ran)) return refusal(question, *complaint, knobs);
    encoded = encode(*std::get<0>(ran), question.format);
    if (question.uploads.empty()) keep(key, *encoded, knobs.tap.cache_mib << 20);
  }
  answer.encoded = *encoded;
  answer.overflow = encoded->cut && (!capped || question.cap_says_overflow);
  answer.execution_s =
      knobs.tap.execution_a_s + knobs.tap.execution_b_s_per_row * static_cast<double>(answer.encoded.rows);
  return answer;
}

std::optional<Encoded> TapEngine::cached(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(cache_, key, [](const auto& entry) { return entry.first; });
  if (found == cache_.end()) return std::nullopt;
  cache_.splice(cache_.begin(), cache_, found);
  return found->second;
}

void TapEngine::keep(const std::string& key, const Encoded& encoded, std::uint64_t limit_bytes) {
  // Small answers are as quickly made anew, and would make the list long.
  if (encoded.data->size() < (1U << 20) || encoded.data->size() > limit_bytes) return;
  const std::lock_guard lock(mutex_);
  cache_.emplace_front(key, encoded);
  cache_bytes_ += encoded.data->size();
  while (cache_bytes_ > limit_bytes) {
    cache_bytes_ -= cache_.back().second.data->size();
    cache_.pop_back();
  }
}

}  // namespace garner::archive_sim
