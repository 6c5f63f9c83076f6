// Random clusters: what simulate decides is the same before and after, but for names, and nothing
// of the names is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "plugins/registry.h"
#include "scheduler/base/random.h"
#include "scheduler/record/anonymize.h"
#include "scheduler/simulate/run.h"
#include "tests/simulate/temporary_folder.h"
#include "tests/support/seed.h"

namespace berth::record {
namespace {

using Json = nlohmann::json;
using simulate::TemporaryFolder;

constexpr int kClusters = 30;
constexpr int kNodes = 12;
constexpr int kPods = 60;

// Every name holds the word, so that what is left of one shows. Names of one kind sort in all ways.
constexpr std::string_view kWord = "xq";

class RandomObjects {
 public:
  explicit RandomObjects(std::uint64_t seed) : random_(seed) {}

  std::string Make() {
    Json items = Json::array();
    for (const char* space : {"xqteam", "xqother"}) items.push_back(Namespace(space));
    for (int i = 0; i < kNodes; ++i) AddNode(i, items);
    items.push_back({{"apiVersion", "storage.k8s.io/v1"},
                     {"kind", "StorageClass"},
                     {"metadata", {{"name", "xqlocal"}}},
                     {"provisioner", "kubernetes.io/no-provisioner"},
                     {"volumeBindingMode", "WaitForFirstConsumer"}});
    for (int i = 0; i < 8; ++i) AddVolume(i, items);
    items.push_back(Selector("Service", "v1", {{"xqapp", "xqa"}}));
    items.push_back(Budget());
    for (int i = 0; i < kPods; ++i) AddPod(i, items);
    return Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}}.dump();
  }

 private:
  bool Chance(std::uint64_t of) { return random_.Below(of) == 0; }
  std::string OneOf(const std::vector<std::string>& texts) {
    return texts[random_.Below(texts.size())];
  }
  std::string App() { return OneOf({"xqa", "xqb", "xqc"}); }
  std::string Node() { return nodes_[random_.Below(nodes_.size())]; }
  std::string Number(std::uint64_t below) { return std::to_string(random_.Below(below)); }

  static Json Namespace(const std::string& name) {
    return {
        {"apiVersion", "v1"},
        {"kind", "Namespace"},
        {"metadata",
         {{"name", name}, {"labels", {{"kubernetes.io/metadata.name", name}, {"xqspace", name}}}}}};
  }

  static Json Selector(const std::string& kind, const std::string& version, const Json& labels) {
    return {{"apiVersion", version},
            {"kind", kind},
            {"metadata", {{"name", "xqobject"}, {"namespace", "xqteam"}}},
            {"spec", {{"selector", labels}}}};
  }

  static Json Budget() {
    Json budget =
        Selector("PodDisruptionBudget", "policy/v1", {{"matchLabels", {{"xqapp", "xqb"}}}});
    budget["status"] = {{"disruptionsAllowed", 1}};
    return budget;
  }

  void AddNode(int i, Json& items) {
    const std::string name =
        OneOf({"xq-", "xq0", "axq", "zxq", "xq."}) + std::to_string(i * 7 % 12);
    nodes_.push_back(name);
    Json labels = {{"kubernetes.io/hostname", name},
                   {"topology.kubernetes.io/zone", OneOf({"xqz1", "xqz2", "xqz3"})},
                   {"xqsize", Number(5)},
                   {"xqdisk", OneOf({"xqssd", "xqhdd"})}};
    Json taints = Json::array();
    if (Chance(4)) taints.push_back(Taint());
    Json images = Json::array();
    for (const char* app : {"xqa", "xqb", "xqc"}) {
      if (Chance(3)) images.push_back(Image(app));
    }
    const Json room = {
        {"cpu", Number(4) + "500m"}, {"memory", "8Gi"}, {"pods", "20"}, {"xq.com/fpga", Number(3)}};
    items.push_back({{"apiVersion", "v1"},
                     {"kind", "Node"},
                     {"metadata", {{"name", name}, {"labels", labels}}},
                     {"spec", {{"taints", taints}, {"unschedulable", Chance(10)}}},
                     {"status", {{"allocatable", room}, {"capacity", room}, {"images", images}}}});
  }

  Json Taint() {
    return {{"key", OneOf({"xqtaint", "node.kubernetes.io/disk-pressure"})},
            {"value", OneOf({"", "xqvalue"})},
            {"effect", OneOf({"NoSchedule", "PreferNoSchedule", "NoExecute"})}};
  }

  static Json Image(const std::string& app) {
    return {{"names", {"xq.io/" + app + ":latest", "xq.io/" + app + "@sha256:xq" + app}},
            {"sizeBytes", 400'000'000}};
  }

