#include "plugins/noderesources/device_columns.h"

#include <algorithm>
#include <utility>

#include "scheduler/cel/describe_device.h"
#include "scoring/kernels.h"

namespace berth::plugins {

using framework::NodeIndex;
using framework::PodContext;

bool StandsForDevices(const PodContext& context, cluster::ResourceId resource) {
  const auto& resources = context.cluster.devices.extended_resources();
  return resource >= cluster::kFirstScalar && !resources.empty() &&
         resources.ClassOf(context.cluster.resources.Name(resource)) != nullptr;
}

DeviceColumns::DeviceColumns(const PodContext& context, cluster::ResourceId resource)
    : resource_(resource), class_version_(context.cluster.devices.class_version()) {
  const cluster::Devices& devices = context.cluster.devices;
  const auto* name = devices.extended_resources().ClassOf(context.cluster.resources.Name(resource));
  const auto* device_class = name == nullptr ? nullptr : devices.FindClass(*name);
  if (device_class == nullptr) return;
  for (const auto& expression : device_class->selectors) {
    auto selector = cel::DeviceSelector::Compile(expression);
    has_broken_selector_ |= !selector;
    if (selector) selectors_.push_back(*std::move(selector));
  }
}

bool DeviceColumns::IsOfClass(const std::string& driver, const cluster::SliceDevice& device) {
  if (!device.reached || has_broken_selector_) return false;
  if (device.content >= is_of_class_.size()) is_of_class_.resize(device.content + std::size_t{1});
  auto& known = is_of_class_[device.content];
  if (!known) {
    const cel::Value value = cel::Describe(driver, *device.device);
    known = std::ranges::all_of(selectors_, [&](const cel::DeviceSelector& selector) {
      return selector.Matches(value).value_or(false);
    });
  }
  return *known;
}

void DeviceColumns::Refresh(const PodContext& context) {
  const cluster::NodeTable& nodes = context.nodes();
  cluster::Devices& devices = context.cluster.devices;
  for (auto* column : {&capacity_, &used_}) column->Resize(nodes.rows());
  for (auto* column : {&reciprocal_, &used_fraction_}) column->Resize(nodes.rows());
  nodes.alive().ForEach([&](NodeIndex node) {
    std::int64_t capacity = nodes.allocatable(resource_)[node];
    std::int64_t used = nodes.requested(resource_)[node];
    if (capacity == 0) {
      used = 0;
      for (const auto& pool : devices.OfNode(node)) {
        const std::string driver(pool.driver);
        for (const auto& device : pool.devices) {
          if (!IsOfClass(driver, device)) continue;
          ++capacity;
          used += devices.UseOf(device.id).taken() ? 1 : 0;
        }
      }
    }
    capacity_[node] = capacity;
    used_[node] = used;
    reciprocal_[node] = scoring::Reciprocal(capacity);
    used_fraction_[node] = scoring::UsedFraction(used, capacity);
  });
}

}  // namespace berth::plugins
