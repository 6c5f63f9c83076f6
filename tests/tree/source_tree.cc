#include "tests/tree/source_tree.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>

namespace berth::tree {
namespace {

namespace fs = std::filesystem;

std::string_view TrimLeft(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All files under the folders for which `wanted` holds, sorted.
template <typename Wanted>
std::vector<fs::path> FilesUnder(const fs::path& root, const std::vector<std::string>& folders,
                                 Wanted wanted) {
  std::vector<fs::path> files;
  for (const auto& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file() && wanted(entry.path())) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

// The words of CMake text: comments dropped, brackets as words of their own.
std::vector<std::string> CMakeWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
      end_word();
    } else if (text[i] == '(' || text[i] == ')') {
      end_word();
      words.emplace_back(1, text[i]);
    } else if (std::isspace(static_cast<unsigned char>(text[i])) != 0) {
      end_word();
    } else {
      word += text[i];
    }
  }
  end_word();
  return words;
}

bool IsKeyword(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (std::isupper(static_cast<unsigned char>(c)) != 0) || c == '_';
  });
}

// Adds the words behind the keywords that list what is linked, up to the closing bracket at `end`.
void TakeDeps(const std::vector<std::string>& words, std::size_t begin, std::size_t end,
              std::vector<std::string>& deps) {
  bool taking = false;
  for (std::size_t i = begin; i < end; ++i) {
    if (IsKeyword(words[i])) {
      taking = words[i] == "DEPS" || words[i] == "PRIVATE_DEPS" || words[i] == "PUBLIC" ||
               words[i] == "PRIVATE";
    } else if (taking) {
      deps.push_back(words[i]);
    }
  }
}

}  // namespace

std::string Include::Where() const {
  const auto name = quoted ? '"' + header + '"' : '<' + header + '>';
  return file + ":" + std::to_string(line) + ": #include " + name;
}

std::optional<Include> ParseInclude(std::string_view line) {
  line = TrimLeft(line);
  if (!TakePrefix(line, "#")) return std::nullopt;
  line = TrimLeft(line);
  if (!TakePrefix(line, "include")) return std::nullopt;
  line = TrimLeft(line);
  const bool quoted = line.starts_with('"');
  if (!quoted && !line.starts_with('<')) return std::nullopt;
  line.remove_prefix(1);
  const auto end = line.find(quoted ? '"' : '>');
  if (end == std::string_view::npos) return std::nullopt;
  Include include;
  include.header = line.substr(0, end);
  include.quoted = quoted;
  return include;
}

std::vector<Include> ReadIncludes(const fs::path& root, const std::vector<std::string>& folders) {
  std::vector<Include> includes;
  const auto is_source = [](const fs::path& path) {
    return path.extension() == ".h" || path.extension() == ".cc";
  };
  for (const auto& path : FilesUnder(root, folders, is_source)) {
    std::istringstream in(ReadFile(path));
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      auto include = ParseInclude(line);
      if (!include) continue;
      include->file = path.lexically_relative(root).generic_string();
      include->line = number;
      includes.push_back(*std::move(include));
    }
  }
  return includes;
}

std::vector<Target> ParseTargets(std::string_view cmake_lists, const std::string& folder) {
  std::vector<Target> targets;
  const auto words = CMakeWords(cmake_lists);
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    const bool declares =
        words[i] == "berth_library" || words[i] == "berth_bench" || words[i] == "add_executable";
    const bool links = words[i] == "target_link_libraries";
    if ((!declares && !links) || words[i + 1] != "(") continue;
    const auto close =
        std::ranges::find(words.begin() + static_cast<std::ptrdiff_t>(i), words.end(), ")");
    const auto end = static_cast<std::size_t>(close - words.begin());
    if (declares) targets.push_back({words[i + 2], folder, {}});
    const auto target = std::ranges::find(targets, words[i + 2], &Target::name);
    if (target != targets.end()) TakeDeps(words, i + 3, end, target->deps);
  }
  return targets;
}

std::vector<Target> ReadTargets(const fs::path& root, const std::vector<std::string>& folders) {
  std::vector<Target> targets;
  const auto is_list = [](const fs::path& path) { return path.filename() == "CMakeLists.txt"; };
  for (const auto& path : FilesUnder(root, folders, is_list)) {
    const auto folder = path.parent_path().lexically_relative(root).generic_string();
    for (auto& target : ParseTargets(ReadFile(path), folder)) targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace berth::tree
