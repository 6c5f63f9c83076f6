// Every seed and every kept finding of the readers' fuzz targets.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/api_entries.h"
#include "tests/fuzz/cel_entries.h"
#include "tests/fuzz/extender_entries.h"
#include "tests/fuzz/kube_entries.h"
#include "tests/fuzz/serve_entries.h"
#include "tests/fuzz/webhook_entries.h"

namespace berth::fuzz {
namespace {

void RunCorpus(const std::string& name, void (*entry)(std::string_view)) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(BERTH_CORPUS_FOLDER "/" + name)) {
    files.push_back(file.path());
  }
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    SCOPED_TRACE(file.string());
    std::ifstream stream(file, std::ios::binary);
    entry(std::string(std::istreambuf_iterator<char>(stream), {}));
  }
}

TEST(FuzzCorpusTest, Json) { RunCorpus("json", TryJson); }
TEST(FuzzCorpusTest, Yaml) { RunCorpus("yaml", TryYaml); }
TEST(FuzzCorpusTest, Quantity) { RunCorpus("quantity", TryQuantity); }
TEST(FuzzCorpusTest, Selector) { RunCorpus("selector", TrySelector); }
TEST(FuzzCorpusTest, Cel) { RunCorpus("cel", TryCel); }
TEST(FuzzCorpusTest, Kubeconfig) { RunCorpus("kubeconfig", TryKubeconfig); }
TEST(FuzzCorpusTest, Http) { RunCorpus("http", TryHttpRequests); }
TEST(FuzzCorpusTest, Watch) { RunCorpus("watch", TryWatch); }
TEST(FuzzCorpusTest, Extender) { RunCorpus("extender", TryExtenderAnswers); }
TEST(FuzzCorpusTest, Webhook) { RunCorpus("webhook", TryWebhook); }

}  // namespace
}  // namespace berth::fuzz
