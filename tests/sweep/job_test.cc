#include "scheduler/sweep/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sweep/sweep_folder.h"

namespace berth::sweep {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class SweepJobTest : public ::testing::Test {
 protected:
  base::Result<std::string> Manifest(const JobOptions& options) const {
    const auto file = ReadSweepFile(folder_.Path("sweep.yaml"));
    if (!file) return std::unexpected(file.error());
    return JobManifest(*file, options);
  }
  std::string ErrorOf(const JobOptions& options) const {
    const auto manifest = Manifest(options);
    return manifest ? "" : manifest.error().message();
  }
  // The documents, which "---" begins.
  std::vector<json> Objects(const JobOptions& options) const {
    const auto manifest = Manifest(options);
    EXPECT_TRUE(manifest.has_value()) << manifest.error().message();
    std::vector<json> objects;
    for (std::size_t begin = manifest->find("---\n"); begin != std::string::npos;) {
      const std::size_t end = manifest->find("---\n", begin + 4);
      objects.push_back(json::parse(manifest->substr(begin + 4, end - begin - 4)));
      begin = end;
    }
    return objects;
  }

  SweepFolder folder_;
};

JobOptions Shards(std::size_t count) {
  JobOptions options;
  options.shards = count;
  return options;
}

TEST_F(SweepJobTest, BringsEveryFileInAConfigMap) {
  folder_.Write("few.yaml", "Man");
  const auto objects = Objects(Shards(4));
  ASSERT_EQ(objects.size(), 2u);
  const json& data = objects[0]["binaryData"];
  EXPECT_EQ(data.size(), 6u);
  const json& pod = objects[1]["spec"]["template"]["spec"];
  const json& items = pod["volumes"][0]["configMap"]["items"];
  ASSERT_EQ(items.size(), data.size());
  EXPECT_EQ(items[0]["path"], "sweep.yaml");
  std::string few;
  for (const json& item : items) {
    if (item["path"] == "few.yaml") few = data[item["key"].get<std::string>()];
  }
  EXPECT_EQ(few, "TWFu");
}

TEST_F(SweepJobTest, RunsOneShardAnIndex) {
  const auto objects = Objects(Shards(4));
  const json& spec = objects.at(1)["spec"];
  EXPECT_EQ(spec["completionMode"], "Indexed");
  EXPECT_EQ(spec["completions"], 4);
  const json& container = spec["template"]["spec"]["containers"][0];
  EXPECT_THAT(container["args"].dump(), HasSubstr("\"--shard\",\"$(JOB_COMPLETION_INDEX)/4\""));
  EXPECT_THAT(container["args"].dump(), HasSubstr("--print-results"));
}

TEST_F(SweepJobTest, TakesAVolumeInstead) {
  JobOptions options = Shards(2);
  options.volume_claim = "data";
  const auto objects = Objects(options);
  ASSERT_EQ(objects.size(), 1u);
  const json& pod = objects[0]["spec"]["template"]["spec"];
  EXPECT_EQ(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], "data");
  EXPECT_EQ(pod["containers"][0]["volumeMounts"][0]["readOnly"], false);
  EXPECT_THAT(pod["containers"][0]["args"].dump(), ::testing::Not(HasSubstr("--print-results")));
}

TEST_F(SweepJobTest, PadsBase64) {
  for (const auto& [text, encoded] : std::vector<std::pair<std::string, std::string>>{
           {"M", "TQ=="}, {"Ma", "TWE="}, {std::string("\xff\0\xfe", 3), "/wD+"}}) {
    folder_.Write("few.yaml", text);
    EXPECT_THAT(Objects(Shards(1))[0]["binaryData"].dump(), HasSubstr("\"" + encoded + "\""));
  }
}

TEST_F(SweepJobTest, SaysWhatCannotBeAJob) {
  EXPECT_EQ(ErrorOf(Shards(13)), "13 shards, but only 12 runs");
  folder_.Write("few.yaml", std::string(kMaxConfigMapBytes, 'x'));
  EXPECT_THAT(ErrorOf(Shards(1)), HasSubstr("more than 1 MiB"));
  EXPECT_THAT(ErrorOf(Shards(1)), HasSubstr("--volume-claim NAME"));
  JobOptions options = Shards(1);
  options.volume_claim = "data";
  EXPECT_EQ(ErrorOf(options), "");
  std::string text = SweepFolder::SweepYaml();
  text.replace(text.find("few.yaml"), 8, "/dev/null");
  folder_.Write("sweep.yaml", text);
  EXPECT_THAT(ErrorOf(options), HasSubstr("is not below the folder of the sweep file"));
}

}  // namespace
}  // namespace berth::sweep
