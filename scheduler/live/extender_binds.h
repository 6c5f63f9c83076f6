// Pods that are bound by an extender in the place of the API server.
#pragma once

#include <functional>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/cycle/extender.h"
#include "scheduler/live/inbox.h"

namespace berth::live {

// On the scheduler's thread, where the answers come in as well.
class ExtenderBinds {
 public:
  using Answered = std::move_only_function<void(base::Result<void>)>;

  // Both outlive this and what is under way.
  ExtenderBinds(const cycle::Extenders& extenders, Inbox& inbox)
      : extenders_(extenders), inbox_(inbox) {}

  // Who binds the pod; nullptr: nobody but the API server.
  cycle::Extender* BinderOf(const api::Pod& pod) const;

  void Bind(cycle::Extender& binder, const api::Pod& pod, const std::string& node, Answered done);

 private:
  const cycle::Extenders& extenders_;
  Inbox& inbox_;
};

}  // namespace berth::live