  void AddVolume(int i, Json& items) {
    const std::string number = std::to_string(i);
    const Json affinity = {
        {"matchExpressions",
         {{{"key", "kubernetes.io/hostname"}, {"operator", "In"}, {"values", {Node(), Node()}}}}}};
    items.push_back({{"apiVersion", "v1"},
                     {"kind", "PersistentVolume"},
                     {"metadata", {{"name", OneOf({"xqv", "vxq-", "xq"}) + number}}},
                     {"spec",
                      {{"capacity", {{"storage", "1Gi"}}},
                       {"accessModes", {"ReadWriteOnce"}},
                       {"storageClassName", "xqlocal"},
                       {"csi", {{"driver", "xq.csi"}, {"volumeHandle", "xq" + number}}},
                       {"nodeAffinity", {{"required", {{"nodeSelectorTerms", {affinity}}}}}}}},
                     {"status", {{"phase", "Available"}}}});
    items.push_back({{"apiVersion", "v1"},
                     {"kind", "PersistentVolumeClaim"},
                     {"metadata", {{"name", "xqclaim" + number}, {"namespace", "xqteam"}}},
                     {"spec",
                      {{"accessModes", {"ReadWriteOnce"}},
                       {"storageClassName", "xqlocal"},
                       {"resources", {{"requests", {{"storage", "1Gi"}}}}}}},
                     {"status", {{"phase", "Pending"}}}});
  }

  Json NodeAffinity() {
    const std::vector<Json> requirements = {
        {{"key", "xqsize"}, {"operator", "Gt"}, {"values", {Number(4)}}},
        {{"key", "xqsize"}, {"operator", "Lt"}, {"values", {"3"}}},
        {{"key", "xqdisk"}, {"operator", "In"}, {"values", {"xqssd"}}},
        {{"key", "xqsize"}, {"operator", "NotIn"}, {"values", {"2"}}},
        {{"key", "xqnone"}, {"operator", "DoesNotExist"}},
        {{"key", "kubernetes.io/hostname"}, {"operator", "NotIn"}, {"values", {Node()}}}};
    const Json term = {{"matchExpressions", {requirements[random_.Below(requirements.size())]}}};
    const Json fields = {
        {"matchFields", {{{"key", "metadata.name"}, {"operator", "In"}, {"values", {Node()}}}}}};
    Json affinity = {{"preferredDuringSchedulingIgnoredDuringExecution",
                      {{{"weight", 10}, {"preference", Chance(2) ? term : fields}}}}};
    if (Chance(2)) {
      affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {
          {"nodeSelectorTerms", Chance(4) ? Json::array({fields, term}) : Json::array({term})}};
    }
    return affinity;
  }

  Json PodTerm() {
    Json term = {{"topologyKey", OneOf({"kubernetes.io/hostname", "topology.kubernetes.io/zone"})},
                 {"labelSelector", {{"matchLabels", {{"xqapp", App()}}}}}};
    if (Chance(3)) term["namespaces"] = {"xqother"};
    if (Chance(3)) term["namespaceSelector"] = {{"matchLabels", {{"xqspace", "xqteam"}}}};
    if (Chance(4)) term["matchLabelKeys"] = {"xqtrack"};
    return term;
  }

  Json Affinity() {
    Json affinity = Json::object();
    if (Chance(2)) affinity["nodeAffinity"] = NodeAffinity();
    if (Chance(4)) {
      affinity["podAffinity"] = {{"preferredDuringSchedulingIgnoredDuringExecution",
                                  {{{"weight", 7}, {"podAffinityTerm", PodTerm()}}}}};
    }
    if (Chance(4)) {
      affinity["podAntiAffinity"] = {
          {"requiredDuringSchedulingIgnoredDuringExecution", {PodTerm()}}};
    }
    return affinity;
  }

  Json Spread() {
    return {{{"maxSkew", 1},
             {"topologyKey", "topology.kubernetes.io/zone"},
             {"whenUnsatisfiable", OneOf({"DoNotSchedule", "ScheduleAnyway"})},
             {"labelSelector",
              {{"matchExpressions",
                {{{"key", "xqapp"}, {"operator", "In"}, {"values", {App(), "xqa"}}}}}}}}};
  }

  Json Container() {
    Json requests = {{"cpu", Number(900) + "m"}, {"memory", Number(900) + "Mi"}};
    if (Chance(6)) requests["xq.com/fpga"] = "1";
    Json container = {{"name", "xqc"},
                      {"image", "xq.io/" + App() + OneOf({"", ":latest", ":xqtag"})},
                      {"resources", {{"requests", requests}, {"limits", requests}}}};
    if (Chance(6)) {
      container["ports"] = {
          {{"containerPort", 80}, {"hostPort", 80}, {"hostIP", OneOf({"", "10.77.1.2"})}}};
    }
    return container;
  }

