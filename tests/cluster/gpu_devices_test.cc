// Which pod has which GPU, as pods and nodes come, change and go.
#include "scheduler/cluster/gpu_devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <vector>

#include "scheduler/api/gpu_names.h"
#include "scheduler/base/random.h"
#include "scheduler/cluster/cluster.h"
#include "tests/support/builders.h"
#include "tests/support/seed.h"

namespace berth::cluster {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;

std::string Request(const api::StringMap& annotations) {
  const auto request = GpuRequestOf(annotations);
  if (!request) return "none";
  if (request->malformed) return "malformed";
  return std::to_string(request->devices) + " x " + std::to_string(request->milli);
}

TEST(GpuRequest, ComesFromAnnotations) {
  const std::string count(api::kGpuCountAnnotation);
  const std::string milli(api::kGpuMilliAnnotation);
  EXPECT_EQ(Request({}), "none");
  EXPECT_EQ(Request({{"other", "1"}}), "none");
  EXPECT_EQ(Request({{count, "2"}}), "2 x 1000");
  EXPECT_EQ(Request({{milli, "460"}}), "1 x 460");
  EXPECT_EQ(Request({{count, "0"}, {milli, "0"}}), "0 x 0");
  EXPECT_EQ(Request({{count, "8"}, {milli, "1000"}}), "8 x 1000");
  EXPECT_EQ(Request({{count, "2"}, {milli, "500"}}), "malformed");
  for (const std::string bad : {"", "x", "-1", "1.5", "99999", " 1"}) {
    EXPECT_EQ(Request({{count, bad}}), "malformed") << bad;
    EXPECT_EQ(Request({{milli, bad}}), "malformed") << bad;
  }
}

TEST(GpuRequest, ComesFromResources) {
  ResourceNames names;
  const auto request = [&](std::initializer_list<std::pair<std::string, std::string>> amounts) {
    return GpuRequestOf(ToVector(support::Resources(amounts), names), names);
  };
  EXPECT_EQ(request({{"cpu", "8"}}), GpuRequest{});
  EXPECT_EQ(request({{"nvidia.com/gpu", "4"}}), (GpuRequest{4, 1000}));
  EXPECT_EQ(request({{"nvidia.com/gpu", "1"}, {"alibabacloud.com/gpu-milli", "1000"}}),
            (GpuRequest{1, 1000}));
  EXPECT_EQ(request({{"alibabacloud.com/gpu-milli", "300"}}), (GpuRequest{1, 300}));
  EXPECT_EQ(request({{"alibabacloud.com/gpu-milli", "1500"}}), (GpuRequest{2, 1000}));
}

TEST(GpuIndex, IsReadAsItIsWritten) {
  EXPECT_EQ(FormatGpuIndex(0b101001), "0-3-5");
  EXPECT_EQ(ParseGpuIndex("0-3-5"), GpuMask{0b101001});
  EXPECT_EQ(ParseGpuIndex("63"), GpuMask{1} << 63);
  for (const std::string bad : {"", "-", "0-", "64", "1-1", "a", "0,1"}) {
    EXPECT_EQ(ParseGpuIndex(bad), std::nullopt) << bad;
  }
}

NodeBuilder Box(const std::string& name, int gpus) {
  return NodeBuilder(name).Allocatable(
      {{"cpu", "96"}, {"pods", "100"}, {"nvidia.com/gpu", std::to_string(gpus)}});
}

PodBuilder GpuPod(const std::string& name, int count, int milli, const std::string& index = "") {
  PodBuilder pod(name);
  pod.pod().meta.annotations[api::kGpuCountAnnotation] = std::to_string(count);
  pod.pod().meta.annotations[api::kGpuMilliAnnotation] = std::to_string(milli);
  if (!index.empty()) pod.pod().meta.annotations[api::kGpuIndexAnnotation] = index;
  return pod;
}

class GpuDevicesTest : public ::testing::Test {
 protected:
  GpuDevicesTest() { row_ = cluster_.AddNode(Box("n", 4).Build()); }

  PodIndex Place(const PodBuilder& pod) { return cluster_.AddPod(pod.Build(), row_); }
  std::string IndexOf(PodIndex pod) { return FormatGpuIndex(cluster_.gpus.DevicesOf(pod)); }
  std::vector<std::int32_t> Free() {
    const auto free = cluster_.gpus.FreeOn(row_);
    return {free.begin(), free.end()};
  }

