// Products of two Gram matrices, element by element, which are the inner products of gradients that are themselves products of
// one error and one activation:
//
//   K[i, j] = (a_i . a'_j) (e_i . e'_j)
//
// in float32 on processors with AVX-512. With few rows a product of matrices takes twice as long as its arithmetic, to lay out
// its factors and to wait for its threads; here rows are read where they lie, along which both sides are in one piece, and each
// thread finds both sums of an element.

#include "api.h"

#include <cstdint>

#if defined(__x86_64__)

#include "lanes.h"

#define FOOF_WIDE __attribute__((target("avx512f,avx512dq,avx512vl")))

namespace {

// Rows of either side whose inner products are found at once: 24 sums, with a vector of each row, are what registers hold.
constexpr int kLeft = 6;
constexpr int kRight = 4;

// About how many rows of the right side a task has: few enough for tasks to come out even.
constexpr int64_t kTask = 64;

// Rows of numbers, all `length` long and one after the other.
struct Rows {
  const float* first;
  int64_t count;
  int64_t length;

  // Beyond the last row stands the last one: what it gives is not used.
  const float* at(int64_t row) const { return first + std::min(row, count - 1) * length; }
};

// The sums of four vectors' lanes.
FOOF_WIDE __attribute__((always_inline)) inline __m128 sums(const __m512 (&v)[kRight]) {
  const __m512 a = _mm512_add_ps(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));
  const __m512 b = _mm512_add_ps(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
  const __m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
  const __m512 all =
      _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

// The inner products of left rows from i on with right rows from j on; for `times`, multiplied with what is there.
FOOF_WIDE void inner_products(
    const Rows& left, const Rows& right, int64_t i, int64_t j, bool times, float* products) {
  const float* x[kLeft];
  const float* y[kRight];
  __m512 sum[kLeft][kRight];
#pragma GCC unroll 6
  for (int r = 0; r < kLeft; r++) {
    x[r] = left.at(i + r);
#pragma GCC unroll 4
    for (int c = 0; c < kRight; c++) sum[r][c] = _mm512_setzero_ps();
  }
#pragma GCC unroll 4
  for (int c = 0; c < kRight; c++) y[c] = right.at(j + c);
  const auto add = [&](int64_t k, __mmask16 lanes) FOOF_WIDE __attribute__((always_inline)) {
    __m512 with[kRight];
#pragma GCC unroll 4
    for (int c = 0; c < kRight; c++) with[c] = _mm512_maskz_loadu_ps(lanes, y[c] + k);
#pragma GCC unroll 6
    for (int r = 0; r < kLeft; r++) {
      const __m512 from = _mm512_maskz_loadu_ps(lanes, x[r] + k);
#pragma GCC unroll 4
      for (int c = 0; c < kRight; c++) sum[r][c] = _mm512_fmadd_ps(from, with[c], sum[r][c]);
    }
  };
  const auto whole = left.length / kLanes * kLanes;
  for (int64_t k = 0; k < whole; k += kLanes) add(k, 0xffff);
  if (whole < left.length) add(whole, first_lanes(left.length - whole));
  const auto columns = static_cast<__mmask8>(first_lanes(std::min<int64_t>(kRight, right.count - j)));
#pragma GCC unroll 6
  for (int r = 0; r < kLeft; r++) {
    if (i + r == left.count) break;
    float* at = products + (i + r) * right.count + j;
    const __m128 found = sums(sum[r]);
    _mm_mask_storeu_ps(at, columns, times ? _mm_mul_ps(found, _mm_maskz_loadu_ps(columns, at)) : found);
  }
}

}  // namespace

// Whether the processor has the instructions.
FOOF_API int32_t foof_row_products_available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

// products [m; m'] <- (x_i . x'_j) (y_i . y'_j); x [m; width], x' [m'; width], y [m; height], y' [m'; height], all in one piece.
// Where both sides are the same rows, each pair's is found once.
FOOF_API void foof_row_products(
    const float* x, const float* x_right, int64_t width, const float* y, const float* y_right, int64_t height, int64_t m,
    int64_t m_right, float* products, int32_t threads) {
  const bool symmetric = x == x_right && y == y_right && m == m_right;
  const auto blocks = parts(m_right, kTask);
  const auto block = up(parts(m_right, blocks), kRight);
  const Rows left[] = {{x, m, width}, {y, m, height}};
  const Rows right[] = {{x_right, m_right, width}, {y_right, m_right, height}};
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic)
    for (int64_t task = 0; task < parts(m, kLeft) * blocks; task++) {
      const auto i = task / blocks * kLeft;
      const auto first = task % blocks * block;
      const auto past = std::min(first + block, symmetric ? std::min(i + kLeft, m) : m_right);
      // One side's rows after the other's, so that the left ones stay in the nearest cache.
      for (int side = 0; side < 2; side++) {
        for (int64_t j = first; j < past; j += kRight) inner_products(left[side], right[side], i, j, side == 1, products);
      }
    }
    if (symmetric) {
#pragma omp for schedule(static)
      for (int64_t i = 0; i < m; i++) {
        for (int64_t j = i + 1; j < m; j++) products[i * m + j] = products[j * m + i];
      }
    }
  }
}

#else

FOOF_API int32_t foof_row_products_available() { return 0; }

#endif
