#include "tests/fuzz/cel_entries.h"

#include <string>

#include "scheduler/base/check.h"
#include "scheduler/cel/device_selector.h"

namespace berth::fuzz {
namespace {

cel::Value Device() {
  cel::DeviceDescription device;
  device.driver = "d.example.com";
  device.attributes = {{"model", cel::Value::String("a100")},
                       {"n", cel::Value::Int(7)},
                       {"ok", cel::Value::Bool(true)},
                       {"ver", cel::Value::OfSemver(*cel::Semver::Parse("1.2.3"))}};
  device.capacity = {{"memory", *api::Quantity::Parse("40Gi")}};
  return cel::MakeDevice(device);
}

std::string Outcome(std::string_view text, const cel::Value& device) {
  const auto selector = cel::DeviceSelector::Compile(text);
  if (!selector) return selector.error().message();
  const auto matches = selector->Matches(device);
  if (!matches) return matches.error().message();
  return *matches ? "true" : "false";
}

std::string Unchecked(std::string_view text, const cel::Value& device) {
  cel::Environment environment;
  environment.check_types = false;
  environment.variables["device"] = cel::Type();
  const auto program = cel::Program::Compile(text, environment);
  if (!program) return program.error().message();
  constexpr std::uint64_t kCost = 100'000;
  const auto value = program->Evaluate({{"device", device}}, kCost);
  return value ? value->type().ToString() : value.error().message();
}

}  // namespace

void TryCel(std::string_view text) {
  static const cel::Value device = Device();
  BERTH_CHECK(Outcome(text, device) == Outcome(text, device));
  BERTH_CHECK(Unchecked(text, device) == Unchecked(text, device));
}

}  // namespace berth::fuzz
