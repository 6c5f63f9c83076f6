// Requests to the API server, as everything that talks to it makes them. What they are about
// (pods, leases, events) is up to the caller; so that a caller can be tested without a network,
// this is an interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace berth::kube {

enum class Method : std::uint8_t { kGet, kPost, kPut, kPatch, kDelete };

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";
inline constexpr std::string_view kStrategicMergePatch = "application/strategic-merge-patch+json";

// Initialised, so that g++ lets those who name some fields leave out others.
// NOLINTBEGIN(readability-redundant-member-init)
struct Request {
  Method method = Method::kGet;
  std::string path;                       // from the root, with the query: "/api/v1/pods?limit=500"
  std::string body = {};                  // of kPost, kPut, kPatch; may be empty for kDelete
  std::string_view content_type = kJson;  // of the body; static text
  std::chrono::milliseconds timeout{30'000};  // of one try; waits between tries stay within it too
  std::chrono::milliseconds delay{0};         // it leaves no sooner than this from now
};

struct Response {
  int status = 0;          // of HTTP; 0: no answer came, see error
  std::string error = {};  // why no answer came: cannot connect, certificate not trusted, timed out
  std::string body = {};
  std::optional<std::chrono::seconds> retry_after = {};

  bool ok() const { return status >= 200 && status < 300; }
};
// NOLINTEND(readability-redundant-member-init)

// What went wrong, for a person: the error, or the `message` of the Status object that came with a
// status that is not 2xx, or the status itself.
std::string ErrorText(const Response& response);
// The `reason` of that Status object ("NotFound", "Conflict", "Expired" ...); "" if there is none.
std::string ReasonOf(const Response& response);

// A request that is under way and whose answer comes piece by piece.
class Stream {
 public:
  virtual ~Stream() = default;
  // No more calls come, but for one that is being made just now. From any thread.
  virtual void Cancel() = 0;
};

struct StreamCalls {
  // Of a 2xx answer, as it comes in.
  std::function<void(std::string_view bytes)> on_data;
  // Once, at the end, however it came about; of an answer that is not 2xx with its body.
  std::function<void(Response)> on_end;
};

// Thread-safe. Calls back on a thread of its own, one call at a time; callbacks must be short and
// must not wait for other requests.
class Client {
 public:
  virtual ~Client() = default;

  // Takes its turn as the rate limit says. An answer that asks to try again later (429, or 5xx with
  // Retry-After) is followed a few times before it is handed on.
  virtual void Send(Request request, std::function<void(Response)> done) = 0;

  // Not subject to the rate limit nor to the timeout as a whole: that is how long the connection
  // may be silent.
  virtual std::shared_ptr<Stream> Open(Request request, StreamCalls calls) = 0;

  // Send, and wait for the answer. Not from a callback.
  Response Call(Request request);
};

}  // namespace berth::kube
