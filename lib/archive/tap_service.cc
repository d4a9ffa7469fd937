#include "archive/tap_service.h"

namespace garner::archive {

ivoa::TapService tap_service(const Profile& profile) {
  ivoa::TapService service;
  service.http.base_url = profile.base_url + profile.tap.path;
  service.http.timeouts = profile.timeouts;
  if (profile.kind != "gaia") return service;
  service.format_field = "FORMAT";
  service.plain_votable = "votable_plain";
  service.deletion = ivoa::JobDeletion::PostJobIds;
  return service;
}

}  // namespace garner::archive
