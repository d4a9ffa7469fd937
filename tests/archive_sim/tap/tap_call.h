// One request to a TAP service: what its steps share. Used by tap_server.cc and uws.cc only.
#pragma once

#include <chrono>

#include "archive_sim/tap/tap_server.h"

namespace garner::archive_sim {

class TapCall {
 public:
  TapCall(TapServer& server, bool gaia, std::string path, std::string base, const HttpRequest& http,
          Patience& patience);

  HttpReply answer();

 private:
  using Clock = std::chrono::steady_clock;

  HttpReply route();

  // tap_server.cc: everything but jobs
  HttpReply counted(std::string_view endpoint, HttpReply (TapCall::*serve)());
  std::optional<HttpReply> faulted();
  HttpReply sync();
  HttpReply run_sync(const TapFields& fields);
  HttpReply tables();
  HttpReply capabilities();
  HttpReply availability();
  HttpReply users();
  std::optional<HttpReply> read_question(const TapFields& fields, bool async, TapQuestion& question);
  HttpReply rows(const TapQuestion& question, const TapAnswer& answer);
  HttpReply error(unsigned status, std::string_view message) const;
  HttpReply error_document(unsigned status, std::string_view message) const;
  static HttpReply redirect(const std::string& location);
  void wait(double seconds);
  std::string user(bool counts);

  // uws.cc
  HttpReply jobs_or_create();
  HttpReply create();
  HttpReply list();
  HttpReply search();
  HttpReply delete_jobs();
  HttpReply job_resource();
  HttpReply destroy();
  HttpReply set_phase();
  HttpReply change();
  HttpReply show();
  HttpReply phase();
  HttpReply result();
  HttpReply job_error();
  HttpReply detail();
  void start(Job& job);
  std::string job_url(const Job& job) const { return base_ + "/async/" + job.id; }
  std::string job_xml(const Job& job) const;

  TapServer& server_;
  const bool gaia_;
  const std::string path_, base_;
  const HttpRequest& http_;
  Patience& patience_;
  const Clock::time_point begun_ = Clock::now();
  const Knobs knobs_;
  const TapFields fields_;
  std::optional<std::pair<TapFault, TapFaultKnob>> fault_;
  std::string endpoint_;
  Job job_;            // job_resource: the one that is asked
  std::string below_;  // and what of it
  bool waited_ = false;
  bool lapsed_ = false;  // a session came along that is none
};

}  // namespace garner::archive_sim
