// What the kernels for AVX-512 share.
#pragma once

// GCC 12 warns of its own header (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <algorithm>
#include <cstdint>

namespace {

// Of a vector of float32.
constexpr int64_t kLanes = 16;

inline int64_t parts(int64_t number, int64_t most) { return (number + most - 1) / most; }

inline int64_t up(int64_t number, int64_t unit) { return parts(number, unit) * unit; }

inline __mmask16 first_lanes(int64_t count) {
  return static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, kLanes)) - 1);
}

}  // namespace
