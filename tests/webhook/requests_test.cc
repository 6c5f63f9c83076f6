#include "scheduler/webhook/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/api/padded_text.h"

namespace berth::webhook {
namespace {

using testing::ElementsAre;

using testing::IsEmpty;
using testing::StartsWith;

// Keeps the text that is read.
template <typename T>
class ReadText {
 public:
  template <typename Read>
  ReadText(std::string_view text, Read read) : text_(text), result_(read(text_.view(), parser_)) {}

  const T* operator->() const { return &*result_; }
  bool ok() const { return result_.has_value(); }
  std::string error() const { return ok() ? "" : result_.error().message(); }

 private:
  api::PaddedText text_;
  api::JsonParser parser_;
  base::Result<T> result_;
};

ReadText<ExtenderArgs> Args(std::string_view text) { return {text, ReadExtenderArgs}; }
ReadText<Names> NamesOf(std::string_view text) { return {text, ReadNames}; }
ReadText<ExtenderPreemptionArgs> Preemption(std::string_view text) {
  return {text, ReadPreemptionArgs};
}
ReadText<ExtenderBindingArgs> Binding(std::string_view text) { return {text, ReadBindingArgs}; }

TEST(ReadExtenderArgs, ReadsNames) {
  const auto args = Args(R"({"Pod":{"a":[1,{}]},"Nodes":null,"NodeNames":["a", "b"]})");
  ASSERT_TRUE(args.ok()) << args.error();
  EXPECT_EQ(args->pod, R"({"a":[1,{}]})");
  EXPECT_FALSE(args->nodes.has_value());
  EXPECT_EQ(args->node_names, R"(["a", "b"])");
}

TEST(ReadExtenderArgs, CutsNodesOut) {
  const auto args = Args(
      R"({"NodeNames":null,"Nodes":{"metadata":{},"items":[ {"metadata":{"name":"a"}} ,{"x":1}]},"Pod":{}})");
  ASSERT_TRUE(args.ok()) << args.error();
  EXPECT_FALSE(args->node_names.has_value());
  ASSERT_TRUE(args->nodes.has_value());
  EXPECT_THAT(*args->nodes, ElementsAre(R"({"metadata":{"name":"a"}})", R"({"x":1})"));
}

TEST(ReadExtenderArgs, TakesFieldsAsGoDoes) {
  const auto args = Args(R"({"unknown":{"deep":[null]},"pod":{"x":1},"NODENAMES":[],"POD":{}})");
  ASSERT_TRUE(args.ok()) << args.error();
  EXPECT_EQ(args->pod, "{}");  // the last of two
  EXPECT_EQ(args->node_names, "[]");
  const auto list = Args(R"({"Pod":{},"Nodes":{"Items":null}})");
  ASSERT_TRUE(list.ok()) << list.error();
  EXPECT_THAT(list->nodes.value(), IsEmpty());
}

TEST(ReadExtenderArgs, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(Args("[]").error(), "the request: must be an object, not an array");
  EXPECT_EQ(Args("{}").error(), "Pod: required");
  EXPECT_EQ(Args(R"({"Pod":null})").error(), "Pod: required");
  EXPECT_EQ(Args(R"({"Pod":"x"})").error(), "Pod: must be an object, not a string");
  EXPECT_EQ(Args(R"({"Pod":{},"NodeNames":{}})").error(),
            "NodeNames: must be an array, not an object");
  EXPECT_EQ(Args(R"({"Pod":{},"Nodes":[]})").error(), "Nodes: must be an object, not an array");
  EXPECT_EQ(Args(R"({"Pod":{},"Nodes":{"items":{}}})").error(),
            "Nodes.items: must be an array, not an object");
  EXPECT_EQ(Args(R"({"Pod":{},"Nodes":{"items":[{},3]}})").error(),
            "Nodes.items[1]: must be an object, not a number");
}

TEST(ReadExtenderArgs, RefusesWhatIsNotJson) {
  for (const std::string_view text :
       {"", " ", "x", "{", "{\"Pod\"", "{\"Pod\":{}", R"({"Pod":{},"NodeNames":["a)",
        R"({"Pod":{},"NodeNames":["a",)", R"({"Pod":{)", "\xff\xfe", R"({"Pod":nul})"}) {
    EXPECT_FALSE(Args(text).ok()) << text;
  }
  EXPECT_THAT(Args("{").error(), StartsWith("malformed JSON"));
}

TEST(ReadExtenderArgs, NoPrefixOfARequestIsOne) {
  const std::string text =
      R"({"Pod":{"metadata":{"name":"p"}},"Nodes":{"items":[{"metadata":{"name":"a"}}]},"NodeNames":["a","b"]})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto args = Args(text.substr(0, size));
    EXPECT_FALSE(args.ok()) << text.substr(0, size);
  }
}

