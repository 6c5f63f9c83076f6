// Everything that is watched, as plain objects again.
#include "scheduler/live/cluster_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/live/silence.h"
#include "tests/support/fake_clock.h"

namespace berth::live {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Lists are answered when the test says so; events come when it hands them on.
class ListClient final : public kube::Client {
 public:
  void Send(kube::Request request, std::function<void(kube::Response)> done) override {
    lists_.push_back({PathOf(request), std::move(done)});
  }
  std::shared_ptr<kube::Stream> Open(kube::Request request, kube::StreamCalls calls) override {
    streams_[PathOf(request)] = std::move(calls);
    return std::make_shared<NoStream>();
  }

  // What a list holds; nothing unless said.
  void Put(const std::string& path, const std::string& items) { items_[path] = items; }
  void AnswerLists(std::size_t all_but = 0) {
    while (lists_.size() > all_but) {
      const auto list = std::move(lists_.front());
      lists_.pop_front();
      list.done({.status = 200,
                 .body = R"({"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},)"
                         R"("items":[)" +
                         items_[list.path] + "]}"});
    }
  }
  void Event(const std::string& path, const std::string& type, const std::string& object) {
    streams_.at(path).on_data(R"({"type":")" + type + R"(","object":)" + object + "}\n");
  }

 private:
  class NoStream final : public kube::Stream {
   public:
    void Cancel() override {}
  };
  struct List {
    std::string path;
    std::function<void(kube::Response)> done;
  };
  static std::string PathOf(const kube::Request& request) {
    return request.path.substr(0, request.path.find('?'));
  }

  std::deque<List> lists_;
  std::map<std::string, kube::StreamCalls> streams_;
  std::map<std::string, std::string> items_;
};

// Of namespace "default", or of none.
std::string Object(const std::string& api_version, const std::string& kind, const std::string& name,
                   bool has_namespace, const std::string& rest, const std::string& meta = "") {
  return R"({"apiVersion":")" + api_version + R"(","kind":")" + kind +
         R"(","metadata":{"resourceVersion":"5","name":")" + name + "\"" +
         (has_namespace ? R"(,"namespace":"default")" : "") + meta + "}" +
         (rest.empty() ? "" : "," + rest) + "}";
}
std::string Node(const std::string& name) { return Object("v1", "Node", name, false, ""); }
std::string Pod(const std::string& name, const std::string& node, const std::string& created) {
  return Object("v1", "Pod", name, true,
                R"("spec":{"nodeName":")" + node + R"(","containers":[{"name":"c"}]})",
                R"(,"creationTimestamp":"2026-01-0)" + created + R"(T00:00:00Z")");
}

class ClusterWatchTest : public ::testing::Test {
 protected:
  ClusterWatchTest()
      : scheduler_(Scheduler::Make(config::DefaultConfiguration(), plugins::MakeRegistry(), {},
                                   client_, clock_, silence_, silence_, [] { return false; })
                       .value()),
        watch_(*scheduler_, client_, clock_, 1) {}

  void TakeNews() { scheduler_->Step(false); }
  // All lists are there.
  void Start() {
    watch_.Start();
    client_.AnswerLists();
    TakeNews();
    ASSERT_TRUE(watch_.IsSynced());
  }
  template <typename T>
  static std::vector<std::string> NamesOf(const std::vector<T>& objects) {
    std::vector<std::string> names;
    for (const T& object : objects) names.push_back(object.meta.name);
    return names;
  }

  support::FakeClock clock_;
  ListClient client_;
  Silence silence_;
  std::unique_ptr<Scheduler> scheduler_;
  ClusterWatch watch_;
};

TEST_F(ClusterWatchTest, IsSyncedOnceEachKindHasBeenListed) {
  watch_.Start();
  client_.AnswerLists(1);
  TakeNews();
  EXPECT_FALSE(watch_.IsSynced());
  EXPECT_EQ(watch_.waiting().size(), 1u);
  client_.AnswerLists();
  TakeNews();
  EXPECT_TRUE(watch_.IsSynced());
  EXPECT_THAT(watch_.waiting(), IsEmpty());
}

TEST_F(ClusterWatchTest, CopiesNodesByNameAndPodsByAge) {
  client_.Put("/api/v1/nodes", Node("b") + "," + Node("c") + "," + Node("a"));
  client_.Put("/api/v1/pods", Pod("new", "", "3") + "," + Pod("z", "a", "1") + "," +
                                  Pod("old", "", "2") + "," + Pod("also-new", "", "3"));
  Start();
  const api::ClusterObjects objects = watch_.Copy();
  EXPECT_THAT(NamesOf(objects.nodes), ElementsAre("a", "b", "c"));
  EXPECT_THAT(NamesOf(objects.pods), ElementsAre("z", "old", "also-new", "new"));
  EXPECT_EQ(objects.pods[0].node_name, "a");
  ASSERT_EQ(objects.node_origins.size(), 3u);
  ASSERT_EQ(objects.pod_origins.size(), 4u);
  EXPECT_EQ(objects.SourceOf(objects.pod_origins[0]), "the cluster");
  EXPECT_EQ(objects.pod_origins[0].sequence, 3u);
}

