// Every vector kernel against its scalar reference, on every instruction set of this machine.
#include "scoring/kernels.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "scoring/kernels_scalar.h"
#include "tests/scoring/kernel_input.h"
#include "tests/support/seed.h"
#include "tests/support/simd_targets.h"

namespace berth::scoring {
namespace {

constexpr int kRounds = 200;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

class Kernels : public support::RandomTest {
 protected:
  // Runs one round after another, each on every instruction set with the same input.
  template <typename Round>
  void OnEveryTarget(Round round) {
    SCOPED_TRACE(support::SeedNote());
    support::OnEverySimdTarget([&] {
      KernelInput input(support::TestSeed());
      for (int i = 0; i < kRounds && !HasFailure(); ++i) round(input);
    });
  }

  // Both write to a column that holds the same noise: set rows must come out equal, rows of words
  // without any set row must keep their noise.
  template <typename T, typename Kernel, typename Reference>
  static void ExpectSameColumn(const NodeMask& mask, const Column<T>& before, Kernel kernel,
                               Reference reference) {
    Column<T> ours = before;
    Column<T> expected = before;
    kernel(ours.data());
    reference(expected.data());
    for (std::size_t row = 0; row < mask.word_count() * kRowsPerWord; ++row) {
      const bool word_is_zero = mask.words()[row / kRowsPerWord] == 0;
      if (word_is_zero) {
        ASSERT_EQ(ours[row], before[row]) << "row " << row << " of a word that is zero";
      } else if ((mask.words()[row / kRowsPerWord] >> (row % kRowsPerWord) & 1) != 0) {
        ASSERT_EQ(ours[row], expected[row]) << "row " << row;
      }
    }
  }

  static Column<std::int64_t> Noise(KernelInput& input, std::size_t rows) {
    return input.ColumnOf<std::int64_t>(rows, [&] { return input.Any(); });
  }

  template <typename Kernel>
  void CompareResourceScores(Kernel kernel, Kernel reference) {
    OnEveryTarget([&](KernelInput& input) {
      const std::size_t rows = input.Rows();
      const Magnitude magnitude = kMagnitudes[input.random().Below(std::size(kMagnitudes))];
      const auto columns = input.Resources(rows, 1 + input.random().Below(4), magnitude);
      const NodeMask mask = input.Mask(rows);
      SCOPED_TRACE("magnitude " + std::to_string(static_cast<int>(magnitude)));
      ExpectSameColumn(
          mask, Noise(input, rows),
          [&](std::int64_t* out) { kernel(columns.terms, mask.words(), mask.word_count(), out); },
          [&](std::int64_t* out) {
            reference(columns.terms, mask.words(), mask.word_count(), out);
          });
    });
  }
};

TEST_F(Kernels, FitRows) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const auto columns = input.Resources(rows, 1, Magnitude::kMixed);
    const ResourceTerm& term = columns.terms.front();
    NodeMask ours = input.Mask(rows);
    NodeMask expected = ours;
    FitRows(term.capacity, term.used, term.request, ours.word_count(), ours.words());
    scalar::FitRows(term.capacity, term.used, term.request, expected.word_count(),
                    expected.words());
    ASSERT_EQ(ours, expected);
  });
}

TEST_F(Kernels, LeastAllocated) { CompareResourceScores(LeastAllocated, scalar::LeastAllocated); }

TEST_F(Kernels, MostAllocated) { CompareResourceScores(MostAllocated, scalar::MostAllocated); }

TEST_F(Kernels, BalancedAllocation) {
  CompareResourceScores(BalancedAllocation, scalar::BalancedAllocation);
}

TEST_F(Kernels, RequestedToCapacityRatio) {
  KernelInput shapes(support::TestSeed());
  std::array<std::int64_t, 101> shape;
  for (auto& value : shape) value = shapes.random().Chance(1, 5) ? 0 : shapes.Between(0, 100);
  const auto with_shape = [&shape](auto kernel) {
    return
        [&shape, kernel](std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                         std::int64_t* out) { kernel(terms, shape.data(), mask, words, out); };
  };
  using Kernel =
      std::function<void(std::span<const ResourceTerm>, const Word*, std::size_t, std::int64_t*)>;
  CompareResourceScores<Kernel>(with_shape(RequestedToCapacityRatio),
                                with_shape(scalar::RequestedToCapacityRatio));
}

