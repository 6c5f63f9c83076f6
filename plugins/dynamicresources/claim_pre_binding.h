// PreBind of DynamicResources: the claims of a pod are written as Reserve has decided, and where
// devices become ready only later, that is waited for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "plugins/dynamicresources/claim_writes.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

class ClaimPreBinding final : public framework::PreBinding {
 public:
  // `extended` is the claim for extended resources, which only the cluster here knows of yet.
  // Gives up `timeout` after the writes.
  ClaimPreBinding(const api::Pod& pod, std::string node_name,
                  std::optional<dra::ExtendedClaim> extended, std::chrono::nanoseconds timeout);

  framework::PreBindStep Next(const framework::PodContext& context,
                              const framework::ApiAnswer* answer) override;
  // What was allocated stays: the next attempt or another pod can use it, or PostFilter gives it
  // up.
  std::vector<framework::ApiWrite> Undo(const framework::PodContext& context) override;

 private:
  enum class Stage : std::uint8_t { kCreate, kWrite, kReadiness };

  framework::PreBindStep StartWrites(const framework::PodContext& context);
  framework::PreBindStep CheckReadiness(const framework::PodContext& context);
  // Takes the claim that the API server has made in the place of the one that was assumed.
  base::Result<void> AdoptCreated(const framework::PodContext& context, const std::string& created);
  std::vector<const cluster::Claim*> Claims(const framework::PodContext& context) const;

  api::Pod pod_;
  std::string node_name_;
  std::optional<dra::ExtendedClaim> extended_;
  std::string extended_name_;  // as the API server has named it
  std::chrono::nanoseconds left_;
  Stage stage_;
  std::vector<framework::ApiWrite> writes_;
  std::size_t next_ = 0;
  bool announced_ = false;
};

}  // namespace berth::plugins
