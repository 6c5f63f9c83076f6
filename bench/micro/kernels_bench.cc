// Every kernel of scoring/kernels.h beside its scalar reference, over 5,000 and 100,000 rows.
//
// items/s are rows, bytes/s what the columns of one call take: 5,000 rows of a few columns stay in
// the L2 cache, 100,000 do not.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

#include "scheduler/base/random.h"
#include "scoring/kernels.h"
#include "scoring/kernels_scalar.h"

namespace berth::scoring {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint32_t kTableEntries = 200;  // distinct label values, taint sets

// Columns of one cluster: two resources, scores, dictionary ids, counts.
struct Input {
  explicit Input(std::size_t row_count) : rows(row_count), mask(row_count) {
    base::Random random(kSeed);
    for (std::size_t row = 0; row < rows; ++row) {
      cpu[row] = static_cast<std::int64_t>(4000 + random.Below(60'000));
      cpu_used[row] = static_cast<std::int64_t>(random.Below(64'000));
      memory[row] = static_cast<std::int64_t>(random.Below(std::uint64_t{1} << 38)) + (1 << 30);
      memory_used[row] = static_cast<std::int64_t>(random.Below(std::uint64_t{1} << 38));
      scores[row] = static_cast<std::int64_t>(random.Below(101));
      ids[row] = static_cast<std::uint32_t>(random.Below(kTableEntries));
      counts[row] = static_cast<std::int32_t>(random.Below(10));
      fractions[row] = static_cast<double>(random.Below(10'000)) / 7;
      order[row] = static_cast<std::uint32_t>(row);
    }
    for (std::size_t row = rows; row-- > 1;) std::swap(order[row], order[random.Below(row + 1)]);
    terms[0] = Term(cpu, cpu_used, 250, quotients[0], quotients[1]);
    terms[1] = Term(memory, memory_used, 1 << 29, quotients[2], quotients[3]);
    for (std::int64_t i = 0; i <= 100; ++i) shape[static_cast<std::size_t>(i)] = 100 - i;
    for (std::uint32_t i = 0; i < kTableEntries; ++i) {
      kept[i] = i % 8 != 0;
      weights[i] = i % 50;
      real_weights[i] = static_cast<double>(i) / 3;
    }
  }

  ResourceTerm Term(const Column<std::int64_t>& capacity, const Column<std::int64_t>& used,
                    std::int64_t request, Column<double>& reciprocal, Column<double>& fraction) {
    reciprocal.Resize(rows);
    fraction.Resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      reciprocal[row] = Reciprocal(capacity[row]);
      fraction[row] = UsedFraction(used[row], capacity[row]);
    }
    return {capacity.data(), used.data(), request, 1, reciprocal.data(), fraction.data(), true};
  }

  std::size_t words() const { return mask.word_count(); }

  std::size_t rows;
  NodeMask mask;
  Column<std::int64_t> cpu{rows}, cpu_used{rows}, memory{rows}, memory_used{rows};
  Column<std::int64_t> scores{rows}, out{rows};
  Column<std::uint32_t> ids{rows}, order{rows};
  Column<std::int32_t> counts{rows};
  Column<double> fractions{rows}, sums{rows};
  NodeMask scratch{rows};
  std::array<Column<double>, 4> quotients;
  std::array<ResourceTerm, 2> terms{};
  std::array<std::int64_t, 101> shape{};
  std::array<std::uint32_t, kTableEntries> kept{};
  std::array<std::int64_t, kTableEntries> weights{};
  std::array<double, kTableEntries> real_weights{};
};

// Runs `call` over as many rows as the benchmark's argument says, each worth `row_bytes`.
template <typename Call>
void Run(benchmark::State& state, std::int64_t row_bytes, Call call) {
  Input input(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    input.mask.SetAll();  // kernels that clear bits start anew; a word for 64 rows
    call(input);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * row_bytes);
}

// A benchmark of the vector kernel and one of the scalar reference, with one body: `CALL` sees the
// kernels of its namespace and an Input called `in`.
#define BERTH_KERNEL_BENCH(NAME, ROW_BYTES, CALL)                             \
  void Vector_##NAME(benchmark::State& state) {                               \
    Run(state, ROW_BYTES, [](Input& in) { ::berth::scoring::CALL; });         \
  }                                                                           \
  void Scalar_##NAME(benchmark::State& state) {                               \
    Run(state, ROW_BYTES, [](Input& in) { ::berth::scoring::scalar::CALL; }); \
  }                                                                           \
  BENCHMARK(Vector_##NAME)->Arg(5'000)->Arg(100'000);                         \
  BENCHMARK(Scalar_##NAME)->Arg(5'000)->Arg(100'000)

BERTH_KERNEL_BENCH(FitRows, 16,
                   FitRows(in.cpu.data(), in.cpu_used.data(), 250, in.words(), in.mask.words()));
BERTH_KERNEL_BENCH(LeastAllocated, 40,
                   LeastAllocated(in.terms, in.mask.words(), in.words(), in.out.data()));
BERTH_KERNEL_BENCH(MostAllocated, 40,
                   MostAllocated(in.terms, in.mask.words(), in.words(), in.out.data()));
BERTH_KERNEL_BENCH(RequestedToCapacityRatio, 40,
                   RequestedToCapacityRatio(in.terms, in.shape.data(), in.mask.words(), in.words(),
                                            in.out.data()));
BERTH_KERNEL_BENCH(BalancedAllocation, 40,
                   BalancedAllocation(in.terms, in.mask.words(), in.words(), in.out.data()));
BERTH_KERNEL_BENCH(AddWeighted, 24,
                   AddWeighted(in.scores.data(), 3, in.mask.words(), in.words(), in.out.data()));
BERTH_KERNEL_BENCH(MinMaxOf, 8, MinMaxOf(in.scores.data(), in.mask.words(), in.words()));
BERTH_KERNEL_BENCH(KeepHighest, 16, KeepHighest(in.scores.data(), in.words(), in.mask.words()));
BERTH_KERNEL_BENCH(PermuteBits, 4,
                   PermuteBits(in.order.data(), in.rows, in.mask.words(), in.scratch.words()));
BERTH_KERNEL_BENCH(NormalizeByMax, 16,
                   NormalizeByMax(100, false, in.mask.words(), in.words(), in.scores.data()));
BERTH_KERNEL_BENCH(NormalizeByMinMax, 16,
                   NormalizeByMinMax({0, 100}, in.mask.words(), in.words(), in.scores.data()));
BERTH_KERNEL_BENCH(NormalizeFlipped, 16,
                   NormalizeFlipped({0, 100}, in.mask.words(), in.words(), in.scores.data()));
BERTH_KERNEL_BENCH(RoundColumn, 16,
                   RoundColumn(in.fractions.data(), in.mask.words(), in.words(), in.out.data()));
BERTH_KERNEL_BENCH(KeepByTable, 4,
                   KeepByTable(in.ids.data(), in.kept.data(), in.words(), in.mask.words()));
BERTH_KERNEL_BENCH(KeepAtMost, 4,
                   KeepAtMost(in.ids.data(), in.weights.data(), 40, in.words(), in.mask.words()));
BERTH_KERNEL_BENCH(AddByTableOfIntegers, 20,
                   AddByTable(in.ids.data(), in.weights.data(), in.mask.words(), in.words(),
                              in.out.data()));
BERTH_KERNEL_BENCH(AddByTableOfDoubles, 20,
                   AddByTable(in.ids.data(), in.real_weights.data(), in.mask.words(), in.words(),
                              in.sums.data()));
BERTH_KERNEL_BENCH(AddScaledCountsAsDoubles, 20,
                   AddScaledCounts(in.counts.data(), 1.6, 2.0, in.mask.words(), in.words(),
                                   in.sums.data()));
BERTH_KERNEL_BENCH(AddScaledCountsAsIntegers, 20,
                   AddScaledCounts(in.counts.data(), std::int64_t{7}, in.mask.words(), in.words(),
                                   in.out.data()));

}  // namespace
}  // namespace berth::scoring
