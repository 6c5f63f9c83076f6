#include "scheduler/cluster/gpu_request.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "scheduler/api/gpu_names.h"

namespace berth::cluster {
namespace {

// More than any node has: such a pod fits nowhere.
constexpr std::int64_t kMaxRequested = 1024;

// Nothing for text that is not a number from 0 to `most`.
std::optional<std::int64_t> ParseNumber(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < 0 || number > most) return std::nullopt;
  return number;
}

GpuRequest Whole(std::int64_t devices) {
  return {static_cast<std::uint16_t>(std::min(devices, kMaxRequested)),
          static_cast<std::uint16_t>(kMilliPerGpu)};
}

}  // namespace

std::optional<GpuRequest> GpuRequestOf(const api::StringMap& annotations) {
  const std::string* count = annotations.Find(api::kGpuCountAnnotation);
  const std::string* milli = annotations.Find(api::kGpuMilliAnnotation);
  if (count == nullptr && milli == nullptr) return std::nullopt;
  const auto devices = count == nullptr ? 1 : ParseNumber(*count, kMaxRequested);
  const auto each = milli == nullptr ? kMilliPerGpu : ParseNumber(*milli, kMilliPerGpu);
  constexpr GpuRequest kMalformed{0, 0, true};
  if (!devices || !each) return kMalformed;
  if (*devices == 0 || *each == 0) return GpuRequest{};
  if (*devices > 1 && *each < kMilliPerGpu) return kMalformed;
  return GpuRequest{static_cast<std::uint16_t>(*devices), static_cast<std::uint16_t>(*each)};
}

GpuRequest GpuRequestOf(const ResourceVector& requests, const ResourceNames& names) {
  std::int64_t whole = 0;
  std::int64_t milli = 0;
  for (const auto& [resource, amount] : requests) {
    if (resource < kFirstScalar) continue;
    const std::string_view name = names.Name(resource);
    if (name == api::kGpuResource) whole = amount;
    if (name == api::kGpuMilliResource) milli = amount;
  }
  if (whole > 0) return Whole(whole);
  if (milli <= 0) return {};
  if (milli < kMilliPerGpu) return {1, static_cast<std::uint16_t>(milli)};
  return Whole(milli / kMilliPerGpu + (milli % kMilliPerGpu == 0 ? 0 : 1));
}

std::optional<GpuMask> ParseGpuIndex(std::string_view text) {
  GpuMask devices = 0;
  while (true) {
    const auto dash = text.find('-');
    const auto number = ParseNumber(text.substr(0, dash), kMaxGpusPerNode - 1);
    if (!number) return std::nullopt;
    const GpuMask device = GpuMask{1} << *number;
    if ((devices & device) != 0) return std::nullopt;
    devices |= device;
    if (dash == std::string_view::npos) return devices;
    text.remove_prefix(dash + 1);
  }
}

std::string FormatGpuIndex(GpuMask devices) {
  std::string text;
  for (; devices != 0; devices &= devices - 1) {
    if (!text.empty()) text += '-';
    text += std::to_string(std::countr_zero(devices));
  }
  return text;
}

}  // namespace berth::cluster
