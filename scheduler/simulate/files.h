// Bytes of input files: which files a path stands for, and their content, unpacked if need be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/padded_text.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

// The name that stands for standard input.
inline constexpr std::string_view kStdin = "-";

// What standard input is called in errors.
inline constexpr std::string_view kStdinName = "(standard input)";

// More than any recorded cluster; a gzip file of some MB can hold terabytes.
inline constexpr std::size_t kMaxUnpackedBytes = std::size_t{8} << 30;

// A file stands for itself; a folder for the files below it whose names end in one of `extensions`,
// or in one of them and .gz, sorted by path. Folders that are symbolic links are not entered. Fails
// when a path does not exist and when a folder holds no such file.
base::Result<std::vector<std::string>> ListFiles(const std::vector<std::string>& paths,
                                                 const std::vector<std::string_view>& extensions);

// The whole content of a file, or of standard input for kStdin; gzip is known by its first bytes
// and unpacked. Errors name the file. Fails on a gzip file that is cut off or damaged and on one
// that unpacks to more than `max_bytes`.
base::Result<api::PaddedText> LoadFile(const std::string& path,
                                       std::size_t max_bytes = kMaxUnpackedBytes);

// "a/b.yaml.gz" -> ".yaml"; empty when there is none.
std::string ExtensionOf(std::string_view path);

}  // namespace berth::simulate
