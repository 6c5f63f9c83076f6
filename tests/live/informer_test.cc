// Lists and events as text, and what becomes of them.
#include "scheduler/live/informer.h"

#include <gmock/gmock.h>

namespace berth::live {
namespace {

using kube::WatchEventType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Node(const std::string& name, const std::string& version = "1") {
  return R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name +
         R"(","resourceVersion":")" + version + R"("}})";
}
std::string List(const std::string& items) {
  return R"({"kind":"NodeList","apiVersion":"v1","metadata":{},"items":[)" + items + "]}";
}

class InformerTest : public ::testing::Test {
 protected:
  InformerTest()
      : informer_(
            inbox_, store_, specs_,
            [this](const ObjectVersions<api::Node>& change) {
              const char* kind = change.before == nullptr  ? "+"
                                 : change.after == nullptr ? "-"
                                                           : "~";
              const auto& node = change.after != nullptr ? change.after : change.before;
              changes_.push_back(kind + node->meta.name + "@" + node->meta.resource_version);
            },
            [this] { ++synced_; }) {}

  void ListPages(const std::vector<std::string>& pages) {
    informer_.OnListBegin();
    for (const std::string& page : pages) informer_.OnListPage(List(page));
    informer_.OnListEnd("1");
    inbox_.Run();
  }
  std::vector<std::string> TakeChanges() { return std::exchange(changes_, {}); }

  Inbox inbox_;
  ObjectStore<api::Node> store_;
  api::PodSpecTable specs_;
  std::vector<std::string> changes_;
  int synced_ = 0;
  Informer<api::Node> informer_;
};

TEST_F(InformerTest, TakesPages) {
  ListPages({Node("a") + "," + Node("b"), Node("c")});
  EXPECT_THAT(changes_, ElementsAre("+a@1", "+b@1", "+c@1"));
  EXPECT_EQ(synced_, 1);
  EXPECT_EQ(store_.size(), 3);
}

TEST_F(InformerTest, ChangesNothingOnTheThreadOfTheClient) {
  informer_.OnListBegin();
  informer_.OnListPage(List(Node("a")));
  informer_.OnListEnd("1");
  EXPECT_THAT(changes_, IsEmpty());
  EXPECT_EQ(store_.size(), 0);
  inbox_.Run();
  EXPECT_THAT(changes_, ElementsAre("+a@1"));
}

TEST_F(InformerTest, DropsWhatANewListDoesNotHave) {
  ListPages({Node("a") + "," + Node("b")});
  TakeChanges();
  ListPages({Node("b", "2") + "," + Node("c")});
  EXPECT_THAT(changes_, ElementsAre("~b@2", "+c@1", "-a@1"));
  EXPECT_EQ(synced_, 2);
}

TEST_F(InformerTest, TakesNothingAwayForAListThatHasToBeginAnew) {
  ListPages({Node("a")});
  TakeChanges();
  informer_.OnListBegin();
  informer_.OnListPage(List(Node("b")));
  ListPages({Node("a") + "," + Node("c")});
  EXPECT_EQ(store_.Find("b"), nullptr) << "it was in the list that broke off only";
  EXPECT_NE(store_.Find("a"), nullptr);
}

// A list tells of many objects that have not changed.
TEST_F(InformerTest, PassesOverVersionsThatAreKnown) {
  ListPages({Node("a") + "," + Node("b")});
  TakeChanges();
  ListPages({Node("a") + "," + Node("b", "2")});
  EXPECT_THAT(changes_, ElementsAre("~b@2"));
}

TEST_F(InformerTest, TakesEvents) {
  informer_.OnEvent(WatchEventType::kAdded, Node("a"));
  informer_.OnEvent(WatchEventType::kModified, Node("a", "2"));
  informer_.OnEvent(WatchEventType::kDeleted, Node("a", "3"));
  informer_.OnEvent(WatchEventType::kDeleted, Node("unknown"));
  inbox_.Run();
  EXPECT_THAT(changes_, ElementsAre("+a@1", "~a@2", "-a@2"));
}

TEST_F(InformerTest, PassesOverObjectsThatCannotBeRead) {
  ListPages({R"({"metadata":{"name":7}},)" + Node("b")});
  informer_.OnEvent(WatchEventType::kAdded, "no object");
  informer_.OnEvent(WatchEventType::kAdded, R"({"kind":"Node","apiVersion":"v1","metadata":[]})");
  informer_.OnEvent(WatchEventType::kAdded, Node("c"));
  inbox_.Run();
  EXPECT_THAT(changes_, ElementsAre("+b@1", "+c@1"));
}

TEST_F(InformerTest, PassesOverAPageThatIsNoList) {
  informer_.OnListBegin();
  informer_.OnListPage("nonsense");
  informer_.OnListPage(List(Node("a")));
  informer_.OnListEnd("1");
  inbox_.Run();
  EXPECT_THAT(changes_, ElementsAre("+a@1"));
}

TEST(ObjectStore, FindsByNamespaceAndName) {
  ObjectStore<api::Node> store;
  auto node = std::make_shared<api::Node>();
  node->meta.name = "n";
  node->meta.namespace_name = "x";
  EXPECT_EQ(store.Set(node).before, nullptr);
  EXPECT_EQ(store.Set(node).before, node);
  EXPECT_EQ(store.Find("x/n"), node);
  EXPECT_EQ(store.Find("n"), nullptr);
  EXPECT_EQ(store.Remove("x/n").before, node);
  EXPECT_EQ(store.Remove("x/n").before, nullptr);
}

}  // namespace
}  // namespace berth::live
