// What is remembered of requests: nodes, pods and lists of names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/api/padded_text.h"
#include "scheduler/webhook/node_memory.h"
#include "scheduler/webhook/pod_memory.h"
#include "tests/webhook/extender.h"

namespace berth::webhook {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// Texts that live as long as this.
class Texts {
 public:
  explicit Texts(const std::vector<Json>& objects) {
    for (const Json& object : objects) texts_.emplace_back(object.dump());
    for (const auto& text : texts_) views_.push_back(text.view());
  }
  const std::vector<std::string_view>& views() const { return views_; }

 private:
  std::vector<api::PaddedText> texts_;
  std::vector<std::string_view> views_;
};

TEST(NodeMemory, DecodesOnlyWhatHasChanged) {
  const auto executor = base::MakeExecutor(2);
  NodeMemory memory(*executor);
  const auto first = memory.Get(Texts({NodeJson("a"), NodeJson("b")}).views());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ((*first)[0]->meta.name, "a");
  EXPECT_EQ(memory.decoded(), 2u);
  const auto second =
      memory.Get(Texts({NodeJson("b"), NodeJson("a", {.cpu = "8"}), NodeJson("c")}).views());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ((*second)[0], (*first)[1]);
  EXPECT_NE((*second)[1], (*first)[0]);
  EXPECT_EQ(memory.decoded(), 4u);
}

TEST(NodeMemory, ForgetsWhatDoesNotComeAgain) {
  const auto executor = base::MakeExecutor(1);
  const std::size_t size = NodeJson("a").dump().size();
  NodeMemory memory(*executor, 8 * size);  // a generation holds four
  const auto get = [&](const std::string& name) {
    return memory.Get(Texts(std::vector<Json>{NodeJson(name)}).views())->front();
  };
  const auto kept = get("a");
  const std::weak_ptr<const api::Node> lost = get("b");
  for (char name = 'c'; name <= 'z'; ++name) {
    get(std::string(1, name));
    EXPECT_EQ(get("a"), kept);
  }
  EXPECT_TRUE(lost.expired());
}

TEST(NodeMemory, SaysWhichNodeCannotBeRead) {
  const auto executor = base::MakeExecutor(2);
  NodeMemory memory(*executor);
  Json bad = NodeJson("bad");
  bad["status"]["allocatable"]["cpu"] = "many";
  const auto read = memory.Get(Texts({NodeJson("a"), bad}).views());
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message(), StartsWith("Nodes.items[1]: "));
  EXPECT_THAT(read.error().message(), testing::HasSubstr("status.allocatable[cpu]"));
}

TEST(PodMemory, GivesTheSamePodForTheSameBytes) {
  PodMemory memory;
  const Texts texts({PodJson("p"), PodJson("q"), Json::object()});
  const auto first = memory.Get(texts.views()[0]);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ((*first)->meta.name, "p");
  EXPECT_EQ(*memory.Get(texts.views()[0]), *first);
  const auto other = memory.Get(texts.views()[1]);
  EXPECT_EQ((*other)->meta.name, "q");
  EXPECT_EQ((*other)->spec, (*first)->spec);  // one object for equal specifications
  EXPECT_FALSE(memory.Get(texts.views()[2]).has_value());
}

TEST(NameLists, KnowsAListAgain) {
  NameLists lists;
  api::JsonParser parser;
  const auto get = [&](std::string_view text) {
    return *lists.Get(api::PaddedText(text).view(), parser);
  };
  const auto first = get(R"(["a","b"])");
  EXPECT_THAT(first->names.all, ElementsAre("a", "b"));
  EXPECT_EQ(get(R"(["a","b"])"), first);
  EXPECT_NE(get(R"(["b","a"])"), first);
  for (int i = 0; i < 20; ++i) {
    get("[\"" + std::to_string(i) + "\"]");
    EXPECT_EQ(get(R"(["a","b"])"), first);  // what is used stays
  }
}

TEST(NameLists, KeepsNoneThatCannotBeRead) {
  NameLists lists;
  api::JsonParser parser;
  const api::PaddedText text("[3]");
  EXPECT_FALSE(lists.Get(text.view(), parser).has_value());
  EXPECT_FALSE(lists.Get(text.view(), parser).has_value());
}

}  // namespace
}  // namespace berth::webhook
