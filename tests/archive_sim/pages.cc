#include "archive_sim/pages.h"

#include <fmt/format.h>

namespace garner::archive_sim {

std::string error_page(unsigned status, std::string_view message) {
  return fmt::format(
      "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" /><title>SERVICE "
      "ERROR</title></head><body>\n"
      "<h1 style=\"text-align:center;\">SERVICE ERROR - {}</h1><h2>Description</h2><ul>\n"
      "<li><b>Action: </b>data retrieval</li><li><b>Context: </b>DataRetrieval</li>\n"
      "<li><b>Exception: </b>esavo.gacs.exceptions.DataRetrievalException</li><li><b>Message: </b>{}</li></ul>\n"
      "<h2>Stack trace</h2><table style=\"width: "
      "100%;\"><tr><td>esavo.gacs.dr.DataRetrieval.process(DataRetrieval.java:231)</td></tr>"
      "</table></body></html>\n",
      status, message);
}

std::string long_message(std::string_view reason, std::string_view type, std::string_view user, std::uint64_t ordinal) {
  return fmt::format(
      "{0}\n\nCannot process request: 'https://gea.esac.esa.int/data-server/data' (req: Reqid: {2}{3:013}, retrieval "
      "access: DIRECT, "
      "retrieval type: {1}, compression: null), for user: UwsJobOwner{{id='{2}', authUsername='{2}', pars=null, "
      "roles=0, "
      "session='0AC8{3:028X}', ip='127.0.0.1'}},  due to: {0}",
      reason, type, user, ordinal);
}

std::string maintenance_page() {
  return "<!DOCTYPE html>\n<html><head><title>Gaia Archive</title></head><body>\n<h1>Archive down for "
         "maintenance</h1>\n"
         "<p>The Gaia Archive is currently not available due to scheduled maintenance work. We apologise for any "
         "inconvenience.</p>\n"
         "</body></html>\n";
}

std::string over_limit_reason(std::uint64_t max, std::uint64_t found) {
  return fmt::format("Maximum number of Source Ids reached (max: {}, found: {})", max, found);
}

std::string unknown_type_reason(std::string_view type) {
  return fmt::format("Unknown retrieval type: '{}'", type);
}

std::string unknown_release_reason(std::string_view release) {
  return fmt::format("Unknown release: '{}'", release);
}

std::string unknown_structure_reason(std::string_view structure) {
  return fmt::format("Unknown data structure: '{}'", structure);
}

std::string unknown_format_reason(std::string_view format) {
  return fmt::format(
      "Code: -1, msg: Impossible to format the query result: no formatter has been found for the given MIME type "
      "\"{}\"",
      format);
}

std::string pool_empty_reason() {
  return "Code: 500, msg: Unable to create connection to database. [http-nio-127.0.0.1-8080-exec-12] Timeout: Pool "
         "empty. Unable to "
         "fetch a connection in 60 seconds, none available[size:15; busy:3; idle:0; lastwait:60000].";
}

}  // namespace garner::archive_sim
