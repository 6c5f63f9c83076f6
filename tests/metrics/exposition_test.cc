// The text that a Prometheus server reads.
#include "scheduler/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace berth::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Jobs() {
  MetricFamily family{"jobs_total", "Jobs.", MetricType::Counter, {}};
  family.metric.resize(2);
  family.metric[0].label = {{"kind", "a"}, {"result", "ok"}};
  family.metric[0].counter.value = 3;
  family.metric[1].label = {{"kind", "b\"\\\n"}, {"result", "ok"}};
  family.metric[1].counter.value = 0.25;
  return family;
}

MetricFamily Durations() {
  MetricFamily family{"time_seconds", "Time.", MetricType::Histogram, {}};
  family.metric.resize(1);
  auto& histogram = family.metric[0].histogram;
  histogram.bucket = {{1, 0.5}, {4, 2}, {5, std::numeric_limits<double>::infinity()}};
  histogram.sample_count = 5;
  histogram.sample_sum = 7.5;
  return family;
}

TEST(Exposition, WritesCountersWithEscapedLabels) {
  EXPECT_EQ(Expose({Jobs()}, Format::kText),
            "# HELP jobs_total Jobs.\n"
            "# TYPE jobs_total counter\n"
            "jobs_total{kind=\"a\",result=\"ok\"} 3\n"
            "jobs_total{kind=\"b\\\"\\\\\\n\",result=\"ok\"} 0.25\n");
}

TEST(Exposition, AgreesWithThePrometheusSerializerOnWhatThatCanWrite) {
  EXPECT_EQ(Expose({Jobs()}, Format::kText), prometheus::TextSerializer().Serialize({Jobs()}));
}

TEST(Exposition, WritesHistograms) {
  EXPECT_EQ(Expose({Durations()}, Format::kText),
            "# HELP time_seconds Time.\n"
            "# TYPE time_seconds histogram\n"
            "time_seconds_bucket{le=\"0.5\"} 1\n"
            "time_seconds_bucket{le=\"2\"} 4\n"
            "time_seconds_bucket{le=\"+Inf\"} 5\n"
            "time_seconds_sum 7.5\n"
            "time_seconds_count 5\n");
}

TEST(Exposition, WritesOpenMetrics) {
  EXPECT_EQ(Expose({Jobs(), Durations()}, Format::kOpenMetrics),
            "# HELP jobs Jobs.\n"
            "# TYPE jobs counter\n"
            "jobs_total{kind=\"a\",result=\"ok\"} 3\n"
            "jobs_total{kind=\"b\\\"\\\\\\n\",result=\"ok\"} 0.25\n"
            "# HELP time_seconds Time.\n"
            "# TYPE time_seconds histogram\n"
            "time_seconds_bucket{le=\"0.5\"} 1\n"
            "time_seconds_bucket{le=\"2.0\"} 4\n"
            "time_seconds_bucket{le=\"+Inf\"} 5\n"
            "time_seconds_sum 7.5\n"
            "time_seconds_count 5\n"
            "# EOF\n");
}

TEST(Exposition, IsSilentAboutWhatHasNoSeries) {
  EXPECT_EQ(Expose({MetricFamily{"a_total", "A.", MetricType::Counter, {}}}, Format::kText), "");
}

TEST(Exposition, EscapesHelp) {
  MetricFamily family{"a", "one\\two\nthree", MetricType::Gauge, {{}}};
  EXPECT_THAT(Expose({family}, Format::kText),
              testing::StartsWith("# HELP a one\\\\two\\nthree\n"));
}

TEST(Exposition, WritesNumbersAsGoDoes) {
  EXPECT_EQ(NumberText(0), "0");
  EXPECT_EQ(NumberText(0.001), "0.001");
  EXPECT_EQ(NumberText(0.0001), "0.0001");
  EXPECT_EQ(NumberText(0.00001), "1e-05");
  EXPECT_EQ(NumberText(0.00001 * 1.5), "1.5000000000000002e-05");
  EXPECT_EQ(NumberText(999999), "999999");
  EXPECT_EQ(NumberText(1e6), "1e+06");
  EXPECT_EQ(NumberText(24313856), "2.4313856e+07");
  EXPECT_EQ(NumberText(-1.5), "-1.5");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(NumberText(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(Exposition, ChoosesTheFormatThatIsAskedFor) {
  EXPECT_EQ(FormatFor(""), Format::kText);
  EXPECT_EQ(FormatFor("text/plain"), Format::kText);
  EXPECT_EQ(FormatFor("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1"),
            Format::kOpenMetrics);
}

}  // namespace
}  // namespace berth::metrics
