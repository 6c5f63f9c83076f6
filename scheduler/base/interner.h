// Strings as small numbers, so that columns hold integers and equality is one comparison.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace berth::base {

// A dense number for a distinct string, starting at 0 in order of first sight. Compared for
// equality only: the order of symbols is the order of arrival, not of the alphabet.
using Symbol = std::uint32_t;
inline constexpr Symbol kNoSymbol = 0xffffffffu;

// Gives each distinct string its Symbol. Views from Text() stay valid as long as the interner.
// Not thread-safe for writing; any number of readers while nobody writes.
class Interner {
 public:
  Symbol Intern(std::string_view text) {
    if (auto it = symbols_.find(text); it != symbols_.end()) return it->second;
    const auto symbol = static_cast<Symbol>(texts_.size());
    symbols_.emplace(texts_.emplace_back(text), symbol);
    return symbol;
  }

  // kNoSymbol when the text was never interned.
  Symbol Find(std::string_view text) const {
    const auto it = symbols_.find(text);
    return it == symbols_.end() ? kNoSymbol : it->second;
  }

  std::string_view Text(Symbol symbol) const { return texts_[symbol]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // a deque: growing it moves no string
  boost::unordered_flat_map<std::string_view, Symbol> symbols_;
};

}  // namespace berth::base
