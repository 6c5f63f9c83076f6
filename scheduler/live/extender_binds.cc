#include "scheduler/live/extender_binds.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace berth::live {

cycle::Extender* ExtenderBinds::BinderOf(const api::Pod& pod) const {
  const auto binder = std::ranges::find_if(extenders_, [&](const auto& extender) {
    return extender->IsBinder() && extender->IsInterested(pod);
  });
  return binder == extenders_.end() ? nullptr : binder->get();
}

void ExtenderBinds::Bind(cycle::Extender& binder, const api::Pod& pod, const std::string& node,
                         Answered done) {
  // Shared, since the extender's callbacks can be copied.
  auto shared = std::make_shared<Answered>(std::move(done));
  binder.Bind(pod, node, [&inbox = inbox_, shared](base::Result<void> result) {
    inbox.Post([shared, result = std::move(result)]() mutable { (*shared)(std::move(result)); });
  });
}

}  // namespace berth::live
