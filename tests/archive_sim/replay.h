// Recorded replies instead of invented ones: a folder of descriptions *.json, each
//   {"match": {"RETRIEVAL_TYPE": "RVS", "FORMAT": "votable"}, "status": 200, "headers": {"Content-Type": "..."},
//   "body_file": "x.zip"}
// The first description, by file name, whose match fields all equal the request's answers it; `match` may be empty.
// Immutable after loading; any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive_sim/form.h"
#include "archive_sim/http_server.h"
#include "base/error.h"

namespace garner::archive_sim {

class Replay {
 public:
  // Reads all descriptions and bodies; errors name the file and what is wrong in it.
  static Result<Replay> load(const std::string& folder);

  // 404 with a text where nothing matches.
  HttpReply answer(const Form& form) const;

 private:
  struct Recorded {
    std::string file;
    Form match;
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<const std::string> body;
  };
  std::vector<Recorded> recorded_;
};

}  // namespace garner::archive_sim