TEST_F(ClusterWatchTest, CopiesEveryKind) {
  struct Kind {
    std::string path;
    std::string api_version;
    std::string kind;
    bool has_namespace;
    std::string rest = "";
  };
  const std::string claim = R"("spec":{"resources":{"requests":{"storage":"1Gi"}}})";
  const std::string volume = R"("spec":{"capacity":{"storage":"1Gi"}})";
  const std::string labels = R"("spec":{"selector":{"matchLabels":{"a":"b"}}})";
  const std::string pods = R"("template":{"spec":{"containers":[{"name":"c"}]}})";
  const std::string owner = R"("spec":{"selector":{"matchLabels":{"a":"b"}},)" + pods + "}";
  const std::string storage = "/apis/storage.k8s.io/v1/";
  const std::string devices = "/apis/resource.k8s.io/v1/";
  const std::vector<Kind> kinds = {
      {"/api/v1/namespaces", "v1", "Namespace", false},
      {"/api/v1/services", "v1", "Service", true, R"("spec":{"selector":{"a":"b"}})"},
      {"/api/v1/replicationcontrollers", "v1", "ReplicationController", true,
       "\"spec\":{" + pods + "}"},
      {"/apis/apps/v1/replicasets", "apps/v1", "ReplicaSet", true, owner},
      {"/apis/apps/v1/statefulsets", "apps/v1", "StatefulSet", true, owner},
      {"/apis/policy/v1/poddisruptionbudgets", "policy/v1", "PodDisruptionBudget", true, labels},
      {"/api/v1/persistentvolumes", "v1", "PersistentVolume", false, volume},
      {"/api/v1/persistentvolumeclaims", "v1", "PersistentVolumeClaim", true, claim},
      {storage + "storageclasses", "storage.k8s.io/v1", "StorageClass", false,
       R"("provisioner":"p")"},
      {storage + "csinodes", "storage.k8s.io/v1", "CSINode", false, R"("spec":{"drivers":[]})"},
      {storage + "csidrivers", "storage.k8s.io/v1", "CSIDriver", false, R"("spec":{})"},
      {storage + "csistoragecapacities", "storage.k8s.io/v1", "CSIStorageCapacity", true,
       R"("storageClassName":"s")"},
      {storage + "volumeattachments", "storage.k8s.io/v1", "VolumeAttachment", false,
       R"("spec":{"attacher":"a","nodeName":"n","source":{"persistentVolumeName":"v"}})"},
      {devices + "resourceclaims", "resource.k8s.io/v1", "ResourceClaim", true,
       R"("spec":{"devices":{}})"},
      {devices + "resourceslices", "resource.k8s.io/v1", "ResourceSlice", false,
       R"("spec":{"driver":"d","nodeName":"n","pool":{"name":"p","generation":1,)"
       R"("resourceSliceCount":1},"devices":[]})"},
      {devices + "deviceclasses", "resource.k8s.io/v1", "DeviceClass", false, R"("spec":{})"},
  };
  for (const Kind& kind : kinds) {
    client_.Put(kind.path,
                Object(kind.api_version, kind.kind, "one", kind.has_namespace, kind.rest));
  }
  Start();
  const api::ClusterObjects objects = watch_.Copy();
  EXPECT_EQ(objects.namespaces.size(), 1u);
  EXPECT_EQ(objects.services.size(), 1u);
  EXPECT_EQ(objects.replication_controllers.size(), 1u);
  ASSERT_EQ(objects.replica_sets.size(), 1u);
  EXPECT_TRUE(objects.replica_sets[0].selector.has_value());
  EXPECT_EQ(objects.stateful_sets.size(), 1u);
  EXPECT_EQ(objects.pod_disruption_budgets.size(), 1u);
  EXPECT_EQ(objects.storage.volumes.size(), 1u);
  EXPECT_EQ(objects.storage.claims.size(), 1u);
  EXPECT_EQ(objects.storage.classes.size(), 1u);
  EXPECT_EQ(objects.storage.csi_nodes.size(), 1u);
  EXPECT_EQ(objects.storage.csi_drivers.size(), 1u);
  EXPECT_EQ(objects.storage.csi_capacities.size(), 1u);
  EXPECT_EQ(objects.storage.attachments.size(), 1u);
  EXPECT_EQ(objects.resource_claims.size(), 1u);
  EXPECT_EQ(objects.resource_slices.size(), 1u);
  EXPECT_EQ(objects.device_classes.size(), 1u);
}

TEST_F(ClusterWatchTest, LeavesPodsOutWhoseNodeIsNotThere) {
  client_.Put("/api/v1/nodes", Node("a"));
  client_.Put("/api/v1/pods", Pod("stays", "a", "1") + "," + Pod("lost", "gone", "1"));
  Start();
  EXPECT_THAT(NamesOf(watch_.Copy().pods), ElementsAre("stays"));
  client_.Event("/api/v1/nodes", "ADDED", Node("gone"));
  TakeNews();
  EXPECT_THAT(NamesOf(watch_.Copy().pods), ElementsAre("lost", "stays"));
}

TEST_F(ClusterWatchTest, TellsEveryChangeByItsVersion) {
  Start();
  const std::uint64_t before = watch_.version();
  TakeNews();
  EXPECT_EQ(watch_.version(), before);
  client_.Event("/api/v1/namespaces", "ADDED", Object("v1", "Namespace", "n", false, ""));
  TakeNews();
  const std::uint64_t added = watch_.version();
  EXPECT_GT(added, before);
  client_.Event("/api/v1/namespaces", "DELETED", Object("v1", "Namespace", "n", false, ""));
  TakeNews();
  EXPECT_GT(watch_.version(), added);
  EXPECT_THAT(watch_.Copy().namespaces, IsEmpty());
}

}  // namespace
}  // namespace berth::live