  Cluster cluster_;
  NodeIndex row_ = 0;
};

TEST_F(GpuDevicesTest, AShareGetsTheTightestGpuThatFits) {
  Place(GpuPod("a", 1, 300, "0"));
  Place(GpuPod("b", 1, 600, "2"));
  EXPECT_EQ(IndexOf(Place(GpuPod("c", 1, 400))), "2");
  EXPECT_EQ(IndexOf(Place(GpuPod("d", 1, 500))), "0");
  EXPECT_THAT(Free(), ElementsAre(200, 1000, 0, 1000));
  EXPECT_EQ(cluster_.gpus.largest_free()[row_], 1000);
  EXPECT_EQ(cluster_.gpus.whole_free()[row_], 2);
  EXPECT_EQ(cluster_.gpus.total_free()[row_], 2200);
}

TEST_F(GpuDevicesTest, AChoiceGoesBeforeTheAnnotationAndCountsOnce) {
  cluster_.gpus.Choose("default/a", row_, 0b1000);
  EXPECT_EQ(IndexOf(Place(GpuPod("a", 1, 300, "1"))), "3");
  EXPECT_EQ(IndexOf(Place(GpuPod("a", 1, 300, "1"))), "1");
  cluster_.gpus.Choose("default/b", row_, 0b1000);
  cluster_.gpus.DropChoice("default/b");
  EXPECT_EQ(IndexOf(Place(GpuPod("b", 1, 300, "2"))), "2");
}

TEST_F(GpuDevicesTest, AnImpossibleAnnotationIsPassedOver) {
  EXPECT_EQ(IndexOf(Place(GpuPod("a", 2, 1000, "0"))), "0-1");
  EXPECT_EQ(IndexOf(Place(GpuPod("b", 1, 300, "7"))), "2");
  EXPECT_EQ(IndexOf(Place(GpuPod("c", 1, 300, "nonsense"))), "2");
}

TEST_F(GpuDevicesTest, WhatDoesNotFitTakesWhatThereIs) {
  Place(GpuPod("a", 4, 1000));
  const PodIndex over = Place(GpuPod("b", 8, 1000));
  EXPECT_EQ(IndexOf(over), "0-1-2-3");
  EXPECT_THAT(Free(), ElementsAre(-1000, -1000, -1000, -1000));
  EXPECT_EQ(cluster_.gpus.total_free()[row_], 0);
  cluster_.RemovePod(over);
  EXPECT_THAT(Free(), ElementsAre(0, 0, 0, 0));
}

TEST_F(GpuDevicesTest, ASuspendedPodKeepsItsGpus) {
  const PodIndex pod = Place(GpuPod("a", 1, 300, "2"));
  cluster_.Suspend(pod);
  EXPECT_THAT(Free(), ElementsAre(1000, 1000, 1000, 1000));
  EXPECT_EQ(cluster_.gpus.PodsOn(row_), 0u);
  cluster_.Resume(pod);
  EXPECT_THAT(Free(), ElementsAre(1000, 1000, 700, 1000));
  EXPECT_EQ(cluster_.gpus.PodsOn(row_, ClassOf(GpuRequest{1, 300})), 1u);
}

TEST_F(GpuDevicesTest, PodsFollowTheGpusOfAChangedNode) {
  Place(GpuPod("a", 1, 300, "1"));
  const PodIndex last = Place(GpuPod("b", 1, 1000, "3"));
  cluster_.UpdateNode(row_, Box("n", 2).Build());
  EXPECT_THAT(Free(), ElementsAre(0, 700));
  EXPECT_EQ(IndexOf(last), "0");
  cluster_.UpdateNode(row_, Box("n", 3).Label("nvidia.com/gpu.product", "T4").Build());
  EXPECT_THAT(Free(), ElementsAre(0, 700, 1000));
  EXPECT_EQ(cluster_.symbols.Text(cluster_.gpus.ModelOn(row_)), "T4");
}

TEST_F(GpuDevicesTest, OnlyPodsWithGpusAreLogged) {
  const auto begin = cluster_.log.end();
  Place(PodBuilder("plain"));
  EXPECT_FALSE(cluster_.log.AnySince(begin, kGpuChange));
  Place(GpuPod("a", 1, 300));
  EXPECT_TRUE(cluster_.log.AnySince(begin, kGpuChange));
}

TEST_F(GpuDevicesTest, PodsOfOneSpecificationAreToldApartByTheirRequests) {
  const auto plain = PodBuilder("a").Build();
  api::Pod share = *GpuPod("b", 1, 300).Build();
  share.spec = plain->spec;
  api::Pod other = *GpuPod("c", 1, 400).Build();
  other.spec = plain->spec;
  api::Pod placed = *GpuPod("d", 1, 300, "2").Build();
  placed.spec = plain->spec;
  auto& classes = cluster_.classes;
  EXPECT_NE(classes.ClassOfPending(*plain).id, classes.ClassOfPending(share).id);
  EXPECT_NE(classes.ClassOfPending(share).id, classes.ClassOfPending(other).id);
  EXPECT_EQ(classes.ClassOfPending(share).id, classes.ClassOfPending(placed).id);
}

// A few nodes and pods as plainly as can be.
struct PlainPod {
  NodeIndex row;
  GpuRequest request;
  GpuMask devices;
  bool suspended;
};

class GpuDevicesPropertyTest : public support::RandomTest {};

TEST_F(GpuDevicesPropertyTest, EverythingAddsUpWhateverHappens) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  Cluster cluster;
  std::vector<NodeIndex> rows;
  for (int i = 0; i < 5; ++i) {
    rows.push_back(
        cluster.AddNode(Box("n" + std::to_string(i), static_cast<int>(random.Below(9))).Build()));
  }
  std::map<PodIndex, PlainPod> pods;
  const auto check = [&] {
    for (const NodeIndex row : rows) {
      const auto free = cluster.gpus.FreeOn(row);
      std::vector<std::int64_t> plain(free.size(), kMilliPerGpu);
      std::uint32_t count = 0;
      for (const auto& [index, pod] : pods) {
        if (pod.row != row || pod.suspended) continue;
        ++count;
        for (std::size_t i = 0; i < plain.size(); ++i) {
          if ((pod.devices >> i & 1) != 0) plain[i] -= pod.request.milli;
        }
      }
      std::int64_t largest = 0;
      std::int64_t whole = 0;
      std::int64_t total = 0;
      for (std::size_t i = 0; i < plain.size(); ++i) {
        ASSERT_EQ(free[i], plain[i]) << "GPU " << i;
        largest = std::max(largest, plain[i]);
        whole += plain[i] == kMilliPerGpu ? 1 : 0;
        total += std::max<std::int64_t>(plain[i], 0);
      }
      ASSERT_EQ(cluster.gpus.largest_free()[row], largest);
      ASSERT_EQ(cluster.gpus.whole_free()[row], whole);
      ASSERT_EQ(cluster.gpus.total_free()[row], total);
      ASSERT_EQ(cluster.gpus.PodsOn(row), count);
    }
  };
  for (int step = 0; step < 2000; ++step) {
    const NodeIndex row = rows[random.Below(rows.size())];
    auto chosen = pods.begin();
    if (!pods.empty()) std::advance(chosen, static_cast<int>(random.Below(pods.size())));
    switch (random.Below(5)) {
      case 0:
      case 1: {
        const int count = static_cast<int>(1 + random.Below(4));
        const int milli = count > 1 ? 1000 : static_cast<int>(1 + random.Below(1000));
        const auto pod = GpuPod("p" + std::to_string(step), count, milli).Build();
        const PodIndex index = cluster.AddPod(pod, row);
        const GpuMask devices = cluster.gpus.DevicesOf(index);
        pods[index] = {row, *GpuRequestOf(pod->meta.annotations), devices, false};
        ASSERT_EQ(std::popcount(devices), std::min<std::int64_t>(count, cluster.gpus.count()[row]));
        break;
      }
      case 2:
        if (pods.empty()) break;
        if (chosen->second.suspended) cluster.Resume(chosen->first);
        cluster.RemovePod(chosen->first);
        pods.erase(chosen);
        break;
      case 3:
        if (pods.empty()) break;
        chosen->second.suspended ? cluster.Resume(chosen->first) : cluster.Suspend(chosen->first);
        chosen->second.suspended = !chosen->second.suspended;
        break;
      case 4: {
        const bool any_suspended = std::ranges::any_of(
            pods, [&](const auto& pod) { return pod.second.row == row && pod.second.suspended; });
        if (any_suspended) break;  // nothing else may happen to those
        cluster.UpdateNode(row,
                           Box(cluster.nodes.Name(row), static_cast<int>(random.Below(9))).Build());
        for (auto& [index, pod] : pods) pod.devices = cluster.gpus.DevicesOf(index);
        break;
      }
    }
    ASSERT_NO_FATAL_FAILURE(check()) << "step " << step;
  }
}

}  // namespace
}  // namespace berth::cluster
