#include "scheduler/cycle/rejectors.h"

#include <algorithm>
#include <ranges>
#include <string_view>

#include "scheduler/cycle/extender.h"

namespace berth::cycle {

using framework::Code;

framework::Rejectors RejectorsOf(const Diagnosis& diagnosis,
                                 const framework::ProfileRuntime& profile) {
  framework::Rejectors rejectors;
  // Names of plugins that live as long as the profile, unlike those in the diagnosis.
  const auto add = [&](std::string_view name, bool pending) {
    for (const auto point : {config::ExtensionPoint::kPreFilter, config::ExtensionPoint::kFilter}) {
      for (const auto& active : profile.At(point)) {
        if (active.plugin->Name() != name) continue;
        auto& list = pending ? rejectors.pending : rejectors.unschedulable;
        const std::string_view known = active.plugin->Name();
        if (std::ranges::find(list, known) == list.end()) list.push_back(known);
        return;
      }
    }
  };
  if (diagnosis.all_nodes == 0) return rejectors;
  if (!diagnosis.prefilter.ok()) {
    add(diagnosis.prefilter_plugin, diagnosis.prefilter.code == Code::kPending);
  }
  for (const auto& [plugin, rejections] : diagnosis.rejected) {
    for (const auto& [status, nodes] : rejections.groups()) {
      add(plugin, status.code == Code::kPending);
    }
  }
  if (diagnosis.extenders_dropped_nodes) {
    rejectors.unschedulable.push_back(kExtenderRejector);
  }
  // Plugins that had narrowed the nodes, in one text.
  if (diagnosis.rejected_count < diagnosis.all_nodes) {
    for (const auto plugin : std::views::split(diagnosis.absent_plugin, ' ')) {
      add(std::string_view(plugin.begin(), plugin.end()), false);
    }
  }
  return rejectors;
}

}  // namespace berth::cycle
