// Where the lines of --decisions go.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::simulate {

// A file, written under a temporary name until Close renames it, so that no reader takes a part of
// it for the whole; or standard output ("-"). Without Close nothing is left behind. Not
// thread-safe.
class DecisionFile {
 public:
  DecisionFile(std::string path, std::function<bool(std::string_view)> write_output)
      : path_(std::move(path)), write_output_(std::move(write_output)) {}
  ~DecisionFile();
  DecisionFile(const DecisionFile&) = delete;
  DecisionFile& operator=(const DecisionFile&) = delete;

  base::Result<void> Open();
  // Adds a line feed. A failure shows at Close.
  void Write(std::string_view line);
  base::Result<void> Close();

 private:
  void Flush();

  std::string path_;
  std::function<bool(std::string_view)> write_output_;
  std::string buffer_;
  std::FILE* file_ = nullptr;
  bool failed_ = false;
};

}  // namespace berth::simulate
