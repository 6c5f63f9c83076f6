// A file with a plugin in it, opened and looked over.
#pragma once

#include <berth/plugin.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/sharedobject/guard.h"

namespace berth::sharedobject {

// Opened for good: code that something may still point to is never unloaded. Whether the plugin is
// refused is one fact for all instances, since they share its memory. Thread-safe.
class Library {
 public:
  // Fails, in one line that begins with the path, where there is no such file, it is no shared
  // object or lacks one, exports no berth_plugin, speaks another version, or describes a plugin
  // that cannot be or has the name of a built-in one.
  static base::Result<std::shared_ptr<Library>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& name() const { return name_; }  // the plugin's
  // What a plugin of an older header lacks is absent.
  const berth_plugin_v1& plugin() const { return plugin_; }
  const CodeRanges& code() const { return code_; }

  // From now on nobody calls the plugin. The first reason is logged and stays.
  void Refuse(const std::string& reason);
  bool IsRefused() const { return refused_.load(std::memory_order_acquire); }
  // Why, as a sentence that names plugin and file; for a plugin that is refused.
  std::string WhyRefused() const;

  // What has been kept of its answers holds no longer.
  void Void() { outages_.fetch_add(1, std::memory_order_relaxed); }
  const std::atomic<std::uint64_t>& outages() const { return outages_; }

 private:
  explicit Library(std::string path) : path_(std::move(path)) {}

  base::Result<void> Load();
  base::Result<void> Describe(const berth_plugin_v1* (*entry)(std::uint32_t));
  base::Result<void> CheckDescription() const;

  std::string path_;
  std::string name_;
  berth_plugin_v1 plugin_ = {};
  CodeRanges code_;
  std::atomic<bool> refused_{false};
  std::atomic<std::uint64_t> outages_{0};
  mutable std::mutex mutex_;
  std::string why_refused_;
};

}  // namespace berth::sharedobject
