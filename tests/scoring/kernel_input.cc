#include "tests/scoring/kernel_input.h"

#include <algorithm>
#include <limits>

namespace berth::scoring {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kExactLimit = (std::int64_t{1} << 53) / 100;

}  // namespace

std::size_t KernelInput::Rows() {
  const std::size_t words = 1 + random_.Below(6);
  return random_.Chance(1, 3) ? words * kRowsPerWord
                              : (words - 1) * kRowsPerWord + 1 + random_.Below(kRowsPerWord);
}

NodeMask KernelInput::Mask(std::size_t rows) {
  NodeMask mask(rows);
  for (std::size_t i = 0; i < mask.word_count(); ++i) {
    const NodeMask::Word words[] = {0, ~NodeMask::Word{0}, random_.Next(),
                                    random_.Next() & random_.Next() & random_.Next()};
    mask.words()[i] = words[random_.Below(std::size(words))];
  }
  NodeMask real_rows(rows);
  real_rows.SetAll();
  mask.And(real_rows);
  return mask;
}

std::int64_t KernelInput::Any() {
  const std::int64_t ends[] = {kMin, kMin + 1, -1, 0, 1, kMax - 1, kMax};
  if (random_.Chance(1, 4)) return ends[random_.Below(std::size(ends))];
  return static_cast<std::int64_t>(random_.Next() >> random_.Below(64));
}

std::int64_t KernelInput::Between(std::int64_t low, std::int64_t high) {
  const auto width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t offset =
      width == ~std::uint64_t{0} ? random_.Next() : random_.Below(width + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

std::int64_t KernelInput::Amount(Magnitude magnitude) {
  if (random_.Chance(1, 10)) return 0;
  switch (magnitude) {
    case Magnitude::kMilliCores:
      return Between(1, 64'000);
    case Magnitude::kBytes:
      return Between(1, std::int64_t{1} << 41);
    case Magnitude::kAtExactLimit:
      return Between(kExactLimit - 3, kExactLimit + 3);
    case Magnitude::kHuge:
      return random_.Chance(1, 8) ? kMax : Between(1, kMax);
    case Magnitude::kMixed:
      break;
  }
  return Amount(kMagnitudes[random_.Below(4)]);
}

std::int64_t KernelInput::Used(std::int64_t capacity) {
  switch (random_.Below(6)) {
    case 0:
      return 0;
    case 1:
      return capacity;
    case 2:  // overcommitted
      return Between(capacity, capacity > kMax / 3 ? kMax : 3 * capacity + 1);
    case 3:  // next to a whole percent
      return capacity / 100 * Between(0, 100) + Between(-1, 1);
    case 4:  // a sum that has wrapped
      return random_.Chance(1, 4) ? Between(kMin, -1) : Between(0, capacity);
    default:
      return Between(0, capacity);
  }
}

namespace {

constexpr std::int64_t kMaxPlainUse = std::int64_t{1} << 52;

bool IsPlain(const ResourceTerm& term, std::size_t rows) {
  for (std::size_t row = 0; row < rows; ++row) {
    if (term.capacity[row] <= 0 || term.capacity[row] >= kMaxPlainCapacity) return false;
    if (term.used[row] < 0 || term.used[row] >= kMaxPlainUse) return false;
  }
  return term.request < kMaxPlainUse;
}

}  // namespace

ResourceColumns KernelInput::Resources(std::size_t rows, std::size_t resources,
                                       Magnitude magnitude) {
  ResourceColumns columns;
  for (std::size_t i = 0; i < resources; ++i) {
    const bool plain = random_.Chance(1, 2);
    columns.capacity.push_back(ColumnOf<std::int64_t>(rows, [&] {
      const std::int64_t amount = Amount(magnitude);
      return plain ? std::clamp<std::int64_t>(amount, 1, kMaxPlainCapacity - 1) : amount;
    }));
    auto& used = columns.used.emplace_back(rows);
    for (std::size_t row = 0; row < WordsForRows(rows) * kRowsPerWord; ++row) {
      const std::int64_t amount = Used(columns.capacity[i][row]);
      used[row] = plain ? std::clamp<std::int64_t>(amount, 0, kMaxPlainUse - 1) : amount;
    }
    auto& reciprocal = columns.reciprocal.emplace_back(rows);
    auto& fraction = columns.used_fraction.emplace_back(rows);
    for (std::size_t row = 0; row < WordsForRows(rows) * kRowsPerWord; ++row) {
      reciprocal[row] = Reciprocal(columns.capacity[i][row]);
      fraction[row] = UsedFraction(used[row], columns.capacity[i][row]);
    }
  }
  for (std::size_t i = 0; i < resources; ++i) {
    const std::int64_t request = random_.Chance(1, 2) ? Between(0, 1000) : Amount(magnitude);
    columns.terms.push_back({columns.capacity[i].data(), columns.used[i].data(), request,
                             Between(1, 100), columns.reciprocal[i].data(),
                             columns.used_fraction[i].data(), false});
    columns.terms.back().is_plain = IsPlain(columns.terms.back(), rows);
  }
  return columns;
}

}  // namespace berth::scoring
