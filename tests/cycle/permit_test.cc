// Permit: who may let a pod be bound, hold it back, or reject it.
#include "scheduler/cycle/permit.h"

#include <gmock/gmock.h>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "tests/support/builders.h"

namespace berth::cycle {
namespace {

using framework::Code;
using framework::PermitResult;
using std::chrono::minutes;
using ::testing::ElementsAre;

class PermitPlugin final : public framework::Plugin {
 public:
  PermitPlugin(std::string name, PermitResult result)
      : name_(std::move(name)), result_(std::move(result)) {}
  std::string_view Name() const override { return name_; }
  PermitResult Permit(const framework::PodContext&, const api::Pod&,
                      framework::NodeIndex) const override {
    return result_;
  }

 private:
  std::string name_;
  PermitResult result_;
};

class PermitTest : public ::testing::Test {
 protected:
  // What plugins that say this come to together.
  PermitResult Ask(const std::vector<PermitResult>& results) {
    config::Profile profile = config::DefaultConfiguration().profiles.front();
    framework::Registry registry = plugins::MakeRegistry();
    auto& enabled = profile.plugins[static_cast<std::size_t>(config::ExtensionPoint::kPermit)];
    for (const PermitResult& result : results) {
      const std::string name = "Permit" + std::to_string(enabled.size());
      enabled.push_back({name, 0});
      registry[name] = [name, result](const config::PluginArgs&, const config::FeatureGates&) {
        return base::Result<std::unique_ptr<framework::Plugin>>(
            std::make_unique<PermitPlugin>(name, result));
      };
    }
    const auto runtime =
        framework::ProfileRuntime::Make(profile, registry, framework::ColumnCaching::kOn);
    const auto node = cluster_.AddNode(support::NodeBuilder("n").Build());
    const auto pod = support::PodBuilder("p").Build();
    return Permit(cluster_, **runtime, cluster_.classes.ClassOfPending(*pod), *pod, node);
  }

  cluster::Cluster cluster_;
};

TEST_F(PermitTest, NobodyObjects) { EXPECT_TRUE(Ask({}).status.ok()); }

TEST_F(PermitTest, TheShortestWaitCounts) {
  const auto result =
      Ask({{{Code::kWait, {"a"}}, minutes(20)}, {}, {{Code::kWait, {"b"}}, minutes(5)}});
  EXPECT_EQ(result.status.code, Code::kWait);
  EXPECT_EQ(result.timeout, minutes(5));
  EXPECT_THAT(result.status.reasons,
              ElementsAre("b", "one or more plugins asked to wait and no plugin rejected pod"));
}

TEST_F(PermitTest, NobodyWaitsLongerThanAQuarterOfAnHour) {
  EXPECT_EQ(Ask({{{Code::kWait, {"a"}}, minutes(20)}}).timeout, minutes(15));
}

TEST_F(PermitTest, ARejectionEndsIt) {
  const auto result = Ask({{{Code::kWait, {"a"}}, minutes(1)}, {{Code::kUnschedulable, {"no"}}}});
  EXPECT_EQ(result.status.code, Code::kUnschedulable);
  EXPECT_EQ(result.status.Message(), "no");
}

TEST_F(PermitTest, AnErrorSaysWhose) {
  const auto result = Ask({{{Code::kError, {"broken"}}}});
  EXPECT_EQ(result.status.code, Code::kError);
  EXPECT_EQ(result.status.Message(), "running Permit plugin \"Permit0\": broken");
}

}  // namespace
}  // namespace berth::cycle
