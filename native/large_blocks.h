// The large blocks of memory.cpp.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <mutex>
#include <unordered_map>
#include <vector>

// Large blocks: whole pages of the system, and those that were freed. Memory that went back to the system comes again page by
// page, about 1 ms for the 4 MB of a weight of order 1000, and on a virtual machine several times that; a step of training asks
// for the same blocks as the one before. So as much is kept as keeps the process within what it lately had in use at once,
// and 64 MB beyond. On the C library's heap the blocks that are kept would hold back all that was freed below them.
class LargeBlocks {
 public:
  static constexpr size_t kSmallest = size_t{1} << 20;

  // Null where the system has no memory left, not even with all that was kept.
  static void* pop(size_t bytes) {
    const auto size = (bytes + kPage - 1) / kPage * kPage;
    const std::lock_guard<std::mutex> lock(state().guard);
    void* block = take(size);
    if (block == nullptr) block = fresh(size);
    if (block != nullptr) state().used += state().sizes[block];
    note_use();
    return block;
  }

  static void push(void* memory) { push_if_own(memory); }

  // Frees what came from here, and tells whether it did.
  static bool push_if_own(void* memory) {
    const std::lock_guard<std::mutex> lock(state().guard);
    const auto own = state().sizes.find(memory);
    if (own == state().sizes.end()) return false;
    const auto size = own->second;
    state().used -= size;
    state().kept.push_back({memory, size});
    state().bytes += size;
    note_use();
    drop_to(room());
    return true;
  }

  // Gives all that is kept back to the system, and forgets what was in use.
  static void give_back() {
    const std::lock_guard<std::mutex> lock(state().guard);
    drop_to(0);
    state().most_before = state().most = state().used;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static constexpr size_t kPage = size_t{1} << 16;
  static constexpr size_t kLargePage = size_t{1} << 21;
  // Smaller blocks are kept, mostly, and then there is nothing to gain.
  static constexpr size_t kLeastForLargePages = size_t{1} << 23;
  static constexpr size_t kBeyond = size_t{64} << 20;
  // Longer than a step of training, shorter than anyone waits for memory that is not needed any more.
  static constexpr std::chrono::seconds kLately{30};

  struct Block {
    void* memory;
    size_t size;
  };

  struct State {
    std::mutex guard;
    // Of all blocks, in use or kept.
    std::unordered_map<void*, size_t> sizes;
    std::deque<Block> kept;
    size_t bytes = 0;
    size_t used = 0;
    // The most in use at once, since a time and in as long before it.
    size_t most = 0;
    size_t most_before = 0;
    Clock::time_point since = Clock::now();
  };

  // Never destroyed: tensors outlive static objects.
  static State& state() {
    static auto& state = *new State;
    return state;
  }

  static void note_use() {
    const auto now = Clock::now();
    if (now - state().since > kLately) {
      state().most_before = now - state().since > 2 * kLately ? 0 : state().most;
      state().most = 0;
      state().since = now;
    }
    state().most = std::max(state().most, state().used);
  }

  static size_t room() { return std::max(state().most, state().most_before) - state().used + kBeyond; }

  static void* mapped(size_t size) {
    void* fresh = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return fresh == MAP_FAILED ? nullptr : fresh;
  }

  // Pages of 2 MB where the system has them for those who ask: 85 MB come in 6 to 11 ms, in small pages in 24.
  static void* from_system(size_t size) {
#ifdef MADV_HUGEPAGE
    if (size >= kLeastForLargePages) {
      auto* all = static_cast<char*>(mapped(size + kLargePage));
      if (all == nullptr) return mapped(size);
      const auto before = (kLargePage - reinterpret_cast<uintptr_t>(all) % kLargePage) % kLargePage;
      if (before > 0) munmap(all, before);
      if (before < kLargePage) munmap(all + before + size, kLargePage - before);
      madvise(all + before, size, MADV_HUGEPAGE);
      return all + before;
    }
#endif
    return mapped(size);
  }

  // A block for which none of those kept serves as it is: new where there is room, else made of others.
  static void* fresh(size_t size) {
    const auto most = room();
    if (state().bytes + size > most) {
      if (void* block = cut(size)) return block;
      drop_to(most > size ? most - size : 0);
    }
    void* block = from_system(size);
    if (block == nullptr) {
      drop_to(0);
      block = from_system(size);
    }
    if (block != nullptr) state().sizes.emplace(block, size);
    return block;
  }

  // A block out of neighbours that are kept, as few bytes of them as will do; what is left over stays. Null where there are none.
  static void* cut(size_t size) {
    auto& kept = state().kept;
    std::vector<Block> by_address(kept.begin(), kept.end());
    std::sort(by_address.begin(), by_address.end(), [](auto& a, auto& b) { return a.memory < b.memory; });
    char* best = nullptr;
    size_t least = std::numeric_limits<size_t>::max();
    for (auto first = by_address.begin(); first != by_address.end(); ++first) {
      char* const start = static_cast<char*>(first->memory);
      size_t all = 0;
      for (auto next = first; next != by_address.end() && next->memory == start + all && all < size; ++next) all += next->size;
      if (all < size || all >= least) continue;
      best = start;
      least = all;
    }
    if (best == nullptr) return nullptr;
    const auto is_part = [&](const Block& block) { return best <= block.memory && block.memory < best + least; };
    for (auto& block : by_address) {
      if (is_part(block)) state().sizes.erase(block.memory);
    }
    kept.erase(std::remove_if(kept.begin(), kept.end(), is_part), kept.end());
    state().sizes.emplace(best, size);
    state().bytes -= size;
    if (least > size) {
      state().sizes.emplace(best + size, least - size);
      kept.push_back({best + size, least - size});
    }
    return best;
  }

  static void to_system(const Block& block) {
    state().sizes.erase(block.memory);
    munmap(block.memory, block.size);
  }

  // The newest block that wastes little: it may still be in the processor's caches.
  static void* take(size_t size) {
    auto& kept = state().kept;
    for (auto at = kept.rbegin(); at != kept.rend(); ++at) {
      if (at->size < size || at->size > size + size / 8) continue;
      void* memory = at->memory;
      state().bytes -= at->size;
      kept.erase(std::next(at).base());
      return memory;
    }
    return nullptr;
  }

  // Gives the oldest back to the system until at most this much is kept.
  static void drop_to(size_t bytes) {
    while (state().bytes > bytes) {
      const auto oldest = state().kept.front();
      state().kept.pop_front();
      state().bytes -= oldest.size;
      to_system(oldest);
    }
  }
};
