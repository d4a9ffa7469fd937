// Messages of the control API as the client reads them: what is read is written as it was.
#include "control/messages.h"
#include "control/metrics.h"
#include "control/sources_page.h"
#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto text = text_of(bytes);
  if (const auto status = control::parse_status(text)) {
    const auto written = control::status_json(*status);
    const auto again = control::parse_status(written);
    require(again.has_value() && control::status_json(*again) == written, "a status is read as it was written");
  }
  if (const auto statuses = control::parse_statuses(text)) {
    require(control::parse_statuses(control::statuses_json(*statuses)).has_value(), "so are many");
    (void)control::metrics_text({}, *statuses);
  }
  (void)control::parse_daemon(text);
  (void)control::parse_submit(text);
  (void)control::parse_verify(text);
  (void)control::parse_retry(text);
  const auto error = control::parse_error(500, text);
  require(!error.detail.empty(), "an error says something");
  (void)control::http_status(error.kind);
  for (const bool refused : {false, true}) {
    const auto page = control::parse_sources_tsv(text, refused);
    if (page)
      require(control::parse_sources_tsv(control::sources_tsv(*page), refused).has_value(), "listings can be read");
  }
}

const Target kTarget("api_messages", run);

}  // namespace
}  // namespace garner::fuzz
