// What a user sees at the command line: texts, streams and exit statuses.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/main/run_berth.h"

namespace berth::main {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHead =
    "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

// A file with this text, gone at the end of the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(fs::temp_directory_path() / ("berth_main_test_" + std::to_string(getpid()))) {
    std::ofstream(path_) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { fs::remove(path_); }

  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

TEST(CommandLine, SaysItsVersion) {
  const Outcome outcome = RunBerth({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.starts_with("berth 0.")) << outcome.out;
  EXPECT_EQ(outcome.err, "");
}

TEST(CommandLine, HelpsAtEveryLevel) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"-h"},
                                             {"config", "--help"},
                                             {"config", "print", "--help"},
                                             {"config", "validate", "--help"},
                                             {"simulate", "--help"}}) {
    const Outcome outcome = RunBerth(arguments);
    EXPECT_EQ(outcome.status, 0) << arguments[0];
    EXPECT_NE(outcome.out.find("Usage: berth"), std::string::npos) << outcome.out;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(CommandLine, SimulateHelpNamesEveryFlag) {
  const std::string help = RunBerth({"simulate", "--help"}).out;
  for (const char* flag :
       {"-f", "--format", "--config", "--feature-gates", "--percentage-of-nodes-to-score",
        "--tie-break", "--seed", "--preemption", "--decisions", "--detail", "--report",
        "--overwrite", "--output", "--threads", "--quiet", "auto|kubernetes|openb",
        "kube|first|round-robin|random", "apply|report|off", "table|json"}) {
    EXPECT_NE(help.find(flag), std::string::npos) << flag;
  }
}

struct Wrong {
  std::vector<std::string> arguments;
  const char* err;
};

TEST(CommandLine, RefusesWrongFlagsInOneLineWithAHint) {
  const std::vector<Wrong> cases = {
      {{}, "berth: A subcommand is required\nTry 'berth --help'.\n"},
      {{"config"}, "berth: A subcommand is required\nTry 'berth config --help'.\n"},
      {{"--bogus", "config", "print"},
       "berth: The following argument was not expected: --bogus\nTry 'berth config print "
       "--help'.\n"},
      {{"simulate"}, "berth: --filename is required\nTry 'berth simulate --help'.\n"},
      {{"simulate", "-f", "a", "--format", "xml"},
       "berth: --format: must be auto|kubernetes|openb, not \"xml\"\nTry 'berth simulate "
       "--help'.\n"},
      {{"simulate", "-f", "a", "--tie-break", "last"},
       "berth: --tie-break: must be kube|first|round-robin|random, not \"last\"\nTry 'berth "
       "simulate --help'.\n"},
      {{"simulate", "-f", "a", "--output", "xml"},
       "berth: --output: must be table|json, not \"xml\"\nTry 'berth simulate --help'.\n"},
      {{"simulate", "-f", "a", "--requeue-evicted"},
       "berth: --requeue-evicted: needs --preemption apply\nTry 'berth simulate --help'.\n"},
      {{"simulate", "-f", "a", "--arrivals", "late"},
       "berth: --arrivals: must be at-once|time, not \"late\"\nTry 'berth simulate --help'.\n"},
      {{"simulate", "-f", "a", "--departures", "recorded"},
       "berth: --departures: needs --arrivals time\nTry 'berth simulate --help'.\n"},
      {{"simulate", "-f", "a", "--threads", "-1"},
       "berth: --threads: must be an integer from 0 to 1024, not \"-1\"\nTry 'berth simulate "
       "--help'.\n"},
      {{"simulate", "-f", "a", "--percentage-of-nodes-to-score", "101"},
       "berth: --percentage-of-nodes-to-score: must be an integer from 0 to 100, not "
       "\"101\"\nTry 'berth simulate --help'.\n"},
      {{"simulate", "-f", "a", "--seed", "x"},
       "berth: --seed: must be an integer from 0 to 18446744073709551615, not \"x\"\nTry 'berth "
       "simulate --help'.\n"},
      {{"config", "validate"}, "berth: FILE is required\nTry 'berth config validate --help'.\n"},
  };
  for (const Wrong& wrong : cases) {
    const Outcome outcome = RunBerth(wrong.arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, wrong.err);
  }
}

TEST(ConfigCommand, PrintsTheDefaultConfiguration) {
  const Outcome outcome = RunBerth({"config", "print"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.starts_with(kHead)) << outcome.out;
  EXPECT_NE(outcome.out.find("schedulerName: default-scheduler\n"), std::string::npos);
}

TEST(ConfigCommand, PrintReadsBackItsOwnPrint) {
  const TemporaryFile file(std::string(kHead) + "parallelism: 3\n");
  const Outcome once = RunBerth({"config", "print", "--config", file.path()});
  EXPECT_EQ(once.status, 0);
  EXPECT_NE(once.out.find("parallelism: 3\n"), std::string::npos);
  const Outcome twice = RunBerth({"config", "print", "--config", "-"}, once.out);
  EXPECT_EQ(twice.status, 0);
  EXPECT_EQ(twice.out, once.out);
}

TEST(ConfigCommand, Validates) {
  const TemporaryFile good(kHead);
  const Outcome outcome = RunBerth({"config", "validate", good.path()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, good.path() + ": valid\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(ConfigCommand, RefusesABadFileWithOneLine) {
  const TemporaryFile bad(std::string(kHead) + "parallelism: 0\n");
  const std::string line = "berth: " + bad.path() +
                           ": parallelism: Invalid value: 0: should be an integer value greater "
                           "than zero\n";
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"config", "validate", bad.path()}, {"config", "print", "--config", bad.path()}}) {
    const Outcome outcome = RunBerth(arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, line);
  }
}

TEST(FeatureGatesFlag, GoesBeforeTheFile) {
  const TemporaryFile file(std::string(kHead) + "featureGates: {NodeDeclaredFeatures: true}\n");
  const Outcome outcome = RunBerth({"config", "print", "--config", file.path(), "--feature-gates",
                                    "NodeDeclaredFeatures=false"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("featureGates:\n  NodeDeclaredFeatures: false\n"), std::string::npos);
  EXPECT_EQ(outcome.out.find("- name: NodeDeclaredFeatures"), std::string::npos);
}

TEST(FeatureGatesFlag, RefusesWhatItCannotMeanInOneLine) {
  const Outcome unknown = RunBerth({"config", "print", "--feature-gates=Nonsense=true"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("--feature-gates: unrecognized feature gate: Nonsense\n"),
            std::string::npos)
      << unknown.err;
  const Outcome alone =
      RunBerth({"simulate", "-f", "-", "--quiet", "--feature-gates=GangScheduling=true"}, "");
  EXPECT_EQ(alone.status, 2);
  EXPECT_EQ(alone.err, "berth: feature gate GangScheduling needs GenericWorkload, which is off\n");
}

TEST(ConfigCommand, RefusesAnAbsentFile) {
  const Outcome outcome = RunBerth({"config", "validate", "/nonexistent/f.yaml"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "berth: /nonexistent/f.yaml: No such file or directory\n");
}

// ---- simulate ----

constexpr const char* kCluster = R"({"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
   "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}}},
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p1", "namespace": "default"},
   "spec": {"containers": [{"name": "c", "image": "i",
                            "resources": {"requests": {"cpu": "1"}}}]}}]})";

