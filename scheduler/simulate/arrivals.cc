#include "scheduler/simulate/arrivals.h"

#include <numeric>
#include <string>
#include <unordered_set>
#include <utility>

#include "scheduler/base/random.h"

namespace berth::simulate {
namespace {

constexpr std::size_t kMaxArrivals = 10'000'000;

// Fisher-Yates.
template <typename T>
void Shuffle(std::vector<T>& items, base::Random& random) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random.Below(left)]);
  }
}

// Copies under names that nobody else has.
class Copier {
 public:
  explicit Copier(std::span<const SharedPod> pods) {
    for (const SharedPod& pod : pods) taken_.insert(pod->Key());
  }

  SharedPod Copy(const api::Pod& pod) {
    api::Pod copy = pod;
    std::string suffix;
    do {
      suffix = "-again-" + std::to_string(++copies_);
      copy.meta.name = pod.meta.name + suffix;
    } while (!taken_.insert(copy.Key()).second);
    if (!copy.meta.uid.empty()) copy.meta.uid += suffix;
    return std::make_shared<const api::Pod>(std::move(copy));
  }

 private:
  std::unordered_set<std::string> taken_;
  std::uint64_t copies_ = 0;
};

}  // namespace

std::vector<std::size_t> ShuffledPositions(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> positions(count);
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  base::Random random(seed);
  Shuffle(positions, random);
  return positions;
}

base::Result<std::vector<SharedPod>> MakeArrivals(std::span<const SharedPod> pods,
                                                  const ArrivalGoal& goal, std::uint64_t seed,
                                                  ArrivalOrder order) {
  const auto limit = static_cast<std::int64_t>(static_cast<double>(goal.capacity) * goal.ratio);
  base::Random random(seed);
  std::vector<SharedPod> arrivals(pods.begin(), pods.end());
  if (order == ArrivalOrder::kShuffled) Shuffle(arrivals, random);
  std::int64_t asked_by_pods = 0;
  for (const SharedPod& pod : arrivals) asked_by_pods += goal.amount(*pod);
  if (asked_by_pods == 0)
    return base::Fail("no pod asks for any of the resource that is to be filled");
  std::int64_t asked = goal.asked_before + asked_by_pods;
  while (asked > limit && !arrivals.empty()) {
    asked -= goal.amount(*arrivals.back());
    arrivals.pop_back();
  }
  if (arrivals.size() < pods.size()) return arrivals;
  Copier copier(pods);
  while (true) {
    const api::Pod& drawn = *pods[random.Below(pods.size())];
    asked += goal.amount(drawn);
    if (asked > limit) return arrivals;
    if (arrivals.size() >= kMaxArrivals) {
      return base::Fail("more than " + std::to_string(kMaxArrivals) +
                        " pods would have to arrive: they ask for too little");
    }
    arrivals.push_back(copier.Copy(drawn));
  }
}

}  // namespace berth::simulate
