// Which handler answers at which path.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/serve/http.h"

namespace berth::serve {

// Filled before the server starts, then only read. HEAD is answered where GET is. Paths are
// compared as they are: what is not written exactly so does not exist.
class Router {
 public:
  void Add(const std::string& method, const std::string& path, Handler handler);
  // For whatever begins with the prefix, which ends in '/'; a path of its own comes first, then the
  // longest prefix.
  void AddBelow(const std::string& method, const std::string& prefix, Handler handler);

  // 404 where there is nothing, 405 where there is something for other methods.
  void Answer(const RequestPtr& request, const Responder& respond) const;

  // Every path and prefix, sorted.
  std::vector<std::string> Paths() const;

 private:
  using Methods = std::map<std::string, Handler, std::less<>>;
  const Methods* Find(std::string_view path) const;

  std::map<std::string, Methods, std::less<>> exact_;
  std::map<std::string, Methods, std::less<>> below_;
};

}  // namespace berth::serve
