// Memory for columns that are large and many.
#pragma once

#include <cstddef>

namespace berth::scoring {

// A scheduler makes and drops columns of the same few lengths all day. From the system, each new
// one of 5,000 rows would cost ten page faults, more than what is computed in it. So blocks of
// kMinRowBytes to kMaxRowBytes come from chunks of huge pages and go back to a list of their size,
// never to the system; sizes are rounded up by a quarter at most. The first chunk is made present
// as a whole, when the first column asks, unless that was forbidden. What is smaller or larger than that is left to operator
// new. Under sanitizers everything is, so that they see each block.
inline constexpr std::size_t kMinRowBytes = std::size_t{1} << 14;
inline constexpr std::size_t kMaxRowBytes = std::size_t{1} << 20;

// For processes that live long and should be small: pages come as they are used. Before the first
// column is made, if it is to have an effect. Thread-safe.
void LeaveRowsToBeMadePresent() noexcept;

// Not initialised, aligned to 64 bytes. Throws std::bad_alloc. Thread-safe.
void* AllocateRows(std::size_t bytes);
// `bytes` as it was asked for. Thread-safe.
void FreeRows(void* block, std::size_t bytes) noexcept;

}  // namespace berth::scoring
