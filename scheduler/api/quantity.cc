#include "scheduler/api/quantity.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace berth::api {
namespace {

using base::Fail;
using base::Result;

constexpr __int128 kNanosPerUnit = 1'000'000'000;
constexpr __int128 kMaxUnits = std::numeric_limits<std::int64_t>::max();
constexpr __int128 kMaxNanos = kMaxUnits * kNanosPerUnit;

// More decimal places than any number within the bounds can have on either side of its point.
constexpr std::int64_t kFarPlaces = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What a suffix multiplies by: 2^binary * 10^decimal; one of the two is 0.
struct Multiplier {
  int binary = 0;
  std::int64_t decimal = 0;
};

std::optional<Multiplier> SingleLetter(char letter) {
  switch (letter) {
    case 'n':
      return Multiplier{0, -9};
    case 'u':
      return Multiplier{0, -6};
    case 'm':
      return Multiplier{0, -3};
    case 'k':
      return Multiplier{0, 3};
    case 'M':
      return Multiplier{0, 6};
    case 'G':
      return Multiplier{0, 9};
    case 'T':
      return Multiplier{0, 12};
    case 'P':
      return Multiplier{0, 15};
    case 'E':
      return Multiplier{0, 18};
    default:
      return std::nullopt;
  }
}

std::optional<Multiplier> BinaryLetter(char letter) {
  switch (letter) {
    case 'K':
      return Multiplier{10, 0};
    case 'M':
      return Multiplier{20, 0};
    case 'G':
      return Multiplier{30, 0};
    case 'T':
      return Multiplier{40, 0};
    case 'P':
      return Multiplier{50, 0};
    case 'E':
      return Multiplier{60, 0};
    default:
      return std::nullopt;
  }
}

// "e3", "E-2", "e+05". The exponent is held within what decides between zero, tiny and capped.
std::optional<Multiplier> Exponent(std::string_view suffix) {
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix[0] == '+') {
    suffix.remove_prefix(1);
    if (suffix.empty() || !IsDigit(suffix[0])) return std::nullopt;
  }
  std::int32_t exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc() || end != suffix.data() + suffix.size()) return std::nullopt;
  return Multiplier{0, exponent};
}

std::optional<Multiplier> ParseSuffix(std::string_view suffix) {
  if (suffix.empty()) return Multiplier{};
  if (suffix.size() == 1) return SingleLetter(suffix[0]);
  if (suffix.size() == 2 && suffix[1] == 'i') return BinaryLetter(suffix[0]);
  return Exponent(suffix);
}

// The digits of a number without sign and leading zeros. digits[i] counts 10^(point - 1 - i);
// places beyond the text are zeros.
class Decimal {
 public:
  Decimal(std::string_view whole, std::string_view fraction)
      : whole_(whole), fraction_(fraction), point_(static_cast<std::int64_t>(whole.size())) {
    while (first_ < size() && Digit(first_) == 0) ++first_;
  }

  bool IsZero() const { return first_ == size(); }
  void Shift(std::int64_t places) { point_ += places; }
  // Decimal places from the first digit that is not 0 to the point; negative when it stands after.
  std::int64_t Magnitude() const { return point_ - first_; }

  // The part before the point, held at kMaxUnits + 1.
  __int128 Whole() const {
    __int128 value = 0;
    for (std::int64_t i = first_; i < point_ && value <= kMaxUnits; ++i) {
      value = value * 10 + Digit(i);
    }
    return std::min(value, kMaxUnits + 1);
  }

  // The part after the point times `factor`, rounded up. Multiplied from the last digit to the
  // first with a carry, so that any number of digits is exact; factor < 2^64 * 10^9.
  __int128 FractionTimes(__int128 factor) const {
    __int128 carry = 0;
    bool inexact = false;
    for (std::int64_t i = size() - 1; i >= point_; --i) {
      carry += factor * Digit(i);
      inexact |= carry % 10 != 0;
      carry /= 10;
    }
    return carry + (inexact ? 1 : 0);
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(whole_.size() + fraction_.size()); }
  int Digit(std::int64_t i) const {
    if (i < 0 || i >= size()) return 0;
    const auto at = static_cast<std::size_t>(i);
    return at < whole_.size() ? whole_[at] - '0' : fraction_[at - whole_.size()] - '0';
  }

  std::string_view whole_;
  std::string_view fraction_;
  std::int64_t point_;
  std::int64_t first_ = 0;
};

__int128 ToNanos(Decimal number, Multiplier multiplier) {
  if (number.IsZero()) return 0;
  number.Shift(multiplier.decimal);
  if (number.Magnitude() > kFarPlaces) return kMaxNanos;
  if (number.Magnitude() < -kFarPlaces) return 1;  // rounded up to the smallest there is
  const __int128 scale = static_cast<__int128>(1) << multiplier.binary;
  const __int128 whole = number.Whole();
  if (whole > kMaxUnits / scale) return kMaxNanos;
  const __int128 nanos =
      whole * scale * kNanosPerUnit + number.FractionTimes(scale * kNanosPerUnit);
  return std::min(nanos, kMaxNanos);
}

std::string_view TakeDigits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, IsDigit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

std::string DigitsOf(__int128 value) {
  std::string digits;
  for (; value != 0; value /= 10) digits += static_cast<char>('0' + static_cast<int>(value % 10));
  std::ranges::reverse(digits);
  return digits.empty() ? "0" : digits;
}

// apimachinery takes a suffix alone for zero as long as its fast path is wide enough for it.
bool MayLackDigits(Multiplier multiplier) {
  return multiplier.binary < 50 && multiplier.decimal >= -9;
}

}  // namespace

Result<Quantity> Quantity::Parse(std::string_view text) {
  if (text.empty()) return Fail("a quantity is empty");
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  const std::string_view whole = TakeDigits(text);
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = TakeDigits(text);
  }
  const auto multiplier = ParseSuffix(text);
  if (!multiplier) return Fail("a quantity is not a number with a known suffix");
  if (whole.empty() && fraction.empty() && !MayLackDigits(*multiplier)) {
    return Fail("a quantity has no digits");
  }
  const __int128 nanos = ToNanos(Decimal(whole, fraction), *multiplier);
  return FromNanos(negative ? -nanos : nanos);
}

std::string Quantity::ToString() const {
  const bool negative = nanos_ < 0;
  // The largest unit that divides the amount.
  struct Unit {
    std::int64_t nanos;
    const char* suffix;
  };
  static constexpr Unit kUnits[] = {{1'000'000'000, ""}, {1'000'000, "m"}, {1'000, "u"}, {1, "n"}};
  for (const Unit& unit : kUnits) {
    if (nanos_ % unit.nanos != 0) continue;
    const __int128 count = nanos_ / unit.nanos;
    return (negative ? "-" : "") + DigitsOf(negative ? -count : count) + unit.suffix;
  }
  return "0";
}

std::int64_t Quantity::Scaled(std::int64_t unit_nanos) const {
  __int128 value = nanos_ / unit_nanos;
  const __int128 rest = nanos_ % unit_nanos;
  if (rest > 0) ++value;
  if (rest < 0) --value;
  constexpr __int128 kMin = std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(std::clamp(value, kMin, kMaxUnits));
}

}  // namespace berth::api