TEST(ReadNames, ReadsPlainOnesAndEscapes) {
  EXPECT_THAT(NamesOf("[]")->all, IsEmpty());
  EXPECT_THAT(NamesOf("[ \"a\" ,\n\"b-1.c\"]")->all, ElementsAre("a", "b-1.c"));
  EXPECT_THAT(NamesOf(R"(["a\u0062","c"])")->all, ElementsAre("ab", "c"));
  EXPECT_THAT(NamesOf(R"(["",null])")->all, ElementsAre("", ""));
}

TEST(ReadNames, RefusesWhatIsNotText) {
  EXPECT_EQ(NamesOf(R"(["a",3])").error(), "NodeNames[1]: must be a string, not a number");
  EXPECT_FALSE(NamesOf(R"(["a",])").ok());
  EXPECT_FALSE(NamesOf(R"(["a" "b"])").ok());
  EXPECT_FALSE(NamesOf(R"(["a)").ok());
}

TEST(ReadPreemptionArgs, ReadsUidsOfBothForms) {
  const auto meta = Preemption(
      R"({"Pod":{},"NodeNameToVictims":{},"NodeNameToMetaVictims":{"b":{"Pods":[{"UID":"2"},null],"NumPDBViolations":1},"a":{"Pods":null,"NumPDBViolations":0}}})");
  ASSERT_TRUE(meta.ok()) << meta.error();
  ASSERT_EQ(meta->victims->size(), 2u);
  EXPECT_EQ((*meta->victims)[0].node, "a");
  EXPECT_THAT((*meta->victims)[0].uids, IsEmpty());
  EXPECT_EQ((*meta->victims)[1].node, "b");
  EXPECT_THAT((*meta->victims)[1].uids, ElementsAre("2"));
  EXPECT_EQ((*meta->victims)[1].budget_violations, 1);

  const auto whole = Preemption(
      R"({"Pod":{},"NodeNameToVictims":{"a":{"Pods":[{"metadata":{"name":"x","uid":"7"}}],"NumPDBViolations":2}},"NodeNameToMetaVictims":null})");
  ASSERT_TRUE(whole.ok()) << whole.error();
  EXPECT_THAT((*whole->victims)[0].uids, ElementsAre("7"));
  EXPECT_EQ((*whole->victims)[0].budget_violations, 2);

  EXPECT_FALSE(Preemption(R"({"Pod":{}})")->victims.has_value());
}

TEST(ReadPreemptionArgs, TakesTheLastOfTwoEntries) {
  const auto args = Preemption(
      R"({"Pod":{},"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"1"}]},"a":{"Pods":[{"UID":"2"}]}}})");
  ASSERT_EQ(args->victims->size(), 1u);
  EXPECT_THAT((*args->victims)[0].uids, ElementsAre("2"));
}

TEST(ReadPreemptionArgs, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(Preemption(R"({"NodeNameToMetaVictims":{}})").error(), "Pod: required");
  EXPECT_EQ(Preemption(R"({"Pod":{},"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":3}]}}})").error(),
            "NodeNameToMetaVictims[a].Pods[0].UID: must be a string, not a number");
  EXPECT_EQ(
      Preemption(R"({"Pod":{},"NodeNameToMetaVictims":{"a":{"NumPDBViolations":1.5}}})").error(),
      "NodeNameToMetaVictims[a].NumPDBViolations: must be an integer");
  EXPECT_EQ(
      Preemption(R"({"Pod":{},"NodeNameToVictims":{"a":{"Pods":[{"metadata":[]}]}}})").error(),
      "NodeNameToVictims[a].Pods[0].metadata: must be an object, not an array");
}

TEST(ReadBindingArgs, ReadsAllFields) {
  const auto args =
      Binding(R"({"podName":"p","PodNamespace":"n","PodUID":"u","Node":"a","Other":1})");
  ASSERT_TRUE(args.ok()) << args.error();
  EXPECT_EQ(args->pod_name, "p");
  EXPECT_EQ(args->pod_namespace, "n");
  EXPECT_EQ(args->pod_uid, "u");
  EXPECT_EQ(args->node, "a");
  EXPECT_EQ(Binding(R"({"Node":["a"]})").error(), "Node: must be a string, not an array");
}

}  // namespace
}  // namespace berth::webhook