TEST_F(Kernels, AddWeighted) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const auto scores = Noise(input, rows);
    const std::int64_t weight = input.random().Chance(1, 4) ? 1 : input.Any();
    ExpectSameColumn(
        mask, Noise(input, rows),
        [&](std::int64_t* out) {
          AddWeighted(scores.data(), weight, mask.words(), mask.word_count(), out);
        },
        [&](std::int64_t* out) {
          scalar::AddWeighted(scores.data(), weight, mask.words(), mask.word_count(), out);
        });
  });
}

TEST_F(Kernels, WeightedSum) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const auto totals = Noise(input, rows);
    const auto scores = Noise(input, rows);
    const std::int64_t weight = input.random().Chance(1, 4) ? 1 : input.Any();
    ExpectSameColumn(
        mask, Noise(input, rows),
        [&](std::int64_t* out) {
          WeightedSum(totals.data(), scores.data(), weight, mask.words(), mask.word_count(), out);
        },
        [&](std::int64_t* out) {
          scalar::WeightedSum(totals.data(), scores.data(), weight, mask.words(), mask.word_count(),
                              out);
        });
  });
}

TEST_F(Kernels, MinMaxOf) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const auto values = Noise(input, rows);
    const MinMax ours = MinMaxOf(values.data(), mask.words(), mask.word_count());
    const MinMax expected = scalar::MinMaxOf(values.data(), mask.words(), mask.word_count());
    ASSERT_EQ(ours.min, expected.min);
    ASSERT_EQ(ours.max, expected.max);
  });
}

TEST_F(Kernels, MinMaxOfNoRows) {
  OnEveryTarget([](KernelInput&) {
    const Column<std::int64_t> values(100);
    const NodeMask none(100);
    const MinMax range = MinMaxOf(values.data(), none.words(), none.word_count());
    ASSERT_EQ(range.min, kMax);
    ASSERT_EQ(range.max, std::numeric_limits<std::int64_t>::min());
  });
}

TEST_F(Kernels, NormalizeByMax) {
  const std::int64_t limits[] = {1,
                                 2,
                                 3,
                                 7,
                                 99,
                                 100,
                                 101,
                                 1000,
                                 1 << 20,
                                 kMax / 100,
                                 kMax / 100 - 1,
                                 (std::int64_t{1} << 53) / 100,
                                 (std::int64_t{1} << 53) / 100 - 1};
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const std::int64_t max = limits[input.random().Below(std::size(limits))];
    const bool reverse = input.random().Chance(1, 2);
    const auto values = input.ColumnOf<std::int64_t>(rows, [&] { return input.Between(0, max); });
    ExpectSameColumn(
        mask, values,
        [&](std::int64_t* out) {
          NormalizeByMax(max, reverse, mask.words(), mask.word_count(), out);
        },
        [&](std::int64_t* out) {
          scalar::NormalizeByMax(max, reverse, mask.words(), mask.word_count(), out);
        });
  });
}

TEST_F(Kernels, NormalizeByMinMax) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const std::int64_t min = input.Any() / 4;
    const std::int64_t width =
        input.random().Chance(1, 2) ? input.Between(1, 200) : input.Between(1, kMax / 2);
    const MinMax range{min, min + width};
    const auto values =
        input.ColumnOf<std::int64_t>(rows, [&] { return input.Between(range.min, range.max); });
    ExpectSameColumn(
        mask, values,
        [&](std::int64_t* out) { NormalizeByMinMax(range, mask.words(), mask.word_count(), out); },
        [&](std::int64_t* out) {
          scalar::NormalizeByMinMax(range, mask.words(), mask.word_count(), out);
        });
  });
}

// kube-scheduler divides before it multiplies: 29, 57 and 58 of 100 lose a unit.
TEST_F(Kernels, NormalizeByMinMaxRoundsTwice) {
  OnEveryTarget([](KernelInput&) {
    Column<std::int64_t> values(128);
    for (std::size_t i = 0; i <= 100; ++i) values[i] = static_cast<std::int64_t>(i);
    NodeMask mask(101);
    mask.SetAll();
    NormalizeByMinMax({0, 100}, mask.words(), mask.word_count(), values.data());
    for (std::int64_t i = 0; i <= 100; ++i) {
      const bool loses_one = i == 29 || i == 57 || i == 58;
      ASSERT_EQ(values[static_cast<std::size_t>(i)], loses_one ? i - 1 : i);
    }
  });
}

