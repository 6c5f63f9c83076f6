#include "scheduler/simulate/lifetimes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/simulate/timed_yaml.h"

namespace berth::simulate {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr std::int64_t kSecond = 1'000'000'000;

base::Result<Lifetimes> ReadText(const std::string& name, const std::string& text) {
  const TemporaryFolder folder;
  const auto executor = base::MakeExecutor(1);
  BERTH_ASSIGN(const auto objects,
               ReadInput({folder.Write(name, text)}, InputFormat::kAuto, *executor));
  return ReadLifetimes(objects);
}

std::string Table(const std::string& rows) {
  return "name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time,scheduled_"
         "time\n" +
         rows;
}

std::string ErrorOf(const std::string& name, const std::string& text) {
  const auto lifetimes = ReadText(name, text);
  return lifetimes ? "" : lifetimes.error().message();
}

std::string ErrorOfPod(const std::string& metadata) {
  return ErrorOf("c.yaml", Yaml({"p", "", "", "1", 0, "", metadata}));
}

TEST(Lifetimes, AreReadFromTheColumnsOfATrace) {
  const auto lifetimes = ReadText(
      "pods.csv", Table("a,1000,1,0,0,100,160,110\nb,1000,1,0,0,130,190,\nc,1000,1,0,0,150,,\n"));
  ASSERT_TRUE(lifetimes) << lifetimes.error().message();
  EXPECT_EQ(lifetimes->begin, "100");
  EXPECT_EQ(lifetimes->begin_nanoseconds, 100 * kSecond);
  const Lifetime a = lifetimes->Of("default/a");
  EXPECT_EQ(a.arrival, 0);
  EXPECT_THAT(a.duration, Optional(50 * kSecond));
  EXPECT_THAT(a.departure, Optional(60 * kSecond));
  const Lifetime b = lifetimes->Of("default/b");
  EXPECT_EQ(b.arrival, 30 * kSecond);
  EXPECT_THAT(b.duration, Optional(60 * kSecond));
  EXPECT_THAT(b.departure, Optional(90 * kSecond));
  EXPECT_FALSE(lifetimes->Of("default/c").duration.has_value());
}

TEST(Lifetimes, PreferTheAnnotationsOfOurOwn) {
  const auto lifetimes = ReadText(
      "c.yaml", Yaml({"p", "", "", "1", 0, "",
                      "annotations: {berth/arrival: 1h30m, berth/duration: \"1.5s\", "
                      "alibabacloud.com/creation-time: \"7\", alibabacloud.com/deletion-time: "
                      "\"9\"}, creationTimestamp: \"2026-01-01T00:00:00Z\""}));
  ASSERT_TRUE(lifetimes) << lifetimes.error().message();
  EXPECT_EQ(lifetimes->begin, "5400");
  EXPECT_THAT(lifetimes->Of("default/p").duration, Optional(1'500'000'000));
}

TEST(Lifetimes, BeginAtZeroWhereSomePodsSayNothing) {
  const auto lifetimes =
      ReadText("c.yaml", Yaml({"a", "50", "", "1"}) + Yaml({"b", "", "10", "1"}));
  ASSERT_TRUE(lifetimes) << lifetimes.error().message();
  EXPECT_EQ(lifetimes->begin, "0");
  EXPECT_EQ(lifetimes->Of("default/a").arrival, 50 * kSecond);
  EXPECT_EQ(lifetimes->Of("default/b").arrival, 0);
}

TEST(Lifetimes, ComeFromTheTemplateOfAJob) {
  const auto lifetimes = ReadText("c.yaml", R"(kind: Job
apiVersion: batch/v1
metadata: {name: j}
spec:
  parallelism: 2
  template:
    metadata: {annotations: {berth/duration: 90s}}
    spec: {containers: [{name: c, image: i}]}
)");
  ASSERT_TRUE(lifetimes) << lifetimes.error().message();
  ASSERT_EQ(lifetimes->of.size(), 2u);
  for (const auto& [key, lifetime] : lifetimes->of) {
    EXPECT_THAT(lifetime.duration, Optional(90 * kSecond)) << key;
  }
}

TEST(Lifetimes, NameTheFieldThatIsNoTime) {
  EXPECT_THAT(ErrorOfPod("annotations: {berth/duration: soon}"),
              EndsWith("c.yaml: Pod default/p: metadata.annotations[berth/duration]: \"soon\" is "
                       "neither a duration such as 1h30m nor a number of seconds"));
  EXPECT_THAT(ErrorOfPod("annotations: {berth/duration: -5s}"),
              EndsWith("metadata.annotations[berth/duration]: \"-5s\" is not within 0 and 100 "
                       "years"));
  EXPECT_THAT(ErrorOfPod("annotations: {berth/arrival: \"99999999999\"}"),
              HasSubstr("metadata.annotations[berth/arrival]: "));
  EXPECT_THAT(ErrorOf("pods.csv", Table("a,1,1,0,0,1.5,,\n")),
              EndsWith("pods.csv: Pod default/a: "
                       "metadata.annotations[alibabacloud.com/creation-time]: \"1.5\" is not a "
                       "number of seconds from 0 to 3162240000"));
}

TEST(Lifetimes, RefuseWhatEndsBeforeItBegins) {
  EXPECT_THAT(ErrorOf("pods.csv", Table("a,1,1,0,0,5,9,\nb,1,1,0,0,10,9,\n")),
              EndsWith("pods.csv: Pod default/b: "
                       "metadata.annotations[alibabacloud.com/deletion-time]: 9 is before 10 of "
                       "metadata.annotations[alibabacloud.com/creation-time]"));
  EXPECT_THAT(ErrorOf("pods.csv", Table("a,1,1,0,0,10,20,9\n")),
              HasSubstr("[alibabacloud.com/scheduled-time]: 9 is before 10 of"));
  EXPECT_THAT(ErrorOf("pods.csv", Table("a,1,1,0,0,10,20,21\n")),
              HasSubstr("[alibabacloud.com/deletion-time]: 20 is before 21 of"));
  EXPECT_THAT(ErrorOf("pods.csv", Table("a,1,1,0,0,,20,\n")),
              EndsWith("[alibabacloud.com/deletion-time]: needs "
                       "metadata.annotations[alibabacloud.com/creation-time] beside it"));
}

TEST(Lifetimes, RefuseTwoClocksInOneInput) {
  const std::string dated = "creationTimestamp: \"2026-01-01T00:00:00Z\"";
  EXPECT_THAT(ErrorOf("c.yaml", Yaml({"a", "3", "", "1"}) + Yaml({"b", "", "", "1", 0, "", dated})),
              EndsWith("c.yaml: Pod default/b: metadata.creationTimestamp: is a date, whereas that "
                       "of Pod default/a (metadata.annotations[berth/arrival]) is seconds; one "
                       "input has one clock"));
}

TEST(Lifetimes, RefuseDatesThatAreTooFarApart) {
  EXPECT_THAT(
      ErrorOf("c.yaml",
              Yaml({"a", "", "", "1", 0, "", "creationTimestamp: \"1700-01-01T00:00:00Z\""}) +
                  Yaml({"b", "", "", "1", 0, "", "creationTimestamp: \"2200-01-01T00:00:00Z\""})),
      EndsWith("c.yaml: Pod default/b: metadata.creationTimestamp: is more than 100 years from the "
               "first arrival"));
}

TEST(Lifetimes, AreNotGuessed) {
  EXPECT_THAT(ErrorOf("c.yaml", Yaml({"a", "", "", "1"})),
              HasSubstr("no pod says when it arrives or how long it runs"));
}

}  // namespace
}  // namespace berth::simulate
