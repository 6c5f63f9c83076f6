#include "scheduler/serve/router.h"

#include <algorithm>
#include <utility>

#include "scheduler/base/check.h"

namespace berth::serve {

void Router::Add(const std::string& method, const std::string& path, Handler handler) {
  const bool is_new = exact_[path].emplace(method, std::move(handler)).second;
  BERTH_CHECK(is_new);
}

void Router::AddBelow(const std::string& method, const std::string& prefix, Handler handler) {
  BERTH_CHECK(prefix.ends_with('/'));
  const bool is_new = below_[prefix].emplace(method, std::move(handler)).second;
  BERTH_CHECK(is_new);
}

const Router::Methods* Router::Find(std::string_view path) const {
  if (const auto it = exact_.find(path); it != exact_.end()) return &it->second;
  // The longest prefix: one folder up at a time.
  for (auto slash = path.rfind('/'); slash != std::string_view::npos;
       slash = slash == 0 ? std::string_view::npos : path.rfind('/', slash - 1)) {
    if (const auto it = below_.find(path.substr(0, slash + 1)); it != below_.end()) {
      return &it->second;
    }
  }
  return nullptr;
}

void Router::Answer(const RequestPtr& request, const Responder& respond) const {
  const Methods* methods = Find(request->path);
  if (methods == nullptr) return respond(ErrorResponse(404, "404 page not found"));
  const std::string method = request->method == "HEAD" ? "GET" : request->method;
  if (const auto it = methods->find(method); it != methods->end()) {
    return it->second(request, respond);
  }
  std::string allowed;
  for (const auto& [name, handler] : *methods) {
    if (!allowed.empty()) allowed += ", ";
    allowed += name == "GET" ? "GET, HEAD" : name;
  }
  HttpResponse response = ErrorResponse(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", std::move(allowed));
  respond(std::move(response));
}

std::vector<std::string> Router::Paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, methods] : exact_) paths.push_back(path);
  for (const auto& [path, methods] : below_) paths.push_back(path);
  std::ranges::sort(paths);
  return paths;
}

}  // namespace berth::serve