TEST_F(Kernels, NormalizeFlipped) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const std::int64_t widest = input.random().Chance(1, 2) ? 200 : kMax / 400;
    const std::int64_t max = input.Between(1, widest);
    const MinMax range{input.Between(0, max), max};
    const auto values =
        input.ColumnOf<std::int64_t>(rows, [&] { return input.Between(range.min, range.max); });
    ExpectSameColumn(
        mask, values,
        [&](std::int64_t* out) { NormalizeFlipped(range, mask.words(), mask.word_count(), out); },
        [&](std::int64_t* out) {
          scalar::NormalizeFlipped(range, mask.words(), mask.word_count(), out);
        });
  });
}

TEST_F(Kernels, RoundColumn) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    // Halves, and what is next to a half on either side.
    const auto values = input.ColumnOf<double>(rows, [&] {
      const std::int64_t whole = input.random().Chance(1, 2)
                                     ? input.Between(0, 3)
                                     : input.Between(0, (std::int64_t{1} << 51) - 2);
      const double half = static_cast<double>(whole) + 0.5;
      const double near[] = {half, std::nextafter(half, 0.0), std::nextafter(half, 1e300),
                             static_cast<double>(whole)};
      return near[input.random().Below(std::size(near))];
    });
    ExpectSameColumn(
        mask, Noise(input, rows),
        [&](std::int64_t* out) {
          RoundColumn(values.data(), mask.words(), mask.word_count(), out);
        },
        [&](std::int64_t* out) {
          scalar::RoundColumn(values.data(), mask.words(), mask.word_count(), out);
        });
  });
}

TEST_F(Kernels, KeepHighest) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const bool few_values = input.random().Chance(2, 3);
    const auto values = input.ColumnOf<std::int64_t>(
        rows, [&] { return few_values ? input.Between(-2, 2) : input.Any(); });
    NodeMask ours = input.Mask(rows);
    NodeMask expected = ours;
    const auto highest = KeepHighest(values.data(), ours.word_count(), ours.words());
    ASSERT_EQ(highest, scalar::KeepHighest(values.data(), expected.word_count(), expected.words()));
    ASSERT_EQ(ours, expected);
  });
}

TEST_F(Kernels, PermuteBits) {
  OnEveryTarget([&](KernelInput& input) {
    const NodeMask mask = input.Mask(input.Rows());
    const std::size_t rows = input.Rows();
    const auto order = input.ColumnOf<std::uint32_t>(
        rows, [&] { return static_cast<std::uint32_t>(input.random().Below(mask.size())); });
    NodeMask ours = input.Mask(rows);  // what was there before does not show through
    NodeMask expected(rows);
    PermuteBits(order.data(), rows, mask.words(), ours.words());
    scalar::PermuteBits(order.data(), rows, mask.words(), expected.words());
    ASSERT_EQ(ours, expected);
  });
}

TEST_F(Kernels, CountRows) {
  OnEveryTarget([&](KernelInput& input) {
    const NodeMask mask = input.Mask(input.Rows());
    ASSERT_EQ(CountRows(mask.words(), mask.word_count()),
              scalar::CountRows(mask.words(), mask.word_count()));
    ASSERT_EQ(mask.Count(), CountRows(mask.words(), mask.word_count()));
  });
}

TEST_F(Kernels, AddWhereEqual) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    NodeMask ours = input.Mask(rows);
    NodeMask expected = ours;
    const NodeMask bits = input.Mask(rows);
    const auto values =
        input.ColumnOf<std::int64_t>(ours.word_count(), [&] { return input.Between(-1, 1); });
    const std::int64_t wanted = input.Between(-1, 2);
    AddWhereEqual(values.data(), wanted, bits.words(), ours.word_count(), ours.words());
    scalar::AddWhereEqual(values.data(), wanted, bits.words(), ours.word_count(), expected.words());
    ASSERT_EQ(ours, expected);
  });
}

TEST_F(Kernels, KeepAtMost) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    std::vector<std::int64_t> table(1 + input.random().Below(20));
    for (auto& value : table)
      value = input.random().Chance(1, 2) ? input.Between(0, 5) : input.Any();
    const std::int64_t limit = table[input.random().Below(table.size())];
    const auto ids = input.ColumnOf<std::uint32_t>(
        rows, [&] { return static_cast<std::uint32_t>(input.random().Below(table.size())); });
    NodeMask ours = input.Mask(rows);
    NodeMask expected = ours;
    KeepAtMost(ids.data(), table.data(), limit, ours.word_count(), ours.words());
    scalar::KeepAtMost(ids.data(), table.data(), limit, expected.word_count(), expected.words());
    ASSERT_EQ(ours, expected);
  });
}

