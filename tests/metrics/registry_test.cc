// Families and series, and what is shown of them.
#include "scheduler/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace berth::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

Definition Jobs() {
  return {.name = "jobs_total",
          .help = "Jobs.",
          .stability = Stability::kStable,
          .labels = {"kind", "result"}};
}

TEST(Registry, ShowsSeriesByTheirLabels) {
  Registry registry;
  CounterFamily& jobs = registry.AddCounter(Jobs());
  jobs.With({"b", "ok"}).Increment(2);
  jobs.With({"a", "ok"}).Increment();
  EXPECT_EQ(registry.Text(),
            "# HELP jobs_total [STABLE] Jobs.\n"
            "# TYPE jobs_total counter\n"
            "jobs_total{kind=\"a\",result=\"ok\"} 1\n"
            "jobs_total{kind=\"b\",result=\"ok\"} 2\n");
}

TEST(Registry, KeepsASeriesWhereItIs) {
  Registry registry;
  CounterFamily& jobs = registry.AddCounter(Jobs());
  Counter& first = jobs.With({"a", "ok"});
  for (int i = 0; i < 100; ++i) jobs.With({std::to_string(i), "ok"});
  EXPECT_EQ(&jobs.With({"a", "ok"}), &first);
}

TEST(Registry, ShowsFamiliesWithoutLabelsAtOnce) {
  Registry registry;
  registry.AddGauge({.name = "level", .help = "Level."}).Only().Set(1.5);
  registry.AddCounter(
      {.name = "attempts_total", .help = "Attempts.", .stability = Stability::kBeta});
  registry.AddHistogram({.name = "size", .help = "Size.", .stability = Stability::kUnmarked}, {1});
  EXPECT_EQ(registry.Text(),
            "# HELP attempts_total [BETA] Attempts.\n"
            "# TYPE attempts_total counter\n"
            "attempts_total 0\n"
            "# HELP level [ALPHA] Level.\n"
            "# TYPE level gauge\n"
            "level 1.5\n"
            "# HELP size Size.\n"
            "# TYPE size histogram\n"
            "size_bucket{le=\"1\"} 0\n"
            "size_bucket{le=\"+Inf\"} 0\n"
            "size_sum 0\n"
            "size_count 0\n");
}

TEST(Registry, CumulatesBuckets) {
  Registry registry;
  Histogram& size = registry.AddHistogram({.name = "size", .help = "Size."}, {1, 2, 4}).Only();
  for (const double value : {0.5, 1.5, 1.75, 8.0}) size.Observe(value);
  EXPECT_THAT(registry.Text(), HasSubstr("size_bucket{le=\"1\"} 1\n"
                                         "size_bucket{le=\"2\"} 3\n"
                                         "size_bucket{le=\"4\"} 3\n"
                                         "size_bucket{le=\"+Inf\"} 4\n"
                                         "size_sum 11.75\n"
                                         "size_count 4\n"));
}

TEST(Registry, HidesWhatIsDisabledOrNotEnabled) {
  Registry registry({.disabled = {"jobs_total"}});
  registry.AddCounter(Jobs()).With({"a", "ok"}).Increment();
  registry.AddGauge({.name = "gated", .help = "Gated.", .enabled = false}).Only().Set(1);
  EXPECT_EQ(registry.Text(), "");
}

TEST(Registry, ReplacesLabelValuesThatAreNotAllowed) {
  RegistryOptions options;
  ASSERT_TRUE(AllowLabelValues("jobs_total,kind='a,b'", options));
  ASSERT_TRUE(AllowLabelValues("jobs_total,kind=c", options));
  Registry registry(options);
  CounterFamily& jobs = registry.AddCounter(Jobs());
  for (const char* kind : {"a", "b", "c", "d", "e"}) jobs.With({kind, "ok"}).Increment();
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("jobs_total{kind=\"c\",result=\"ok\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("jobs_total{kind=\"unexpected\",result=\"ok\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("\"d\"")));
}

TEST(Registry, RefusesMalformedAllowLists) {
  RegistryOptions options;
  for (const char* entry : {"", "a", "a,b", "a,b=", ",b=c", "a,=c", "a=b,c"}) {
    const auto result = AllowLabelValues(entry, options);
    ASSERT_FALSE(result.has_value()) << entry;
    EXPECT_THAT(result.error().message(), HasSubstr("METRIC,LABEL=VALUE"));
  }
  EXPECT_TRUE(options.allowed_values.empty());
}

TEST(Registry, PutsSeriesBeyondTheLimitIntoOne) {
  Registry registry;
  CounterFamily& jobs = registry.AddCounter(Jobs());
  for (std::size_t i = 0; i < CounterFamily::kMostSeries; ++i) jobs.With({std::to_string(i), ""});
  jobs.With({"one more", "ok"}).Increment();
  jobs.With({"and another", "ok"}).Increment();
  jobs.With({"0", ""}).Increment();
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("{kind=\"overflow\",result=\"overflow\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{kind=\"0\",result=\"\"} 1\n"));
}

TEST(Registry, AsksForComputedSeriesAtEachScrape) {
  Registry registry;
  int asked = 0;
  registry.AddComputed(ComputedKind::kGauge, {.name = "asked", .help = "Asked.", .labels = {"by"}},
                       [&](const Emit& emit) { emit({"you"}, ++asked); });
  EXPECT_THAT(registry.Text(), HasSubstr("asked{by=\"you\"} 1\n"));
  EXPECT_THAT(registry.Text(), HasSubstr("asked{by=\"you\"} 2\n"));
}

TEST(Registry, LetsGaugesBeSetBeforeAScrape) {
  Registry registry;
  GaugeFamily& pods = registry.AddGauge({.name = "pods", .help = "Pods.", .labels = {"queue"}});
  registry.BeforeScrape([&] { pods.With({"active"}).Set(7); });
  EXPECT_THAT(registry.Text(), HasSubstr("pods{queue=\"active\"} 7\n"));
}

TEST(Registry, ResetsWhatCountsAndNotWhatIs) {
  Registry registry;
  registry.AddCounter(Jobs()).With({"a", "ok"}).Increment();
  registry.AddGauge({.name = "level", .help = "Level."}).Only().Set(5);
  registry.AddHistogram({.name = "size", .help = "Size."}, {1}).Only().Observe(3.0);
  registry.Reset();
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("jobs_total{kind=\"a\",result=\"ok\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("level 5\n"));
  EXPECT_THAT(text, HasSubstr("size_sum 0\nsize_count 0\n"));
}

TEST(Registry, CountsItsMetrics) {
  Registry registry({.disabled = {"jobs_total"}});
  registry.AddCounter(Jobs());
  registry.AddGauge({.name = "level", .help = "Level."});
  registry.AddCensus();
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("{stability_level=\"ALPHA\",deprecated_version=\"\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{stability_level=\"BETA\",deprecated_version=\"\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("STABLE")));
  EXPECT_THAT(text, HasSubstr("disabled_metrics_total 1\n"));
  EXPECT_THAT(text, HasSubstr("hidden_metrics_total 0\n"));
}

TEST(Registry, IsReadWhileOthersWrite) {
  Registry registry;
  CounterFamily& jobs = registry.AddCounter(Jobs());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 200; ++round) {
          jobs.With({std::to_string(round % 10), std::to_string(i)}).Increment();
        }
      });
    }
    for (int i = 0; i < 20; ++i) registry.Text();
  }
  EXPECT_THAT(registry.Text(), HasSubstr("jobs_total{kind=\"9\",result=\"2\"} 20\n"));
}

}  // namespace
}  // namespace berth::metrics
