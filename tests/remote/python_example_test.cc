// The example of docs/plugins/grpc, run as its readers would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "scheduler/remote/remote_plugin.h"
#include "tests/remote/plugin_asker.h"
#include "tests/support/fake_clock.h"

namespace berth::remote {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr const char* kPrice = "example.com/price";

// The server as a process; its address is empty if it did not come up.
class PythonServer {
 public:
  PythonServer() {
    setenv("PYTHONPATH", BERTH_PYTHON_STUBS, 1);
    int ends[2];
    if (pipe(ends) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string program = BERTH_PYTHON_WITH_GRPC;
    std::string script = BERTH_PYTHON_EXAMPLE;
    char* arguments[] = {program.data(), script.data(), nullptr};
    if (posix_spawn(&child_, program.c_str(), &actions, nullptr, arguments, environ) != 0) {
      child_ = 0;
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    ReadAddress(ends[0]);
  }
  ~PythonServer() {
    if (child_ == 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  const std::string& address() const { return address_; }

 private:
  void ReadAddress(int descriptor) {
    FILE* output = fdopen(descriptor, "r");
    char line[256] = {};
    if (std::fgets(line, sizeof line, output) != nullptr) {
      const std::string text(line);
      const std::string words = "listening on ";
      if (text.starts_with(words))
        address_ = text.substr(words.size(), text.find('\n') - words.size());
    }
    std::fclose(output);
  }

  pid_t child_ = 0;
  std::string address_;
};

TEST(PythonExample, KeepsPodsFromDearNodesAndPrefersCheapOnes) {
  if (std::string(BERTH_PYTHON_WITH_GRPC).empty()) GTEST_SKIP() << "python3-grpcio is missing";
  const PythonServer server;
  ASSERT_NE(server.address(), "") << "the server did not come up";
  const support::FakeClock clock;
  const auto made = MakeRemotePlugin({.name = "Price",
                                      .address = server.address(),
                                      .timeout = std::chrono::seconds(20),
                                      .tls = {.insecure = true}},
                                     clock);
  ASSERT_TRUE(made) << made.error().message();
  cluster::Cluster cluster;
  cluster.AddNode(NodeBuilder("free").Build());
  cluster.AddNode(NodeBuilder("cheap").Label(kPrice, "25").Build());
  cluster.AddNode(NodeBuilder("fair").Label(kPrice, "50").Build());
  cluster.AddNode(NodeBuilder("dear").Label(kPrice, "90").Build());
  PluginAsker asker(**made, cluster);
  const auto pod = PodBuilder("pod").Label("example.com/max-price", "50").Build();
  Asked asked = asker.Ask(*pod);
  ASSERT_TRUE(asked.prefilter.ok()) << asked.prefilter.Message();
  EXPECT_THAT(asked.scores, ElementsAre(Pair("cheap", 50), Pair("fair", 0), Pair("free", 100)));
  EXPECT_THAT(asked.rejected,
              ElementsAre(Pair("dear",
                               "UnschedulableAndUnresolvable: node(s) were above the price "
                               "that the pod pays")));
  // Prices change, nodes go.
  cluster.UpdateNode(2, NodeBuilder("fair").Label(kPrice, "60").Build());
  cluster.RemoveNode(0);
  asked = asker.Ask(*pod);
  EXPECT_THAT(asked.passing, ElementsAre("cheap"));
}

}  // namespace
}  // namespace berth::remote
