// berth explain as a user meets it.
#include <gtest/gtest.h>

#include <string>

#include "tests/main/run_berth.h"

namespace berth::main {
namespace {

constexpr const char* kCluster = R"({"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
   "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}}},
  {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n2"},
   "spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
   "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}}},
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "big", "namespace": "shop"},
   "spec": {"containers": [{"name": "c", "image": "i",
                            "resources": {"requests": {"cpu": "3"}}}]}},
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "runs", "namespace": "shop"},
   "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]}},
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "foreign", "namespace": "shop"},
   "spec": {"schedulerName": "mine", "containers": [{"name": "c", "image": "i"}]}},
  {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
   "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                         "spec": {"containers": [{"name": "c", "image": "i"}]}}}}]})";

Outcome Explain(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"explain", "-f", "-"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunBerth(std::move(arguments), kCluster);
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ExplainCommand, SaysWhyAPodFitsNowhere) {
  const Outcome outcome = Explain({"--pod", "shop/big"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(outcome.out.starts_with("Pod shop/big: pending")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out,
                  "Fits nowhere: 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) "
                  "had untolerated taint(s)."))
      << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "cpu: 3 requested, 2 free: 1 missing")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "untolerated taint {gpu=yes:NoSchedule}")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "\nPreemption\n")) << outcome.out;
}

TEST(ExplainCommand, ExplainsARunningPod) {
  const Outcome outcome = Explain({"--pod", "shop/runs", "--output", "json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.out, "\"state\": \"running\"")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "\"current\": {")) << outcome.out;
  EXPECT_EQ(Explain({"--pod", "shop/runs", "--output", "json"}).out, outcome.out);
}

TEST(ExplainCommand, ShowsEveryFilterOnANode) {
  const Outcome outcome = Explain({"--pod", "shop/big", "--node", "n2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.out, "\nNode n2: does not fit\n")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "Insufficient cpu")) << outcome.out;
  EXPECT_TRUE(Has(outcome.out, "Scores, if it were feasible\n")) << outcome.out;
}

TEST(ExplainCommand, ExplainsAPodOfAWorkload) {
  const Outcome missing = Explain({"--pod", "shop/web"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.out, "");
  const std::string start = "berth: there is no pod shop/web; in its namespace there are ";
  ASSERT_TRUE(missing.err.starts_with(start)) << missing.err;
  const std::string name = missing.err.substr(start.size(), missing.err.find(',') - start.size());
  const Outcome found = Explain({"--pod", "shop/" + name});
  EXPECT_EQ(found.status, 0) << found.err;
  EXPECT_TRUE(Has(found.out, "Goes to n1\n")) << found.out;
}

struct Wrong {
  std::vector<std::string> arguments;
  std::string err;
};

TEST(ExplainCommand, RefusesWhatItCannotExplain) {
  const std::vector<Wrong> cases = {
      {{"--pod", "shop/none"}, "berth: there is no pod shop/none\n"},
      {{"--pod", "else/none"},
       "berth: there is no pod else/none, nor any other in its namespace\n"},
      {{"--pod", "shop/foreign"},
       "berth: pod shop/foreign is for the scheduler \"mine\", which is no profile of the "
       "configuration\n"},
      {{"--pod", "shop/big", "--node", "n9"}, "berth: there is no node \"n9\"\n"},
      {{"--pod", "big"},
       "berth: --pod: must be NAMESPACE/NAME, not \"big\"\nTry 'berth explain --help'.\n"},
      {{"--pod", "shop/big", "--output", "yaml"},
       "berth: --output: must be table|json, not \"yaml\"\nTry 'berth explain --help'.\n"},
      {{"--pod", "shop/big", "--top", "x"},
       "berth: --top: must be an integer from 0 to 1000000, not \"x\"\nTry 'berth explain "
       "--help'.\n"},
      {{}, "berth: --pod is required\nTry 'berth explain --help'.\n"},
  };
  for (const Wrong& wrong : cases) {
    const Outcome outcome = Explain(wrong.arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, wrong.err);
  }
}

TEST(ExplainCommand, RefusesBadInput) {
  EXPECT_EQ(RunBerth({"explain", "-f", "-", "--pod", "a/b"}, "{\"kind\":").status, 2);
  const Outcome absent = RunBerth({"explain", "-f", "/nonexistent/c.json", "--pod", "a/b"});
  EXPECT_EQ(absent.status, 2);
  EXPECT_TRUE(Has(absent.err, "/nonexistent/c.json")) << absent.err;
  EXPECT_EQ(Explain({"--pod", "shop/big", "--config", "/nonexistent/c.yaml"}).status, 2);
}

TEST(ExplainCommand, HelpNamesEveryFlag) {
  const std::string help = RunBerth({"explain", "--help"}).out;
  for (const char* flag : {"--filename", "--format", "--pod", "--node", "--top", "--output",
                           "--config", "--percentage-of-nodes-to-score", "--tie-break", "--seed",
                           "--threads", "table|json", "NAMESPACE/NAME"}) {
    EXPECT_TRUE(Has(help, flag)) << flag;
  }
}

}  // namespace
}  // namespace berth::main
