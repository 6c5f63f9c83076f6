#include "scheduler/remote/answer.h"

#include <berth/plugin/v1/plugin.pb.h>

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "scheduler/base/text.h"

namespace berth::remote {

using base::Fail;
using base::Result;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
namespace wire = berth::plugin::v1;

namespace {

constexpr std::size_t kMaxReasons = 4096;
constexpr std::size_t kMaxReasonBytes = 256;
constexpr int kMaxRejections = 256;
constexpr std::int64_t kHighestScore = 100;
// So that 100 times a score cannot overflow.
constexpr std::int64_t kHighestRawScore = std::numeric_limits<std::int64_t>::max() / 100;

constexpr std::size_t kBitsPerByte = 8;
std::size_t BytesFor(std::size_t rows) { return (rows + kBitsPerByte - 1) / kBitsPerByte; }

// Words of masks hold their lowest row in their lowest bit, as the bytes of the protocol do.
static_assert(std::endian::native == std::endian::little);

Result<void> UnpackMask(const std::string& bytes, const NodeMask& within, const std::string& field,
                        NodeMask& out) {
  const std::size_t wanted = BytesFor(within.size());
  if (bytes.size() != wanted) {
    return Fail(field + ": " + std::to_string(bytes.size()) + " bytes and not " +
                std::to_string(wanted));
  }
  out.Resize(within.size());
  out.ClearAll();
  std::memcpy(out.words(), bytes.data(), bytes.size());
  if (!out.IsSubsetOf(within)) return Fail(field + ": has a node that was not asked about");
  return {};
}

Result<void> CheckScores(const wire::EvaluateResponse& response, const Description& description,
                         Answer& out) {
  const std::size_t kept = out.kept.Count();
  const auto& scores = response.scores();
  const std::size_t wanted = description.scores ? kept : 0;
  if (static_cast<std::size_t>(scores.size()) != wanted) {
    return Fail("scores: " + std::to_string(scores.size()) + " and not " + std::to_string(wanted));
  }
  const bool final_scores = description.normalization == framework::Normalization::kNone;
  const std::int64_t highest = final_scores ? kHighestScore : kHighestRawScore;
  out.scores.Resize(out.kept.size());
  if (!description.scores) {
    out.scores.Fill(0);
    return {};
  }
  const std::int64_t* next = scores.data();
  std::int64_t bad = 0;
  out.kept.ForEach([&](NodeIndex row) {
    const std::int64_t score = *next++;
    if (score < 0 || score > highest) bad = score;
    out.scores[row] = score;
  });
  if (bad == 0) return {};
  return Fail("scores: " + std::to_string(bad) + " is not in 0.." + std::to_string(highest));
}

Result<void> CheckRejection(const wire::Rejection& rejection, const std::string& field,
                            NodeMask& left, Reasons& reasons, Answer& out) {
  if (rejection.reason().empty() || rejection.reason().size() > kMaxReasonBytes) {
    return Fail(field + ".reason: has to have 1 to 256 bytes");
  }
  framework::Rejection group;
  group.status.code =
      rejection.unresolvable() ? Code::kUnschedulableAndUnresolvable : Code::kUnschedulable;
  group.status.reasons = {reasons.Keep(base::Printable(rejection.reason()))};
  const auto unpacked = UnpackMask(rejection.nodes(), left, field + ".nodes", group.nodes);
  if (!unpacked) return Fail(unpacked.error().message() + ", that is kept, or in another group");
  left.AndNot(group.nodes);
  if (group.nodes.Any()) out.rejections.push_back(std::move(group));
  return {};
}

Result<void> CheckRejections(const wire::EvaluateResponse& response, const NodeMask& candidates,
                             Reasons& reasons, Answer& out) {
  if (response.rejections_size() > kMaxRejections) return Fail("rejections: too many groups");
  NodeMask left = candidates;
  left.AndNot(out.kept);
  out.rejections.clear();
  for (int i = 0; i < response.rejections_size(); ++i) {
    BERTH_TRY(CheckRejection(response.rejections(i), "rejections[" + std::to_string(i) + "]", left,
                             reasons, out));
  }
  if (left.Any()) return Fail("rejections: a node is neither kept nor in a group");
  return {};
}

}  // namespace

std::string_view Reasons::Keep(std::string_view words) {
  if (const auto it = known_.find(words); it != known_.end()) return *it;
  if (texts_.size() >= kMaxReasons) return "node(s) were rejected for one of too many reasons";
  return *known_.insert(texts_.emplace_back(words)).first;
}

void PackMask(const NodeMask& mask, std::string& out) {
  out.assign(reinterpret_cast<const char*>(mask.words()), BytesFor(mask.size()));
}

Result<void> CheckAnswer(const wire::EvaluateResponse& response, const Description& description,
                         const NodeMask& candidates, Reasons& reasons, Answer& out) {
  if (description.filters) {
    BERTH_TRY(UnpackMask(response.kept(), candidates, "kept", out.kept));
  } else if (!response.kept().empty()) {
    return Fail("kept: the plugin does not filter");
  } else {
    out.kept = candidates;
  }
  BERTH_TRY(CheckScores(response, description, out));
  return CheckRejections(response, candidates, reasons, out);
}

}  // namespace berth::remote
