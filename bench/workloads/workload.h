// Workloads as data: what a file of this folder says, as typed values. README.md describes the
// format. Plain values, free to copy.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::bench {

// How many of something there are in a cluster of so many nodes.
struct Count {
  std::int64_t fixed = 1;
  std::optional<double> per_node;  // goes before `fixed`; the product is rounded to the nearest
  std::int64_t at_least = 0;       // the bounds of what per_node comes to
  std::int64_t at_most = std::numeric_limits<std::int64_t>::max();

  std::int64_t For(std::int64_t nodes) const;
};

// What stands for <name> in the objects of a group; a new text for each object.
struct ValueRule {
  enum class Kind : std::uint8_t {
    kCycle,     // the items in turn
    kChoice,    // one of the items, by the seed
    kSequence,  // from + (step * index) % modulo
    kBetween,   // a number from..to, both included, by the seed
  };
  Kind kind = Kind::kCycle;
  std::vector<std::string> items;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t step = 1;
  std::int64_t modulo = std::numeric_limits<std::int64_t>::max();
};

// Text cut at its placeholders: a literal, then the text that `slot` names.
struct Piece {
  std::string text;
  int slot;  // an index into Group::values, or one of the following
};
inline constexpr int kNoSlot = -1;       // nothing: the end of the text
inline constexpr int kIndexSlot = -2;    // <index>: the object's position in its group, from 0
inline constexpr int kNameSlot = -3;     // <name>: the object's name
inline constexpr int kNodeSlot = -4;     // <node>: the node that a running pod is on
inline constexpr int kReplicaSlot = -5;  // <replica>: the position of a pod in its Deployment
inline constexpr int kCountSlot = -6;    // <replicas>: how many pods a Deployment has
using Pieces = std::vector<Piece>;

// On which node a running pod is.
enum class Place : std::uint8_t {
  kInTurn,  // one node after another, in their order
  kRandom,  // any, by the seed
};

// Objects of one kind that differ in their values only. Objects are Kubernetes' JSON.
struct Group {
  std::string name;  // objects are NAME-00000, NAME-00001 ...
  Count count;
  std::vector<ValueRule> values;
  Pieces object;
  Place place = Place::kInTurn;  // of running pods

  // Set where the group is `count` Deployments and not single pods.
  std::optional<Count> replicas;
  Pieces deployment;
  Pieces replica_set;
};

// In which order the pods arrive.
enum class Order : std::uint8_t {
  kWritten,   // group after group, Deployment after Deployment
  kInTurn,    // one pod of each group or Deployment, then the next of each
  kShuffled,  // by the seed
};

// Something that happens to the cluster, again and again.
struct OperationRule {
  enum class Kind : std::uint8_t {
    kAddNode,     // a node of `node`
    kRemoveNode,  // any node, by the seed, with the pods on it
    kDeletePod,   // any pod that runs or has arrived, by the seed
  };
  Kind kind = Kind::kDeletePod;
  std::int64_t every = 1;  // before each so many-th arrival
  Group node;
};

struct Workload {
  std::string name;  // of the file, without its ending
  std::string description;
  std::vector<std::int64_t> sizes = {500, 5'000, 15'000};  // numbers of nodes to measure it with
  std::vector<Group> namespaces;
  std::vector<Group> services;
  std::vector<Group> nodes;
  std::vector<Group> running;
  std::vector<Group> arrivals;
  Order order = Order::kWritten;
  std::vector<OperationRule> operations;
};

// Values for parameters of the file, by name, instead of those that it has.
using Parameters = std::map<std::string, std::int64_t, std::less<>>;

// From YAML or JSON text. The error is one sentence with `source`, the field and what is wrong:
// "basic.yaml: arrivals[0].requests.cpu: must be ...".
base::Result<Workload> ParseWorkload(std::string_view text, const std::string& source,
                                     const Parameters& parameters = {});

// From a file; fails like ParseWorkload, or when the file cannot be read.
base::Result<Workload> ReadWorkload(const std::string& path, const Parameters& parameters = {});

// The workload files of a folder, sorted; fails where it has none.
base::Result<std::vector<std::string>> ListWorkloads(const std::string& folder);

}  // namespace berth::bench
