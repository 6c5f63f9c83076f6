#include "bench/workloads/expand.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "scheduler/base/random.h"

namespace berth::bench {
namespace {

// What fills the placeholders of one object.
struct Filling {
  std::int64_t index = 0;
  std::string name;
  std::string node;
  std::int64_t replica = 0;
  std::int64_t replicas = 0;
  std::vector<std::string> values;
};

void AppendSlot(int slot, const Filling& filling, std::string& out) {
  switch (slot) {
    case kNoSlot:
      return;
    case kIndexSlot:
      out += std::to_string(filling.index);
      return;
    case kNameSlot:
      out += filling.name;
      return;
    case kNodeSlot:
      out += filling.node;
      return;
    case kReplicaSlot:
      out += std::to_string(filling.replica);
      return;
    case kCountSlot:
      out += std::to_string(filling.replicas);
      return;
    default:
      out += filling.values[static_cast<std::size_t>(slot)];
  }
}

std::string Render(const Pieces& pieces, const Filling& filling) {
  std::string out;
  for (const auto& [text, slot] : pieces) {
    out += text;
    AppendSlot(slot, filling, out);
  }
  return out;
}

std::string ObjectName(const std::string& group, std::int64_t index) {
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "-%05lld", static_cast<long long>(index));
  return group + digits.data();
}

// Every group draws from a stream of its own, so that a change of one leaves the others as they
// are.
std::uint64_t SeedOf(std::uint64_t seed, std::string_view what) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const char c : what) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::string ValueAt(const ValueRule& rule, std::int64_t index, base::Random& random) {
  const auto position = static_cast<std::uint64_t>(index);
  switch (rule.kind) {
    case ValueRule::Kind::kCycle:
      return rule.items[position % rule.items.size()];
    case ValueRule::Kind::kChoice:
      return rule.items[random.Below(rule.items.size())];
    case ValueRule::Kind::kSequence:
      return std::to_string(rule.from + rule.step * index % rule.modulo);
    case ValueRule::Kind::kBetween:
      break;
  }
  const auto width = static_cast<std::uint64_t>(rule.to - rule.from) + 1;
  return std::to_string(rule.from + static_cast<std::int64_t>(random.Below(width)));
}

// The objects of one group, one after another.
class Filler {
 public:
  Filler(const Group& group, std::string_view section, std::uint64_t seed)
      : group_(group), random_(SeedOf(seed, std::string(section) + "/" + group.name)) {}

  const Filling& Next() {
    filling_.index = next_++;
    filling_.name = ObjectName(group_.name, filling_.index);
    filling_.values.clear();
    for (const auto& rule : group_.values) {
      filling_.values.push_back(ValueAt(rule, filling_.index, random_));
    }
    return filling_;
  }

  Filling& filling() { return filling_; }
  base::Random& random() { return random_; }

 private:
  const Group& group_;
  base::Random random_;
  std::int64_t next_ = 0;
  Filling filling_;
};

// The "namespace":"..." of a pod that was written by the reader of workloads.
std::string PodKey(const std::string& json) {
  const auto text_of = [&](std::string_view member) {
    const auto begin = json.find(member) + member.size();
    return json.substr(begin, json.find('"', begin) - begin);
  };
  return text_of(R"("namespace":")") + "/" + text_of(R"("name":")");
}

// Objects of a List, with commas in between.
class ListText {
 public:
  void Add(std::string_view object) {
    text_ += empty_ ? "\n" : ",\n";
    text_ += object;
    empty_ = false;
  }
  std::string Take() { return std::move(text_) + "\n]}\n"; }

 private:
  std::string text_ = R"({"apiVersion":"v1","kind":"List","items":[)";
  bool empty_ = true;
};

// Puts together one expansion.
class Expander {
 public:
  Expander(const Workload& workload, const ExpandOptions& options)
      : workload_(workload), options_(options) {}

  Expansion Run() {
    AddPlain(workload_.namespaces, "namespaces");
    AddPlain(workload_.services, "services");
    AddNodes();
    for (const auto& group : workload_.running) AddRunning(group);
    AddArrivals();
    AddOperations();
    expansion_.cluster = cluster_.Take();
    expansion_.added_nodes = added_nodes_.Take();
    return std::move(expansion_);
  }

 private:
  void AddPlain(const std::vector<Group>& groups, std::string_view section) {
    for (const auto& group : groups) {
      Filler filler(group, section, options_.seed);
      const auto count = group.count.For(options_.nodes);
      for (std::int64_t i = 0; i < count; ++i) cluster_.Add(Render(group.object, filler.Next()));
    }
  }

  void AddNodes() {
    for (const auto& group : workload_.nodes) {
      Filler filler(group, "nodes", options_.seed);
      const auto count = group.count.For(options_.nodes);
      for (std::int64_t i = 0; i < count; ++i) {
        cluster_.Add(Render(group.object, filler.Next()));
        nodes_.push_back(filler.filling().name);
      }
    }
  }

