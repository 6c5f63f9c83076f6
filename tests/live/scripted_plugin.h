// A plugin that does at Reserve, Permit and PreBind what a test says.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/framework/plugin.h"
#include "tests/live/live_cluster.h"

namespace berth::live {

struct Script {
  std::function<framework::Status(const api::Pod&)> reserve = [](const auto&) {
    return framework::Status{};
  };
  std::function<framework::PermitResult(const api::Pod&)> permit = [](const auto&) {
    return framework::PermitResult{};
  };
  // What PreBind does step by step; empty: nothing.
  std::vector<framework::PreBindStep> pre_bind = {};
  std::vector<framework::ApiWrite> undo = {};
  // What wakes the pods that it has turned away.
  std::vector<framework::EventRegistration> events = {
      {{framework::EventResource::kNode, framework::kAdd}, false}};

  std::vector<std::string> unreserved = {};  // names of pods
  std::vector<int> answers = {};             // statuses that PreBind was told
};

class ScriptedPreBinding final : public framework::PreBinding {
 public:
  explicit ScriptedPreBinding(Script& script) : script_(script) {}

  framework::PreBindStep Next(const framework::PodContext&,
                              const framework::ApiAnswer* answer) override {
    if (answer != nullptr) script_.answers.push_back(answer->status);
    if (answer != nullptr && !answer->ok()) {
      return framework::Status{framework::Code::kError, {answer->error}};
    }
    if (next_ == script_.pre_bind.size()) return framework::Status{};
    return script_.pre_bind[next_++];
  }
  std::vector<framework::ApiWrite> Undo(const framework::PodContext&) override {
    return script_.undo;
  }

 private:
  Script& script_;
  std::size_t next_ = 0;
};

class ScriptedPlugin final : public framework::Plugin {
 public:
  ScriptedPlugin(std::string name, std::shared_ptr<Script> script)
      : name_(std::move(name)), script_(std::move(script)) {}

  std::string_view Name() const override { return name_; }
  std::unique_ptr<framework::PluginState> NewState(const framework::PodContext&) const override {
    return std::make_unique<framework::PluginState>();
  }
  framework::Status Reserve(const framework::PodContext&, framework::PluginState&,
                            const api::Pod& pod, framework::NodeIndex) const override {
    return script_->reserve(pod);
  }
  void Unreserve(const framework::PodContext&, framework::PluginState&, const api::Pod& pod,
                 framework::NodeIndex) const override {
    script_->unreserved.push_back(pod.meta.name);
  }
  framework::PermitResult Permit(const framework::PodContext&, const api::Pod& pod,
                                 framework::NodeIndex) const override {
    return script_->permit(pod);
  }
  std::vector<framework::EventRegistration> EventsToRegister() const override {
    return script_->events;
  }
  std::unique_ptr<framework::PreBinding> PreBind(const framework::PodContext&, const api::Pod&,
                                                 framework::NodeIndex) const override {
    if (script_->pre_bind.empty()) return nullptr;
    return std::make_unique<ScriptedPreBinding>(*script_);
  }

 private:
  std::string name_;
  std::shared_ptr<Script> script_;
};

// Adds the plugin to every profile, at Reserve, Permit and PreBind, after the others.
inline void AddScripted(LiveCluster::Setup& setup, const std::string& name,
                        const std::shared_ptr<Script>& script) {
  setup.registry[name] = [name, script](const config::PluginArgs&, const config::FeatureGates&) {
    return base::Result<std::unique_ptr<framework::Plugin>>(
        std::make_unique<ScriptedPlugin>(name, script));
  };
  for (config::Profile& profile : setup.config.profiles) {
    for (const auto point : {config::ExtensionPoint::kReserve, config::ExtensionPoint::kPermit,
                             config::ExtensionPoint::kPreBind}) {
      profile.plugins[static_cast<std::size_t>(point)].push_back({name, 0});
    }
  }
}

}  // namespace berth::live
