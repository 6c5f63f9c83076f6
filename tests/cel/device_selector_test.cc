// Selectors of devices: what kube-scheduler said of one device, and the limits.
#include "scheduler/cel/device_selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace berth::cel {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Value RecordedDevice() {
  DeviceDescription device;
  device.driver = "d.example.com";
  device.attributes = {{"model", Value::String("a100")},
                       {"n", Value::Int(7)},
                       {"ok", Value::Bool(true)},
                       {"ver", Value::OfSemver(*Semver::Parse("1.2.3"))},
                       {"other.example.com/x", Value::String("y")}};
  device.capacity = {{"memory", *api::Quantity::Parse("40Gi")}};
  return MakeDevice(device);
}

// "true", "false" or the error as kube-scheduler words it.
std::string Outcome(const std::string& expression) {
  const auto selector = DeviceSelector::Compile(expression);
  if (!selector) return "CEL compile error: " + selector.error().message();
  const auto matches = selector->Matches(RecordedDevice());
  if (!matches) return "CEL runtime error: " + matches.error().message();
  return *matches ? "true" : "false";
}

// Messages of cel-go's parser generator, and functions that we do not have, are not repeated: there
// it is enough that both refuse, or the test says why not.
bool OnlyRefusalCounts(const std::string& expression, const std::string& error) {
  return error.find("Syntax error") != std::string::npos ||
         (error.find("undeclared reference") != std::string::npos &&
          expression.find("replace") != std::string::npos);
}
bool IsNotBuilt(const std::string& expression) {
  for (const auto* name : {"url(", "isIP(", "ip(", "cidr(", "format.dns"}) {
    if (expression.starts_with(name)) return true;
  }
  return false;
}

TEST(DeviceSelector, SaysWhatKubeSchedulerSaid) {
  std::ifstream file(BERTH_CEL_TESTS "/device_selectors.json");
  const json data = json::parse(file);
  std::size_t compared = 0;
  for (const auto& recorded : data["selectors"]) {
    const auto expression = recorded["expression"].get<std::string>();
    if (IsNotBuilt(expression)) continue;
    ++compared;
    const std::string ours = Outcome(expression);
    if (recorded.contains("matches")) {
      EXPECT_EQ(ours, recorded["matches"].get<bool>() ? "true" : "false") << expression;
      continue;
    }
    const auto error = recorded["error"].get<std::string>();
    if (OnlyRefusalCounts(expression, error)) {
      EXPECT_THAT(ours, HasSubstr("CEL compile error: compilation failed: ERROR: ")) << expression;
    } else {
      EXPECT_EQ(ours, error) << expression;
    }
  }
  RecordProperty("compared", std::to_string(compared));
  EXPECT_GT(compared, 200u);
}

TEST(DeviceSelector, RefusesWhatIsTooLarge) {
  EXPECT_THAT(Outcome("\"" + std::string(11'000, 'x') + "\" == \"\""),
              HasSubstr("longer than 10240 bytes"));
  EXPECT_THAT(Outcome(std::string(400, '(') + "true" + std::string(400, ')')),
              HasSubstr("recursion limit exceeded"));
  std::string sum = "1";
  for (int i = 0; i < 400; ++i) sum += "+1";
  EXPECT_THAT(Outcome(sum + " == 1"), HasSubstr("recursion limit exceeded"));
}

TEST(DeviceSelector, LongChainsOfAndAreNotDeep) {
  std::string chain = "true";
  for (int i = 0; i < 1000; ++i) chain += "&&true";
  EXPECT_EQ(Outcome(chain), "true");
}

TEST(DeviceSelector, EndsWhatCostsTooMuch) {
  const std::string ten = "[0,1,2,3,4,5,6,7,8,9]";
  std::string loops = "true";
  for (const auto* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    loops = ten + ".all(" + name + ", " + loops + ")";
  }
  EXPECT_EQ(Outcome(loops), "CEL runtime error: operation cancelled: actual cost limit exceeded");
  // Sharing makes values that are small to make and endless to compare.
  std::string value = "x == x";
  for (int i = 0; i < 60; ++i) value = "cel.bind(x, [x, x], " + value + ")";
  EXPECT_THAT(Outcome("cel.bind(x, [1], " + value + ")"), HasSubstr("too large"));
}

}  // namespace
}  // namespace berth::cel