  void AddRunning(const Group& group) {
    Filler filler(group, "running", options_.seed);
    const auto count = nodes_.empty() ? 0 : group.count.For(options_.nodes);
    for (std::int64_t i = 0; i < count; ++i) {
      filler.Next();
      const auto position = group.place == Place::kRandom
                                ? filler.random().Below(nodes_.size())
                                : static_cast<std::uint64_t>(i) % nodes_.size();
      filler.filling().node = nodes_[position];
      const std::string pod = Render(group.object, filler.filling());
      if (KeepsKeys()) running_keys_.push_back(PodKey(pod));
      cluster_.Add(pod);
    }
  }

  bool KeepsKeys() const { return !workload_.operations.empty(); }

  bool AsPods() const {
    return options_.deployments == Deployments::kAsPods || workload_.order != Order::kWritten ||
           KeepsKeys();
  }

  void AddArrivals() {
    std::vector<std::vector<std::string>> rows;  // a row a group of single pods or a Deployment
    for (const auto& group : workload_.arrivals) {
      if (group.replicas) {
        AddDeployments(group, rows);
      } else {
        AddPods(group, rows.emplace_back());
      }
    }
    for (auto& pod : InOrder(std::move(rows))) {
      if (KeepsKeys()) arrival_keys_.push_back(PodKey(pod));
      cluster_.Add(pod);
    }
  }

  void AddPods(const Group& group, std::vector<std::string>& row) const {
    Filler filler(group, "arrivals", options_.seed);
    const auto count = group.count.For(options_.nodes);
    for (std::int64_t i = 0; i < count; ++i) row.push_back(Render(group.object, filler.Next()));
  }

  void AddDeployments(const Group& group, std::vector<std::vector<std::string>>& rows) {
    Filler filler(group, "arrivals", options_.seed);
    const auto count = group.count.For(options_.nodes);
    filler.filling().replicas = group.replicas->For(options_.nodes);
    for (std::int64_t i = 0; i < count; ++i) {
      filler.Next();
      auto& row = rows.emplace_back();
      if (!AsPods()) {
        row.push_back(Render(group.deployment, filler.filling()));
        continue;
      }
      cluster_.Add(Render(group.replica_set, filler.filling()));
      for (std::int64_t k = 0; k < filler.filling().replicas; ++k) {
        filler.filling().replica = k;
        row.push_back(Render(group.object, filler.filling()));
      }
    }
  }

  std::vector<std::string> InOrder(std::vector<std::vector<std::string>> rows) const {
    std::vector<std::string> pods;
    if (workload_.order == Order::kInTurn) {
      bool more = true;
      for (std::size_t k = 0; more; ++k) {
        more = false;
        for (auto& row : rows) {
          if (k >= row.size()) continue;
          pods.push_back(std::move(row[k]));
          more = true;
        }
      }
      return pods;
    }
    for (auto& row : rows) std::ranges::move(row, std::back_inserter(pods));
    if (workload_.order == Order::kShuffled) Shuffle(pods);
    return pods;
  }

  void Shuffle(std::vector<std::string>& pods) const {
    base::Random random(SeedOf(options_.seed, "order"));
    for (std::size_t i = pods.size(); i > 1; --i) std::swap(pods[i - 1], pods[random.Below(i)]);
  }

  void AddOperations() {
    if (!KeepsKeys()) return;
    std::vector<Filler> fillers;
    for (const auto& rule : workload_.operations) {
      fillers.emplace_back(rule.node, "operations", options_.seed);
    }
    base::Random random(SeedOf(options_.seed, "operations"));
    std::vector<std::string> pods = std::move(running_keys_);
    for (std::size_t arrival = 0; arrival < arrival_keys_.size(); ++arrival) {
      for (std::size_t i = 0; i < workload_.operations.size(); ++i) {
        const auto every = static_cast<std::size_t>(workload_.operations[i].every);
        if (arrival > 0 && arrival % every == 0) Operate(i, arrival, fillers[i], random, pods);
      }
      pods.push_back(arrival_keys_[arrival]);
    }
  }

  void Operate(std::size_t which, std::size_t arrival, Filler& filler, base::Random& random,
               std::vector<std::string>& pods) {
    const OperationRule& rule = workload_.operations[which];
    Operation operation{rule.kind, static_cast<std::int64_t>(arrival), ""};
    switch (rule.kind) {
      case OperationRule::Kind::kAddNode:
        added_nodes_.Add(Render(rule.node.object, filler.Next()));
        operation.name = filler.filling().name;
        nodes_.push_back(operation.name);
        break;
      case OperationRule::Kind::kRemoveNode:
        if (nodes_.size() < 2) return;
        operation.name = TakeAny(nodes_, random);
        break;
      case OperationRule::Kind::kDeletePod:
        if (pods.empty()) return;
        operation.name = TakeAny(pods, random);
        break;
    }
    expansion_.operations.push_back(std::move(operation));
  }

  static std::string TakeAny(std::vector<std::string>& names, base::Random& random) {
    std::swap(names[random.Below(names.size())], names.back());
    std::string name = std::move(names.back());
    names.pop_back();
    return name;
  }

  const Workload& workload_;
  const ExpandOptions& options_;
  Expansion expansion_;
  ListText cluster_;
  ListText added_nodes_;
  std::vector<std::string> nodes_;
  std::vector<std::string> running_keys_;
  std::vector<std::string> arrival_keys_;
};

}  // namespace

Expansion Expand(const Workload& workload, const ExpandOptions& options) {
  return Expander(workload, options).Run();
}

}  // namespace berth::bench
