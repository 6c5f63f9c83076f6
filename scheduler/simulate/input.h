// Everything that `berth simulate -f` accepts, read into one set of objects.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/padded_text.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"
#include "scheduler/simulate/options.h"

namespace berth::simulate {

// Reads files, folders (recursively, in sorted order) and "-" in the order given; packed with gzip
// or not. Then, in this order: workloads become pods (workloads.h), the defaults of an API server
// are applied (api/defaults.h), claims are made for the ephemeral volumes of new pods
// (volume_claims.h), pods that have ended are dropped, and what refers to something is checked:
// names are unique, pods that run do so on a node of the input.
//
// Pods stand in the order of the input, those of a workload at its place. The one error is a
// sentence with file, object and field.
//
// With `keep_texts`, the JSON of nodes and pods stays beside them, for extenders.
base::Result<api::ClusterObjects> ReadInput(const std::vector<std::string>& paths,
                                            InputFormat format, base::Executor& executor,
                                            bool keep_texts = false);

// A file as Kubernetes objects in JSON, whatever form it had.
struct JsonFile {
  std::string name;  // as errors call it
  api::PaddedText text;
};

// The files of the paths in the order in which ReadInput reads them. Their objects are not looked
// at. Tables of openb are refused: they hold no Kubernetes objects.
base::Result<std::vector<JsonFile>> ReadAsJson(const std::vector<std::string>& paths);

// A file that is in memory already: JSON or YAML, not packed.
struct InputText {
  std::string name;
  std::string text;
};

// The same for such files, beside objects that were read before and are there already: their
// workloads are not expanded again, and names have to be unique among all.
base::Result<api::ClusterObjects> ReadTexts(std::span<const InputText> texts,
                                            api::ClusterObjects known, base::Executor& executor);

}  // namespace berth::simulate
