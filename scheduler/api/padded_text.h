// A byte buffer with readable bytes behind its end, as JSON parsing wants them.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace berth::api {

// Large blocks have pages of their own, which grow by being remapped and not by copying. Bytes that
// were made room for but never written cost no memory. Moves only. Not thread-safe for writing.
class PaddedText {
 public:
  static constexpr std::size_t kPadding = 64;

  PaddedText() = default;
  explicit PaddedText(std::string_view text) { Append(text); }
  PaddedText(PaddedText&& other) noexcept { *this = std::move(other); }
  PaddedText& operator=(PaddedText&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  // At least `count` writable bytes behind the text; Grow tells how many of them were used. The
  // pointer holds until the next call.
  char* Room(std::size_t count) {
    if (capacity_ - size_ < count) Reserve(size_ + std::max(count, size_ / 2));
    return data_.get() + size_;
  }
  void Grow(std::size_t count) {
    size_ += count;
    std::memset(data_.get() + size_, 0, kPadding);
  }

  void Reserve(std::size_t capacity) {
    if (capacity <= capacity_ && data_ != nullptr) return;
    if (capacity < kMappedBytes) {
      GrowOnHeap(capacity + kPadding);
    } else {
      GrowMapped(capacity + kPadding);
    }
    capacity_ = capacity;
    std::memset(data_.get() + size_, 0, kPadding);
  }
  void Append(std::string_view text) {
    std::memcpy(Room(text.size() + 1), text.data(), text.size());
    Grow(text.size());
  }

  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }

 private:
  static constexpr std::size_t kMappedBytes = std::size_t{1} << 20;

  struct Free {
    std::size_t mapped;  // bytes; 0, as without an initialiser, for a block on the heap
    void operator()(char* data) const {
      if (mapped > 0) {
        munmap(data, mapped);
      } else {
        std::free(data);
      }
    }
  };

  void GrowOnHeap(std::size_t bytes) {
    void* grown = std::realloc(data_.get(), bytes);
    if (grown == nullptr) throw std::bad_alloc();
    (void)data_.release();
    data_.reset(static_cast<char*>(grown));
  }

  void GrowMapped(std::size_t bytes) {
    const std::size_t mapped = data_.get_deleter().mapped;
    void* grown = mapped > 0 ? mremap(data_.get(), mapped, bytes, MREMAP_MAYMOVE)
                             : mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (grown == MAP_FAILED) throw std::bad_alloc();
    if (mapped > 0) {
      (void)data_.release();
    } else if (size_ > 0) {
      std::memcpy(grown, data_.get(), size_);
    }
    data_ = {static_cast<char*>(grown), Free{bytes}};
  }

  std::unique_ptr<char, Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace berth::api
