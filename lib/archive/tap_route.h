// Private to lib/archive: questions to an archive's TAP service, sync or by a job, as chunks ask them. The life of a
// job (made, written down, run, waited for, fetched) is one function here; what its rows mean is not looked at.
// Threads: the loop's only. Profile, transport and executor outlive it, and it its questions.
#pragma once

#include "archive/archive.h"
#include "archive/login.h"
#include "ivoa/tap.h"

namespace garner::archive {

class TapRoute {
 public:
  TapRoute(const Profile& profile, http::Transport& transport, Executor& executor)
      : profile_(profile),
        transport_(transport),
        executor_(executor),
        login_(profile, tap_login_context(profile), transport, executor) {}

  std::string identity() const { return login_.identity(); }
  // As Archive::ask() and Archive::forget_job().
  Task<TapReply> ask(TapQuestion question, std::stop_token stop);
  Task<Result<void>> forget_job(std::string job_url, std::stop_token stop);
  Task<Result<void>> log_out(std::stop_token stop) { return login_.log_out(std::move(stop)); }

 private:
  ivoa::TapService service(std::string spool_directory, std::string cookies) const;
  Task<TapReply> ask_in_session(TapQuestion question, std::string cookies, std::stop_token stop);
  Task<TapReply> without_lost_job(TapReply reply, std::stop_token stop);
  Task<TapReply> ask_by_job(ivoa::Tap& tap, TapQuestion question, ivoa::Query query, std::stop_token stop);
  Task<TapReply> await_job(ivoa::Tap& tap, TapQuestion question, ivoa::Asked asked, std::stop_token stop);

  const Profile& profile_;
  http::Transport& transport_;
  Executor& executor_;
  Login login_;
};

}  // namespace garner::archive