  Json Spec() {
    Json spec = {{"containers", {Container()}}, {"affinity", Affinity()}};
    if (Chance(3)) spec["topologySpreadConstraints"] = Spread();
    if (Chance(4)) spec["nodeSelector"] = {{"xqdisk", "xqssd"}};
    if (Chance(3)) {
      spec["tolerations"] = {{{"key", "xqtaint"}, {"operator", "Equal"}, {"value", "xqvalue"}},
                             {{"operator", "Exists"}, {"effect", "NoExecute"}}};
    }
    if (Chance(20)) spec["schedulingGates"] = {{{"name", "xq.io/gate"}}};
    spec["priority"] = random_.Below(3) * 10;
    if (Chance(4)) {
      spec["volumes"] = {
          {{"name", "xqm"}, {"persistentVolumeClaim", {{"claimName", "xqclaim" + Number(9)}}}}};
    }
    if (Chance(8)) {
      spec["volumes"] = {{{"name", "xqm"},
                          {"ephemeral",
                           {{"volumeClaimTemplate",
                             {{"spec",
                               {{"storageClassName", "xqlocal"},
                                {"accessModes", {"ReadWriteOnce"}},
                                {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}}}}}}};
    }
    return spec;
  }

  void AddPod(int i, Json& items) {
    const std::string name = OneOf({"xqp", "pxq", "xq-"}) + std::to_string(i);
    Json pod = {{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata",
                 {{"name", name},
                  {"namespace", OneOf({"xqteam", "xqteam", "xqother", "default"})},
                  {"uid", "xq-uid-" + name},
                  {"labels", {{"xqapp", App()}, {"xqtrack", OneOf({"xqs", "xqt"})}}}}},
                {"spec", Spec()}};
    if (Chance(3)) {
      pod["spec"]["nodeName"] = Node();
      pod["spec"].erase("schedulingGates");
      pod["status"] = {{"phase", "Running"},
                       {"startTime", "2026-01-01T00:00:0" + Number(10) + "Z"}};
    }
    items.push_back(pod);
  }

  base::Random random_;
  std::vector<std::string> nodes_;
};

// One line each. Words about names are left out: they are compared by what they are about.
std::vector<Json> Decisions(const TemporaryFolder& folder, const std::string& input) {
  const std::string path = folder.path() + "/decisions";
  simulate::Options options;
  options.inputs = {input};
  options.decisions_path = path;
  options.detail = true;
  options.preemption = simulate::PreemptionMode::kApply;
  options.threads = 1;
  options.quiet = true;
  const std::atomic<bool> interrupted = false;
  const auto done = simulate::Run(
      options, {plugins::MakeRegistry(), interrupted, [](std::string_view) { return true; }});
  EXPECT_TRUE(done) << done.error().error.message();
  std::vector<Json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  std::filesystem::remove(path);
  return lines;
}

std::string Translated(const std::string& text, Names& names) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return names.Of(TextKind::kNode, text);
  return names.Of(TextKind::kNamespace, text.substr(0, slash)) + "/" +
         names.Of(TextKind::kPod, text.substr(slash + 1));
}

// With the names of nodes, of pods and of nobody else.
Json Renamed(const Json& value, Names* names) {
  const auto rename = [&](const std::string& text) {
    const bool is_name = text.find(kWord) != std::string::npos;
    return names != nullptr && is_name ? Translated(text, *names) : text;
  };
  if (value.is_string()) return rename(value.get<std::string>());
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& element : value) out.push_back(Renamed(element, names));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, member] : value.items()) {
    const bool is_words = key == "message" || key == "reasons" || key == "prefilter" ||
                          key == "postFilter" || key == "error";
    if (!is_words) out[rename(key)] = Renamed(member, names);
  }
  return out;
}

class SameDecisionsTest : public support::RandomTest {};

TEST_F(SameDecisionsTest, OnRandomClusters) {
  SCOPED_TRACE(support::SeedNote());
  const auto executor = base::MakeExecutor(1);
  const TemporaryFolder folder;
  std::size_t placed = 0;
  for (int i = 0; i < kClusters && !HasFailure(); ++i) {
    const std::uint64_t seed = support::TestSeed() + static_cast<std::uint64_t>(i);
    const std::string input = folder.Write("in.json", RandomObjects(seed).Make());
    const auto done = Anonymize({.inputs = {input}}, KeyedHash(std::to_string(seed)), *executor);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->text.find(kWord), std::string::npos)
        << done->text.substr(done->text.find(kWord) - 60, 120);
    EXPECT_EQ(done->text.find("10.77."), std::string::npos);
    const auto before = Decisions(folder, input);
    const auto after = Decisions(folder, folder.Write("out.json", done->text));
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t k = 0; k < before.size(); ++k) {
      EXPECT_EQ(Renamed(before[k], done->names.get()), Renamed(after[k], nullptr));
      placed += after[k].contains("chosen") ? 1 : 0;
    }
  }
  EXPECT_GT(placed, static_cast<std::size_t>(kClusters));
}

}  // namespace
}  // namespace berth::record
