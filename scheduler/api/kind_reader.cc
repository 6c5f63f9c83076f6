#include "scheduler/api/kind_reader.h"

#include "scheduler/api/decode_objects.h"
#include "scheduler/api/identify.h"
#include "scheduler/api/json_split.h"
#include "scheduler/base/check.h"

namespace berth::api {

using base::Result;

namespace {

// The lists of all kinds, of which one reader fills one or two.
template <typename Objects, typename Visit>
void ForEachList(Objects& objects, Visit visit) {
  visit(objects.nodes);
  visit(objects.pods);
  visit(objects.namespaces);
  visit(objects.services);
  visit(objects.replication_controllers);
  visit(objects.replica_sets);
  visit(objects.stateful_sets);
  visit(objects.workloads);
  visit(objects.pod_disruption_budgets);
  visit(objects.pod_groups);
  visit(objects.resource_slices);
  visit(objects.device_classes);
  visit(objects.resource_claims);
  visit(objects.storage.claims);
  visit(objects.storage.volumes);
  visit(objects.storage.classes);
  visit(objects.storage.csi_nodes);
  visit(objects.storage.csi_drivers);
  visit(objects.storage.csi_capacities);
  visit(objects.storage.attachments);
}

// Takes away what a decoder that failed has begun.
class Rollback {
 public:
  explicit Rollback(ClusterObjects& objects) : objects_(objects) {
    std::size_t i = 0;
    ForEachList(objects, [&](const auto& list) { sizes_[i++] = list.size(); });
  }
  void Run() {
    std::size_t i = 0;
    ForEachList(objects_, [&](auto& list) {
      const std::size_t size = sizes_[i++];
      if (list.size() > size)
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end());
    });
  }

 private:
  static constexpr std::size_t kLists = 20;
  ClusterObjects& objects_;
  std::size_t sizes_[kLists] = {};
};

}  // namespace

KindReader::KindReader(std::string_view api_version, std::string_view kind, PodSpecTable& specs)
    : api_version_(api_version), kind_(kind), specs_(specs) {
  BERTH_CHECK(FindDecoder(api_version_, kind_) != nullptr);
}

Result<void> KindReader::Read(std::string_view text, ClusterObjects& out) {
  const ObjectDecoder decoder = FindDecoder(api_version_, kind_);
  Rollback rollback(out);
  DecodeErrors errors;
  const JsonWalk walk =
      parser_.Read(text, [&](JsonValue value) { return decoder(errors, value, specs_, out); });
  if (walk == JsonWalk::kDone) return {};
  rollback.Run();
  const std::string what = errors.message().empty() ? "malformed JSON" : errors.message();
  return std::unexpected(base::Error(what).Within(Identify(text, kind_)));
}

Result<void> KindReader::ReadObject(const PaddedText& text, ClusterObjects& out) {
  return Read(text.view(), out);
}

Result<void> KindReader::ReadList(const PaddedText& text, ClusterObjects& out,
                                  std::vector<base::Error>& problems,
                                  std::vector<std::string>* texts) {
  BERTH_ASSIGN(const auto documents, SplitJson(text.view()));
  if (documents.size() != 1) return base::Fail("the answer is not one list");
  // A list without any items may have none, or null.
  for (const JsonSpan& item : documents.front().items) {
    if (auto read = Read(item.text, out); !read) {
      problems.push_back(std::move(read).error());
    } else if (texts != nullptr) {
      texts->emplace_back(item.text);
    }
  }
  return {};
}

}  // namespace berth::api
