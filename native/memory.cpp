// The memory of libtorch's tensors on the processor.

#include "api.h"
#include "large_blocks.h"

#include <c10/core/CPUAllocator.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace {

// The memory of tensors. libtorch asks the C library for an aligned block for every tensor, which is half of the cost of a
// 4x4 product; here each thread keeps the small blocks that it freed, and the process the large ones. The others pass through.
class Blocks final : public c10::Allocator {
 public:
  explicit Blocks(c10::Allocator* rest) : rest_(rest) { rest_deleter_ = rest->raw_deleter(); }

  // Constant up to libtorch 2.2 and not constant after it: one of the two overrides.
  c10::DataPtr allocate(size_t bytes) const { return block_of(bytes); }
  c10::DataPtr allocate(size_t bytes) { return block_of(bytes); }

  // Asked for by later libtorch alone.
  void copy_data(void* target, const void* source, size_t bytes) const { std::memcpy(target, source, bytes); }

  // For callers that keep the address alone (oneDNN does): small blocks may be freed like the rest's.
  c10::DeleterFnPtr raw_deleter() const override { return &free_any; }

 private:
  c10::DataPtr block_of(size_t bytes) const {
    if (bytes >= LargeBlocks::kSmallest) {
      // Where there is no memory, libtorch says so.
      if (void* large = LargeBlocks::pop(bytes)) return {large, large, &LargeBlocks::push, c10::Device(c10::kCPU)};
    }
    if (bytes == 0 || bytes > kLargest) return rest_->allocate(bytes);
    const auto size = size_class(bytes);
    void* block = pop(size);
    return {block, block, kDeleters[size], c10::Device(c10::kCPU)};
  }

  static constexpr size_t kAlignment = 64;
  static constexpr int kClasses = 5;
  static constexpr size_t kLargest = kAlignment << (kClasses - 1);
  static constexpr int kMostKept = 256;

  struct Block {
    Block* next;
  };

  // Constant-initialised, so that reaching it costs no more than an address.
  struct FreeList {
    Block* first;
    int count;
  };

  FOOF_NEAR static thread_local FreeList free_lists_[kClasses];
  FOOF_NEAR static thread_local bool thread_ends_;

  struct AtThreadEnd {
    ~AtThreadEnd() {
      thread_ends_ = true;
      for (auto& list : free_lists_) {
        while (list.first != nullptr) std::free(std::exchange(list.first, list.first->next));
      }
    }
  };

  static int size_class(size_t bytes) {
    int size = 0;
    while ((kAlignment << size) < bytes) size++;
    return size;
  }

  static void* pop(int size) {
    auto& list = free_lists_[size];
    if (list.first == nullptr) {
      static thread_local AtThreadEnd at_thread_end;
      (void)at_thread_end;
      void* fresh = nullptr;
      if (posix_memalign(&fresh, kAlignment, kAlignment << size) != 0) throw std::bad_alloc();
      return fresh;
    }
    list.count--;
    return std::exchange(list.first, list.first->next);
  }

  // A block may be freed by another thread than it was made by; it then serves that thread.
  template <int kSize>
  static void push(void* memory) {
    auto& list = free_lists_[kSize];
    if (list.count == kMostKept || thread_ends_) {
      std::free(memory);
      return;
    }
    list.first = new (memory) Block{list.first};
    list.count++;
  }

  static constexpr std::array<c10::DeleterFnPtr, kClasses> kDeleters = {
      &push<0>, &push<1>, &push<2>, &push<3>, &push<4>};

  static void free_any(void* memory) {
    if (!LargeBlocks::push_if_own(memory)) rest_deleter_(memory);
  }

  static c10::DeleterFnPtr rest_deleter_;
  c10::Allocator* rest_;
};

c10::DeleterFnPtr Blocks::rest_deleter_ = nullptr;

FOOF_NEAR thread_local Blocks::FreeList Blocks::free_lists_[Blocks::kClasses] = {};
FOOF_NEAR thread_local bool Blocks::thread_ends_ = false;

// Above the default's priority, below what a program may set for itself.
const bool blocks_in_use = [] {
  static Blocks blocks(c10::GetCPUAllocator());
  c10::SetCPUAllocator(&blocks, 1);
  return true;
}();

}  // namespace

FOOF_API void foof_give_back_memory() { LargeBlocks::give_back(); }
