// A sink that keeps the objects which it is told of, and notices whatever does not fit together.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/kube/reflector.h"

namespace berth::kube {

class Mirror final : public WatchSink {
 public:
  using Objects = std::map<std::string, std::string>;  // resourceVersions by name

  void OnListBegin() override;
  void OnListPage(std::string_view body) override;
  void OnListEnd(std::string_view resource_version) override;
  void OnEvent(WatchEventType type, std::string_view object_json) override;
  void OnFailure(std::string_view text) override;

  Objects objects() const;
  int lists() const;                          // that have ended
  int events() const;                         // since the beginning
  std::vector<std::string> failures() const;  // as they were told
  // Events that came twice, out of order, or without what must have come before.
  std::vector<std::string> problems() const;

  // Until it holds what is expected; gives up after a long time.
  bool WaitFor(const Objects& expected);
  bool WaitForLists(int count);
  bool WaitForFailures(std::size_t count);

 private:
  template <typename Condition>
  bool WaitUntil(Condition condition);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Objects objects_;
  Objects incoming_;
  bool listing_ = false;
  long version_ = 0;
  int lists_ = 0;
  int events_ = 0;
  std::vector<std::string> failures_;
  std::vector<std::string> problems_;
};

}  // namespace berth::kube
