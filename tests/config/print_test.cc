// The printed configuration reads back to itself.
#include "scheduler/config/print.h"

#include "tests/config/support.h"

namespace berth::config {
namespace {

std::string Printed(const std::string& body) { return Print(Loaded(body)); }

void ExpectReadsBack(const std::string& body) {
  const std::string printed = Printed(body);
  const auto again = LoadText(printed, "printed");
  ASSERT_TRUE(again.has_value()) << again.error().message() << "\n" << printed;
  EXPECT_EQ(Print(*again), printed);
}

TEST(Print, BeginsWithTheScalarsInTheOrderOfTheFile) {
  const std::string head = R"(apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
parallelism: 16
leaderElection:
  leaderElect: true
  leaseDuration: 15s
  renewDeadline: 10s
  retryPeriod: 2s
  resourceLock: leases
  resourceName: kube-scheduler
  resourceNamespace: kube-system
clientConnection:
  kubeconfig: ""
  acceptContentTypes: ""
  contentType: application/vnd.kubernetes.protobuf
  qps: 50
  burst: 100
enableProfiling: true
enableContentionProfiling: true
# percentageOfNodesToScore is unset: every node is scored.
podInitialBackoffSeconds: 1
podMaxBackoffSeconds: 10
delayCacheUntilActive: false
profiles:
  - schedulerName: default-scheduler
)";
  EXPECT_EQ(Print(DefaultConfiguration()).substr(0, head.size()), head);
}

TEST(Print, NamesWhatRuns) {
  const std::string printed = Print(DefaultConfiguration());
  EXPECT_NE(printed.find("#   bind: DefaultBinder\n"), std::string::npos);
  EXPECT_NE(printed.find("#   score: TaintToleration 3, NodeAffinity 2, NodeResourcesFit 1, "),
            std::string::npos);
}

TEST(Print, WritesTheArgumentsOfEveryPluginThatTakesAny) {
  const std::string printed = Print(DefaultConfiguration());
  EXPECT_NE(printed.find(R"(      - name: NodeResourcesFit
        args:
          apiVersion: kubescheduler.config.k8s.io/v1
          kind: NodeResourcesFitArgs
          scoringStrategy:
            type: LeastAllocated
            resources:
              - name: cpu
                weight: 1
              - name: memory
                weight: 1
)"),
            std::string::npos)
      << printed;
}

TEST(Print, ReadsBack) {
  ExpectReadsBack("");
  ExpectReadsBack("parallelism: 2\npercentageOfNodesToScore: 0\nenableProfiling: false\n");
  ExpectReadsBack("clientConnection: {qps: 0.1, burst: 7, kubeconfig: \"a b: #\\\"\\n\"}\n");
  ExpectReadsBack("leaderElection: {leaseDuration: 1h1.5s, retryPeriod: 3us}\n");
}

TEST(Print, ReadsBackWithProfiles) {
  ExpectReadsBack(R"(
profiles:
- schedulerName: "true"
  percentageOfNodesToScore: 40
  plugins:
    multiPoint:
      disabled: [{name: NodeName}, {name: VolumeZone}]
      enabled: [{name: NodeName}, {name: ImageLocality, weight: 9}]
    score: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit, weight: 3}]}
- schedulerName: "12"
  plugins:
    multiPoint: {disabled: [{name: "*"}], enabled: [{name: DefaultBinder}, {name: PrioritySort}]}
    filter: {enabled: [{name: NodePorts}]}
)");
}

TEST(Print, ReadsBackWithArguments) {
  ExpectReadsBack(R"(
profiles:
- pluginConfig:
  - name: NodeName
  - name: NodeResourcesFit
    args:
      ignoredResources: [example.com/a]
      ignoredResourceGroups: [example.org]
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 3}]
        requestedToCapacityRatio: {shape: [{utilization: 0}, {utilization: 70, score: 10}]}
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - {}
          - matchExpressions: [{key: gen, operator: Gt, values: ["6"]}, {key: b, operator: Exists}]
            matchFields: [{key: metadata.name, operator: In, values: [n1]}]
        preferredDuringSchedulingIgnoredDuringExecution:
        - {weight: 3, preference: {}}
        - {weight: 4, preference: {matchFields: [{key: metadata.name, operator: In, values: [n1]}]}}
  - name: VolumeBinding
    args: {bindTimeoutSeconds: 5}
  - name: DynamicResources
    args: {filterTimeout: 1m30s, bindingTimeout: 1.5s}
  - name: DefaultPreemption
    args: {minCandidateNodesPercentage: 7, minCandidateNodesAbsolute: 0}
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints:
      - {maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, minDomains: 2,
         nodeAffinityPolicy: Ignore, nodeTaintsPolicy: Honor, matchLabelKeys: [x]}
)");
  ExpectReadsBack("profiles: [{pluginConfig: [{name: NodeAffinity, args: {addedAffinity: {}}}]}]");
}

TEST(Print, ReadsBackWithExtenders) {
  ExpectReadsBack(R"(
extenders:
- urlPrefix: http://localhost:80/x
  filterVerb: f
  preemptVerb: e
  prioritizeVerb: p
  bindVerb: b
  weight: 2
  tlsConfig: {insecure: true, serverName: s, certFile: c, keyFile: k, caFile: a, certData: AQID,
              keyData: AQI=, caData: AQ==}
  managedResources: [{name: a.b/c, ignoredByScheduler: true}]
- urlPrefix: ""
  tlsConfig: {}
)");
}

}  // namespace
}  // namespace berth::config
