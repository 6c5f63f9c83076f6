// Who sends a request, and how the API server is asked about that.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace berth::serve {

struct User {
  std::string name;
  std::string uid = {};
  std::vector<std::string> groups = {};
  std::map<std::string, std::vector<std::string>> extra = {};
};

// Posts a TokenReview or a SubjectAccessReview. The answer may come at once or later, on any
// thread; status 0: none came, and the body says why.
using PostReview =
    std::function<void(std::string body, std::function<void(int status, std::string body)> done)>;

}  // namespace berth::serve
