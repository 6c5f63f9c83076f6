#include "scheduler/framework/remedy.h"

#include <algorithm>
#include <tuple>

namespace berth::framework {

void SortByEase(std::vector<Remedy>& remedies) {
  const auto texts_are_less = [](const Remedy& a, const Remedy& b) {
    return std::ranges::lexicographical_compare(a.obstacles, b.obstacles, {}, &Obstacle::text,
                                                &Obstacle::text);
  };
  std::ranges::stable_sort(remedies, [&](const Remedy& a, const Remedy& b) {
    if (a.obstacles.size() != b.obstacles.size()) return a.obstacles.size() < b.obstacles.size();
    const std::size_t a_nodes = a.nodes.Count();
    const std::size_t b_nodes = b.nodes.Count();
    return a_nodes != b_nodes ? a_nodes > b_nodes : texts_are_less(a, b);
  });
}

}  // namespace berth::framework