TEST(SimulateCommand, PlacesPodsFromStandardInput) {
  const Outcome outcome = RunBerth({"simulate", "-f", "-", "--quiet"}, kCluster);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(outcome.out.starts_with("1 of 1 pods placed, 0 unschedulable, 0 gated\n"))
      << outcome.out;
}

TEST(SimulateCommand, RefusesBadInputWithStatusTwo) {
  const Outcome absent = RunBerth({"simulate", "-f", "/nonexistent/cluster.json"});
  EXPECT_EQ(absent.status, 2);
  EXPECT_EQ(absent.out, "");
  EXPECT_NE(absent.err.find("/nonexistent/cluster.json"), std::string::npos) << absent.err;
  EXPECT_EQ(RunBerth({"simulate", "-f", "-"}, "{\"kind\":").status, 2);
}

TEST(SimulateCommand, FailsWithStatusOneWhereItCannotWrite) {
  const Outcome outcome =
      RunBerth({"simulate", "-f", "-", "--quiet", "--decisions", "/nonexistent/d.jsonl"}, kCluster);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "berth: /nonexistent/d.jsonl: No such file or directory\n");
}

TEST(SimulateCommand, WritesAPageIntoTheReport) {
  const fs::path directory = fs::temp_directory_path() / ("berth_page_" + std::to_string(getpid()));
  const Outcome outcome =
      RunBerth({"simulate", "-f", "-", "--report", directory.string(), "--quiet"}, kCluster);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::ifstream file(directory / "report.html");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find("\"default/p1\""), std::string::npos);
  fs::remove_all(directory);
}

TEST(SimulateCommand, FailsWithStatusOneWhereTheReportCannotBeWritten) {
  const TemporaryFile file("x");
  const std::string directory = file.path() + "/report";
  const Outcome outcome =
      RunBerth({"simulate", "-f", "-", "--report", directory, "--quiet"}, kCluster);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "berth: " + directory + ": Not a directory\n");
}

TEST(SimulateCommand, RefusesAReportFolderInUseBeforeReadingAnything) {
  const fs::path directory = fs::temp_directory_path();  // holds at least the file below
  const TemporaryFile file("x");
  const Outcome outcome =
      RunBerth({"simulate", "-f", "/nonexistent", "--report", directory.string(), "--quiet"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("--overwrite"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace berth::main
