// Other tools' files that hold Kubernetes objects in a form of their own. What such a file is, its
// content says.
//
//   kube-scheduler-simulator  its export: one JSON object with a list for each of pods, nodes, pvs,
//                             pvcs, storageClasses, priorityClasses and namespaces
//   open-simulator            a file of kind Config (simon/v1alpha1) that names folders of YAML;
//                             beside a node's YAML, a JSON file about its local disks
//
// `kwokctl snapshot export` writes plain Kubernetes YAML and needs nothing here.
#pragma once

#include <string>
#include <vector>

#include "scheduler/api/padded_text.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

// JSON in a form that is known becomes Kubernetes objects: recordings (recording.h) and the forms
// above. Any other text comes back as it is. The scheduler's configuration in an export is not
// looked at.
base::Result<api::PaddedText> AsKubernetesJson(api::PaddedText json);

// Paths with each Config of open-simulator replaced by what it names: the cluster and then its
// applications, sought from the folder of the file and then from those above it. Fails where one is
// not there or is a Helm chart.
base::Result<std::vector<std::string>> ResolveConfigs(const std::vector<std::string>& paths);

}  // namespace berth::simulate
