// What a plugin that breaks its contract does to the scheduler: it is named, and nothing else.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "scheduler/config/load.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/sharedobject/factory.h"
#include "tests/sharedobject/sorting_registry.h"
#include "tests/support/builders.h"

namespace berth::sharedobject {
namespace {

using cycle::Outcome;
using support::NodeBuilder;
using support::PodBuilder;
using ::testing::HasSubstr;

const std::string kPath = BERTH_TEST_PLUGINS "/misbehaving.so";

base::Result<config::Configuration> Configure(const std::string& does,
                                              const std::string& on_failure,
                                              const std::string& timeout) {
  return config::LoadText(R"(apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- plugins:
    multiPoint:
      disabled: [{name: "*"}]
      enabled: [{name: PrioritySort}, {name: DefaultBinder}, {name: Misbehaving}]
  pluginConfig:
  - name: Misbehaving
    args: {apiVersion: berth/v1alpha1, kind: SharedObjectArgs, path: ")" +
                              kPath + "\", onFailure: " + on_failure + ", timeout: " + timeout +
                              ", args: {do: \"" + does + "\"}}\n",
                          "config");
}

// Three equal nodes and a scheduler with the plugin.
class Scheduler {
 public:
  Scheduler(const std::string& does, const std::string& on_failure,
            framework::ColumnCaching caching = framework::ColumnCaching::kOn,
            const std::string& timeout = "1m") {
    for (const char* name : {"a", "b", "c"}) cluster_.AddNode(NodeBuilder(name).Build());
    const auto config = Configure(does, on_failure, timeout);
    EXPECT_TRUE(config.has_value()) << config.error().message();
    framework::Registry registry = support::SortingRegistry();
    AddFactory({}, registry);
    auto runtime = framework::ProfileRuntime::Make(config->profiles[0], registry, caching);
    if (runtime) {
      runtime_ = *std::move(runtime);
    } else {
      error_ = runtime.error().message();
    }
  }

  // Why the plugin could not be made.
  const std::string& error() const { return error_; }

  // Decides one more pod: the node's name, or why there is none.
  std::string Place() {
    const auto pod =
        PodBuilder("pod-" + std::to_string(++pods_)).Requests({{"cpu", "100m"}}).Build();
    const cluster::PodClass& pod_class = cluster_.classes.ClassOfPending(*pod);
    const cycle::Decision decision = algorithm_.Schedule(*runtime_, pod_class, pod.get());
    if (decision.outcome == Outcome::kError) return decision.error;
    if (decision.outcome == Outcome::kUnschedulable) {
      const auto diagnosis = algorithm_.Diagnose(*runtime_, pod_class, pod.get());
      return diagnosis.prefilter.code == framework::Code::kError ? diagnosis.prefilter.Message()
                                                                 : diagnosis.Message();
    }
    const auto reserved = cycle::Reserve(cluster_, *runtime_, pod_class, *pod, decision.node);
    if (!reserved.ok()) return reserved.Message();
    cluster_.AddPod(pod, pod_class, decision.node);
    return "placed";
  }

 private:
  cluster::Cluster cluster_;
  std::unique_ptr<framework::ProfileRuntime> runtime_;
  cycle::SchedulingAlgorithm algorithm_{cluster_, {}};
  std::string error_;
  int pods_ = 0;
};

struct Case {
  const char* does;
  const char* reason;
};

std::string WhySwitchedOff(const Case& one) {
  return "plugin \"Misbehaving\" (" + kPath + ") is switched off: " + one.reason;
}

const Case kCases[] = {
    {"crash pod_key", "pod_key crashed (SIGSEGV)"},
    {"range pod_key", "pod_key gave a key of more than 65536 bytes"},
    {"crash pod_open", "pod_open crashed (SIGSEGV)"},
    {"crash pre_filter", "pre_filter crashed (SIGSEGV)"},
    {"code pre_filter", "pre_filter returned 77, which it may not"},
    {"bits pre_filter", "pre_filter narrowed the nodes to rows that hold none"},
    {"crash filter", "filter crashed (SIGSEGV)"},
    {"divide filter", "filter crashed (SIGFPE)"},
    {"abort filter", "filter crashed (abort)"},
    {"throw filter", "filter let an exception out"},
    {"pointer filter", "filter crashed (SIGSEGV)"},
    {"code filter", "filter returned 77, which it may not"},
    {"bits filter", "filter set bits that were not set before"},
    {"crash score", "score crashed (SIGSEGV)"},
    {"code score", "score returned 77, which it may not"},
    {"range score", "score gave a score that is not in 0..100"},
    {"crash reserve", "reserve crashed (SIGSEGV)"},
    {"code reserve", "reserve returned 77, which it may not"},
};

constexpr framework::ColumnCaching kBoth[] = {framework::ColumnCaching::kOn,
                                              framework::ColumnCaching::kOff};

TEST(Isolation, ABehavedPluginIsNoTrouble) {
  Scheduler scheduler("nothing", "Fail");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(scheduler.Place(), "placed");
}

TEST(Isolation, WithFailPodsSayWhoseFaultItIs) {
  for (const auto caching : kBoth) {
    for (const Case& one : kCases) {
      // Keys are for what is kept.
      const bool is_asked = caching == framework::ColumnCaching::kOn ||
                            std::string(one.does).find("pod_key") == std::string::npos;
      if (!is_asked) continue;
      Scheduler scheduler(one.does, "Fail", caching);
      // The pod that is decided while it happens is not placed either, and those that follow.
      for (int i = 0; i < 3; ++i) EXPECT_THAT(scheduler.Place(), HasSubstr(WhySwitchedOff(one)));
    }
  }
}

TEST(Isolation, WithIgnorePodsArePlacedWithoutIt) {
  for (const auto caching : kBoth) {
    for (const Case& one : kCases) {
      Scheduler scheduler(one.does, "Ignore", caching);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(scheduler.Place(), "placed") << one.does;
    }
  }
}

// These reject every node before anything goes wrong: for that pod it stays at that.
TEST(Isolation, ExplanationsAreGuardedToo) {
  for (const char* does : {"crash explain", "range explain", "code explain", "ok explain"}) {
    Scheduler scheduler(does, "Ignore");
    EXPECT_THAT(scheduler.Place(), HasSubstr("3 node(s) rejected by plugin Misbehaving")) << does;
  }
  Scheduler after("crash explain", "Ignore");
  (void)after.Place();
  EXPECT_EQ(after.Place(), "placed");
}

TEST(Isolation, WhatHangsIsLeft) {
  for (const char* does : {"hang filter", "sleep score"}) {
    Scheduler strict(does, "Fail", framework::ColumnCaching::kOn, "20ms");
    EXPECT_THAT(strict.Place(), HasSubstr("did not come back in time")) << does;
    Scheduler lenient(does, "Ignore", framework::ColumnCaching::kOn, "20ms");
    EXPECT_EQ(lenient.Place(), "placed") << does;
  }
}

// An error that the plugin reports itself is no reason to refuse it.
TEST(Isolation, AReportedErrorIsForOneAttempt) {
  for (const char* where : {"pre_filter", "filter", "score", "reserve", "pod_open"}) {
    Scheduler scheduler(std::string("fail ") + where, "Fail");
    for (int i = 0; i < 3; ++i) {
      const std::string outcome = scheduler.Place();
      EXPECT_NE(outcome, "placed") << where;
      EXPECT_THAT(outcome, Not(HasSubstr("switched off"))) << where;
    }
  }
}

TEST(Isolation, APluginThatCannotBeMadeIsAnErrorAtTheStart) {
  EXPECT_EQ(Scheduler("fail create", "Fail").error(),
            "plugin \"Misbehaving\" (" + kPath + "): no such arguments");
  EXPECT_EQ(Scheduler("crash create", "Ignore").error(),
            WhySwitchedOff({"", "create crashed (SIGSEGV)"}));
}

}  // namespace
}  // namespace berth::sharedobject
