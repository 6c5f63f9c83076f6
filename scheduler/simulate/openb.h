// The openb tables of Alibaba's cluster-trace-gpu-v2023 as Kubernetes objects.
//
// A node (sn, cpu_milli, memory_mib, gpu, model) has cpu, memory, 1001 pods and, with GPUs:
//   nvidia.com/gpu              the number of GPUs
//   alibabacloud.com/gpu-milli  1000 for each of them
//   label alibabacloud.com/gpu-card-model   the model
// A pod (name, cpu_milli, memory_mib, num_gpu, gpu_milli, and where there are gpu_spec, qos,
// pod_phase, creation_time, deletion_time, scheduled_time) asks for cpu, memory and
//   alibabacloud.com/gpu-milli  num_gpu * gpu_milli
//   nvidia.com/gpu              num_gpu, if it takes whole GPUs
//   required node affinity      model In the list A|B of gpu_spec
//
// So a stock NodeResourcesFit keeps GPUs from being sold twice: whole-GPU pods are counted in both
// resources, shares of a GPU in milli only. What it cannot see is which device has how much left;
// for policies that can, pods carry num_gpu and gpu_milli as annotations alibabacloud.com/gpu-count
// and gpu-milli, and the other columns as alibabacloud.com/qos, pod-phase, creation-time,
// deletion-time and scheduled-time (seconds of the trace).
//
// All pods are pending, in the namespace default, whatever became of them in the trace.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/api/gpu_names.h"
#include "scheduler/api/reader.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

using api::kGpuMilliResource;
using api::kGpuModelLabel;
using api::kGpuResource;

// Whether the first line is the header of one of the two tables.
bool LooksLikeOpenb(std::string_view text);

// Adds the nodes or the pods of one table, told apart by their headers. Errors name `source`, line
// and column.
base::Result<void> ReadOpenb(std::string_view text, const std::string& source, api::Reader& reader);

}  // namespace berth::simulate
