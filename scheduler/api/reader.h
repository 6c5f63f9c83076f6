// Kubernetes objects from JSON and YAML text.
//
// Reads single objects, v1 List, NodeList, PodList and any other list, lists in lists, several
// documents one after another. Kinds that Berth does not need are counted and skipped, as are
// fields; the fields that it needs must be what an API server would accept, else there is one
// error:
//
//   cluster.json: Pod team-a/web-1: spec.containers[0].resources.requests[cpu]: invalid quantity
//   "1.2.3Gi"
//
// Nothing is defaulted here (see defaults.h); what no scheduler plugin looks at is dropped, and so
// are annotations of all but nodes and storage objects. YAML becomes JSON first, so that one
// decoder says what is valid. Limits: kMaxJsonDepth, YamlLimits, kMaxListDepth.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/padded_text.h"
#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"

namespace berth::api {

// Lists inside of lists, which only hand-made input has.
inline constexpr std::size_t kMaxListDepth = 8;

struct ReadTask;

// Collects the objects of any number of texts, in their order. One thread at a time; large texts
// are decoded on the executor's threads, with an outcome that does not depend on their number.
class Reader {
 public:
  // The executor outlives the reader.
  explicit Reader(base::Executor& executor) : executor_(executor) {}

  // From now on the texts of nodes and pods are kept: ClusterObjects::texts.
  void KeepTexts() { keeps_texts_ = true; }

  // `source` names the text in errors. After an error the reader is to be thrown away.
  base::Result<void> ReadJson(const PaddedText& text, const std::string& source);
  base::Result<void> ReadYaml(std::string_view text, const std::string& source);

  // For other formats than Kubernetes' own: a source, then its objects one by one.
  void StartSource(const std::string& source);
  void Add(Node node);
  void Add(Pod pod);

  // All that was read; the reader is empty afterwards, but keeps its table of specifications.
  ClusterObjects Take();

  // Holds every PodSpec that was read; defaults and expansion intern what they change here as well.
  PodSpecTable& specs() { return specs_; }

 private:
  base::Result<void> ReadDocuments(const PaddedText& text, const std::string& source);
  base::Result<void> Run(const std::vector<ReadTask>& tasks, std::string_view text);
  Origin NextOrigin();

  base::Executor& executor_;
  PodSpecTable specs_;
  ClusterObjects objects_;
  std::uint32_t next_sequence_ = 0;
  bool keeps_texts_ = false;
};

}  // namespace berth::api
