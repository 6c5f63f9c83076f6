#include "scheduler/simulate/input.h"

#include <string_view>
#include <utility>

#include "scheduler/api/defaults.h"
#include "scheduler/api/reader.h"
#include "scheduler/simulate/files.h"

namespace berth::simulate {
namespace {

using api::ClusterObjects;
using api::PaddedText;
using base::Result;

const std::vector<std::string_view> kKubernetesExtensions = {".json", ".yaml", ".yml"};

Result<void> ReadKubernetes(const PaddedText& text, const std::string& path,
                            const std::string& name, api::Reader& reader) {
  (void)path;
  return reader.ReadJson(text, name);
}

}  // namespace

Result<ClusterObjects> ReadInput(const std::vector<std::string>& paths, InputFormat format,
                                 base::Executor& executor) {
  (void)format;
  BERTH_ASSIGN(const std::vector<std::string> files, ListFiles(paths, kKubernetesExtensions));
  api::Reader reader(executor);
  for (const std::string& file : files) {
    BERTH_ASSIGN(const PaddedText text, LoadFile(file));
    BERTH_TRY(ReadKubernetes(text, file, file, reader));
  }
  ClusterObjects objects = reader.Take();
  BERTH_TRY(api::ApplyDefaults(objects, reader.specs()));
  return objects;
}

}  // namespace berth::simulate