TEST_F(Kernels, KeepByTable) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    std::vector<std::uint32_t> table(1 + input.random().Below(20));
    for (auto& flag : table) flag = static_cast<std::uint32_t>(input.random().Below(3));
    const auto ids = input.ColumnOf<std::uint32_t>(
        rows, [&] { return static_cast<std::uint32_t>(input.random().Below(table.size())); });
    NodeMask ours = input.Mask(rows);
    NodeMask expected = ours;
    KeepByTable(ids.data(), table.data(), ours.word_count(), ours.words());
    scalar::KeepByTable(ids.data(), table.data(), expected.word_count(), expected.words());
    ASSERT_EQ(ours, expected);
  });
}

template <typename T>
void CompareAddByTable(KernelInput& input, std::vector<T> table, const Column<T>& before,
                       auto expect_same) {
  const std::size_t rows = before.size();
  const NodeMask mask = input.Mask(rows);
  const auto ids = input.ColumnOf<std::uint32_t>(
      rows, [&] { return static_cast<std::uint32_t>(input.random().Below(table.size())); });
  expect_same(
      mask, before,
      [&](T* out) { AddByTable(ids.data(), table.data(), mask.words(), mask.word_count(), out); },
      [&](T* out) {
        scalar::AddByTable(ids.data(), table.data(), mask.words(), mask.word_count(), out);
      });
}

TEST_F(Kernels, AddByTable) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const auto same = [](const auto&... args) { ExpectSameColumn(args...); };
    std::vector<std::int64_t> integers(1 + input.random().Below(20));
    for (auto& value : integers) value = input.Any();
    CompareAddByTable(input, integers, Noise(input, rows), same);

    const auto fraction = [&] { return static_cast<double>(input.Between(-1000, 1000)) / 7; };
    std::vector<double> doubles(1 + input.random().Below(20));
    for (auto& value : doubles) value = fraction();
    CompareAddByTable(input, doubles, input.ColumnOf<double>(rows, fraction), same);
  });
}

TEST_F(Kernels, SumByTable) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    // Small ones are looked up in registers.
    std::vector<std::int64_t> table(1 + input.random().Below(input.random().Chance(1, 2) ? 5 : 64));
    for (auto& value : table) value = input.Any();
    const auto ids = input.ColumnOf<std::uint32_t>(
        rows, [&] { return static_cast<std::uint32_t>(input.random().Below(table.size())); });
    const auto totals = Noise(input, rows);
    const auto compare = [&](const Column<std::int64_t>& before, auto totals_of) {
      ExpectSameColumn(
          mask, before,
          [&](std::int64_t* out) {
            SumByTable(totals_of(out), ids.data(), table, mask.words(), mask.word_count(), out);
          },
          [&](std::int64_t* out) {
            scalar::SumByTable(totals_of(out), ids.data(), table, mask.words(), mask.word_count(),
                               out);
          });
    };
    compare(Noise(input, rows), [&](const std::int64_t*) { return totals.data(); });
    compare(totals, [](const std::int64_t* out) { return out; });
  });
}

TEST_F(Kernels, AddScaledCounts) {
  OnEveryTarget([&](KernelInput& input) {
    const std::size_t rows = input.Rows();
    const NodeMask mask = input.Mask(rows);
    const auto counts = input.ColumnOf<std::int32_t>(
        rows, [&] { return static_cast<std::int32_t>(input.Between(-5, 1 << 20)); });
    const double weight = static_cast<double>(input.Between(1, 1000)) / 13;
    const auto bias = static_cast<double>(input.Between(0, 9));
    const auto sums = input.ColumnOf<double>(
        rows, [&] { return static_cast<double>(input.Between(-1000, 1000)) / 7; });
    ExpectSameColumn(
        mask, sums,
        [&](double* out) {
          AddScaledCounts(counts.data(), weight, bias, mask.words(), mask.word_count(), out);
        },
        [&](double* out) {
          scalar::AddScaledCounts(counts.data(), weight, bias, mask.words(), mask.word_count(),
                                  out);
        });
    const std::int64_t factor = input.Any();
    ExpectSameColumn(
        mask, Noise(input, rows),
        [&](std::int64_t* out) {
          AddScaledCounts(counts.data(), factor, mask.words(), mask.word_count(), out);
        },
        [&](std::int64_t* out) {
          scalar::AddScaledCounts(counts.data(), factor, mask.words(), mask.word_count(), out);
        });
  });
}

}  // namespace
}  // namespace berth::scoring
