// A cluster without its names, on which every decision is the same.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/base/executor.h"
#include "scheduler/base/result.h"
#include "scheduler/record/keyed_hash.h"
#include "scheduler/record/names.h"

namespace berth::record {

struct AnonymizeOptions {
  std::vector<std::string> inputs;     // whatever `berth simulate -f` reads, but for tables
  std::vector<std::string> keep = {};  // see Names
  // Devices are selected by expressions over their drivers and attributes, which cannot be replaced
  // in them: unless these texts are to stay, input with such objects is refused.
  bool keep_devices = false;
};

struct Anonymized {
  std::string text;  // a List, an object a line
  std::size_t objects = 0;
  std::map<std::string, std::size_t> dropped;  // by kind: what scheduling does not look at
  std::unique_ptr<Names> names;                // which say what replaced what
};

// Objects keep their order; fields that scheduling does not look at go. Of a recording with events,
// the state at its end. Workloads whose pods are in the input stand for no more pods. An error
// names file, object and field.
base::Result<Anonymized> Anonymize(const AnonymizeOptions& options, KeyedHash hash,
                                   base::Executor& executor);

}  // namespace berth::record
