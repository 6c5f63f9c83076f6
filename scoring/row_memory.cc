#include "scoring/row_memory.h"

#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>

#include "scoring/column.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BERTH_POOL_ROWS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BERTH_POOL_ROWS false
#endif
#endif
#ifndef BERTH_POOL_ROWS
#define BERTH_POOL_ROWS true
#endif

namespace berth::scoring {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kChunk = std::size_t{1} << 25;
constexpr std::size_t kStepsPerDoubling = 4;
constexpr std::size_t kSizes =
    kStepsPerDoubling * (std::bit_width(kMaxRowBytes) - std::bit_width(kMinRowBytes)) + 1;

bool IsPooled(std::size_t bytes) {
  return BERTH_POOL_ROWS && bytes >= kMinRowBytes && bytes <= kMaxRowBytes;
}

// The smallest of the sizes that `bytes` fit in: kMinRowBytes * 2^(n/4), in equal steps between
// powers of 2.
std::size_t SizeIndex(std::size_t bytes) {
  const auto doubling = static_cast<std::size_t>(std::bit_width((bytes - 1) | kMinRowBytes) -
                                                 std::bit_width(kMinRowBytes));
  const std::size_t base = kMinRowBytes << doubling;
  const std::size_t step = base / kStepsPerDoubling;
  return bytes <= base ? doubling * kStepsPerDoubling
                       : doubling * kStepsPerDoubling + (bytes - base + step - 1) / step;
}

std::size_t SizeAt(std::size_t index) {
  const std::size_t base = kMinRowBytes << (index / kStepsPerDoubling);
  return base + index % kStepsPerDoubling * (base / kStepsPerDoubling);
}

class RowPool {
 public:
  void* Allocate(std::size_t index) {
    const std::lock_guard lock(mutex_);
    if (FreeBlock* block = free_[index]; block != nullptr) {
      free_[index] = block->next;
      return block;
    }
    const std::size_t bytes = SizeAt(index);
    if (left_ < bytes) AddChunk();
    void* block = next_;
    next_ += bytes;
    left_ -= bytes;
    return block;
  }

  void LeaveToBeMadePresent() noexcept {
    const std::lock_guard lock(mutex_);
    present_ = true;
  }

  void Free(void* block, std::size_t index) noexcept {
    const std::lock_guard lock(mutex_);
    free_[index] = new (block) FreeBlock{free_[index]};
  }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  // The rest of the chunk before is given up: less than a block.
  void AddChunk() {
    constexpr std::size_t kMapped = kChunk + kHugePage;
    void* mapped =
        mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(mapped);
    next_ = static_cast<std::byte*>(mapped) + (kHugePage - address % kHugePage) % kHugePage;
    left_ = kChunk;
    // Both are advice: without them the pages come one by one.
    madvise(next_, kChunk, MADV_HUGEPAGE);
    if (!std::exchange(present_, true)) madvise(next_, kChunk, MADV_POPULATE_WRITE);
  }

  std::mutex mutex_;
  std::array<FreeBlock*, kSizes> free_{};  // by size: lists through the blocks themselves
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  bool present_ = false;  // or to be left as it is
};

// Never destroyed: columns may outlive everything else.
RowPool& Pool() {
  static auto& pool = *new RowPool;
  return pool;
}

}  // namespace

void LeaveRowsToBeMadePresent() noexcept { Pool().LeaveToBeMadePresent(); }

void* AllocateRows(std::size_t bytes) {
  if (IsPooled(bytes)) return Pool().Allocate(SizeIndex(bytes));
  return ::operator new(bytes, std::align_val_t(kAlignment));
}

void FreeRows(void* block, std::size_t bytes) noexcept {
  if (IsPooled(bytes)) return Pool().Free(block, SizeIndex(bytes));
  ::operator delete(block, std::align_val_t(kAlignment));
}

}  // namespace berth::scoring
