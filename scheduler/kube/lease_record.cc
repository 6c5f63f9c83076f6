#include "scheduler/kube/lease_record.h"

#include <nlohmann/json.hpp>

#include "scheduler/base/check.h"

namespace berth::kube {
namespace {

using base::Result;
using nlohmann::json;

// Bytes that are no UTF-8 are replaced, so that this cannot fail.
std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<void> ReadText(const json& spec, const char* field, std::string& out) {
  const auto it = spec.find(field);
  if (it == spec.end() || it->is_null()) return {};
  if (!it->is_string()) return base::Fail(std::string("spec.") + field + ": not a string");
  out = it->get<std::string>();
  return {};
}

Result<void> ReadNumber(const json& spec, const char* field, std::int64_t& out) {
  const auto it = spec.find(field);
  if (it == spec.end() || it->is_null()) return {};
  if (!it->is_number_integer()) return base::Fail(std::string("spec.") + field + ": not a number");
  const auto number = it->get<std::int64_t>();
  if (number < 0 || number > INT32_MAX) {
    return base::Fail(std::string("spec.") + field + ": out of range");
  }
  out = number;
  return {};
}

void SetSpec(json& spec, const LeaseRecord& record) {
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.duration_seconds;
  spec["acquireTime"] = record.acquire_time;
  spec["renewTime"] = record.renew_time;
  spec["leaseTransitions"] = record.transitions;
}

}  // namespace

Result<LeaseRecord> ReadLease(std::string_view lease) {
  const json object = json::parse(lease, nullptr, false);
  if (!object.is_object()) return base::Fail("not a JSON object");
  LeaseRecord record;
  const auto spec = object.find("spec");
  if (spec == object.end() || spec->is_null()) return record;
  if (!spec->is_object()) return base::Fail("spec: not an object");
  BERTH_TRY(ReadText(*spec, "holderIdentity", record.holder));
  BERTH_TRY(ReadNumber(*spec, "leaseDurationSeconds", record.duration_seconds));
  BERTH_TRY(ReadText(*spec, "acquireTime", record.acquire_time));
  BERTH_TRY(ReadText(*spec, "renewTime", record.renew_time));
  BERTH_TRY(ReadNumber(*spec, "leaseTransitions", record.transitions));
  return record;
}

std::string NewLease(std::string_view namespace_name, std::string_view name,
                     const LeaseRecord& record) {
  json lease{{"apiVersion", "coordination.k8s.io/v1"},
             {"kind", "Lease"},
             {"metadata", {{"namespace", namespace_name}, {"name", name}}}};
  SetSpec(lease["spec"], record);
  return Text(lease);
}

std::string ChangedLease(std::string_view lease, const LeaseRecord& record) {
  json object = json::parse(lease, nullptr, false);
  BERTH_CHECK(object.is_object());
  SetSpec(object["spec"], record);
  return Text(object);
}

}  // namespace berth::kube
