// The factors of a correlation, laid out: see correlation.cpp. For AVX-512 alone.
#pragma once

#include <algorithm>
#include <cstdint>

#include "correlation_plan.h"

#define FOOF_WIDE __attribute__((target("avx512f")))
#define FOOF_INLINE inline __attribute__((always_inline, target("avx512f")))

namespace {

// Turns a matrix of 16 vectors.
FOOF_INLINE void turn(__m512 (&x)[kLanes]) {
  __m512 y[kLanes];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      const __m512d a = _mm512_castps_pd(y[i + j]);
      const __m512d b = _mm512_castps_pd(y[i + j + 2]);
      x[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      x[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    y[i] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0x88);
    y[i + 4] = _mm512_shuffle_f32x4(x[i], x[i + 4], 0xdd);
    y[i + 8] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0x88);
    y[i + 12] = _mm512_shuffle_f32x4(x[i + 8], x[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    x[i] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0x88);
    x[i + 8] = _mm512_shuffle_f32x4(y[i], y[i + 8], 0xdd);
    x[i + 4] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0x88);
    x[i + 12] = _mm512_shuffle_f32x4(y[i + 4], y[i + 12], 0xdd);
  }
}

// Numbers [channel][place] of up to 16 channels as vectors [place].
FOOF_WIDE void turn_rows(const float* from, int64_t step, int64_t channels, int64_t count, float* into) {
  for (int64_t place = 0; place < count; place += kLanes) {
    const auto lanes = first_lanes(count - place);
    __m512 x[kLanes];
    if (channels == kLanes) {
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; i++) x[i] = _mm512_maskz_loadu_ps(lanes, from + i * step + place);
    } else {
      for (int i = 0; i < kLanes; i++) {
        x[i] = i < channels ? _mm512_maskz_loadu_ps(lanes, from + i * step + place) : _mm512_setzero_ps();
      }
    }
    turn(x);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) _mm512_store_ps(into + (place + i) * kLanes, x[i]);
  }
}

// Where combinations are put: those of a place in planes, places by a panel's width apart.
struct Panel {
  float* planes;
  int64_t plane;
  int64_t width;
};

// The 16 combinations of errors at the places of some rows of one image.
FOOF_WIDE void combine_errors(
    const foof_correlation& shape, const Plan& plan, const float* errors, int64_t channels, int64_t first, int64_t count,
    float* turned, Panel panel) {
  const auto top = kErrors * first;
  const auto rows = std::min(kErrors * count, shape.rows - top);
  turn_rows(errors + top * shape.columns, shape.rows * shape.columns, channels, rows * shape.columns, turned);
  const __m512 zero = _mm512_setzero_ps();
  for (int64_t row = 0; row < count; row++) {
    const float* upper = turned + kErrors * row * shape.columns * kLanes;
    const float* lower = upper + shape.columns * kLanes;
    const bool has_lower = kErrors * row + 1 < rows;
    for (int64_t place = 0; place < plan.across; place++, panel.planes += panel.width) {
      const bool has_right = kErrors * place + 1 < shape.columns;
      const auto at = kErrors * place * kLanes;
      const __m512 e00 = _mm512_load_ps(upper + at);
      const __m512 e01 = has_right ? _mm512_load_ps(upper + at + kLanes) : zero;
      const __m512 e10 = has_lower ? _mm512_load_ps(lower + at) : zero;
      const __m512 e11 = has_lower && has_right ? _mm512_load_ps(lower + at + kLanes) : zero;
      const auto put = [&](int row_tap, __m512 e0, __m512 e1) FOOF_WIDE __attribute__((always_inline)) {
        float* to = panel.planes + row_tap * kTaps * panel.plane;
        _mm512_store_ps(to, e0);
        _mm512_store_ps(to + panel.plane, _mm512_add_ps(e0, e1));
        _mm512_store_ps(to + 2 * panel.plane, _mm512_sub_ps(e0, e1));
        _mm512_store_ps(to + 3 * panel.plane, e1);
      };
      put(0, e00, e01);
      put(1, _mm512_add_ps(e00, e10), _mm512_add_ps(e01, e11));
      put(2, _mm512_sub_ps(e00, e10), _mm512_sub_ps(e01, e11));
      put(3, e10, e11);
    }
  }
}

// Errors as they are.
FOOF_WIDE void copy_errors(
    const foof_correlation& shape, const float* errors, int64_t channels, int64_t first, int64_t count, float* turned,
    Panel panel) {
  turn_rows(errors + first * shape.columns, shape.rows * shape.columns, channels, count * shape.columns, turned);
  for (int64_t place = 0; place < count * shape.columns; place++) {
    _mm512_store_ps(panel.planes + place * panel.width, _mm512_load_ps(turned + place * kLanes));
  }
}

// d0 - d2, d1 + d2, d2 - d1, d3 - d1.
FOOF_INLINE void combine(const __m512 (&d)[kTaps], __m512 (&into)[kTaps]) {
  into[0] = _mm512_sub_ps(d[0], d[2]);
  into[1] = _mm512_add_ps(d[1], d[2]);
  into[2] = _mm512_sub_ps(d[2], d[1]);
  into[3] = _mm512_sub_ps(d[3], d[1]);
}

// Some rows of an image, turned, with zeros around it.
struct Pixels {
  Pixels(
      const foof_correlation& shape, const Plan& plan, const float* image, int64_t channels, int64_t first, int64_t count,
      float* turned)
      : top(plan.move * first - shape.above),
        begin(std::clamp<int64_t>(top, 0, shape.height)),
        end(std::clamp<int64_t>(top + plan.move * (count - 1) + plan.height, begin, shape.height)),
        width(shape.width),
        turned(turned) {
    turn_rows(image + begin * width, shape.height * width, channels, (end - begin) * width, turned);
  }

  // Of a row, counted from the first place's, and a column of the image.
  FOOF_INLINE __m512 at(int64_t row, int64_t x) const {
    const auto y = top + row;
    const bool inside = begin <= y && y < end && 0 <= x && x < width;
    return inside ? _mm512_load_ps(turned + ((y - begin) * width + x) * kLanes) : _mm512_setzero_ps();
  }

  int64_t top;
  int64_t begin;
  int64_t end;
  int64_t width;
  const float* turned;
};

// The 16 combinations of pixels at the places of some rows of one image.
FOOF_WIDE void combine_pixels(
    const foof_correlation& shape, const Plan& plan, const float* image, int64_t channels, int64_t first, int64_t count,
    float* turned, Panel panel) {
  const Pixels pixels(shape, plan, image, channels, first, count, turned);
  for (int64_t row = 0; row < count; row++) {
    // Columns of four pixels, combined; the last two are the next place's first.
    const auto column = [&](int64_t x, __m512 (&into)[kTaps]) FOOF_WIDE __attribute__((always_inline)) {
      __m512 d[kTaps];
#pragma GCC unroll 4
      for (int i = 0; i < kTaps; i++) d[i] = pixels.at(kErrors * row + i, x - shape.left);
      combine(d, into);
    };
    __m512 columns[kTaps][kTaps];
    column(0, columns[0]);
    column(1, columns[1]);
    for (int64_t place = 0; place < plan.across; place++, panel.planes += panel.width) {
      column(kErrors * place + 2, columns[2]);
      column(kErrors * place + 3, columns[3]);
#pragma GCC unroll 4
      for (int i = 0; i < kTaps; i++) {
        const __m512 d[] = {columns[0][i], columns[1][i], columns[2][i], columns[3][i]};
        __m512 found[kTaps];
        combine(d, found);
#pragma GCC unroll 4
        for (int j = 0; j < kTaps; j++) _mm512_store_ps(panel.planes + (i * kTaps + j) * panel.plane, found[j]);
        columns[0][i] = columns[2][i];
        columns[1][i] = columns[3][i];
      }
    }
  }
}

// Pixels as they are, a plane for each point of the kernel.
FOOF_WIDE void copy_pixels(
    const foof_correlation& shape, const Plan& plan, const float* image, int64_t channels, int64_t first, int64_t count,
    float* turned, Panel panel) {
  const Pixels pixels(shape, plan, image, channels, first, count, turned);
  for (int64_t row = 0; row < count; row++) {
    for (int64_t place = 0; place < plan.across; place++, panel.planes += panel.width) {
      float* to = panel.planes;
      for (int64_t ky = 0; ky < shape.kernel_height; ky++) {
        for (int64_t kx = 0; kx < shape.kernel_width; kx++, to += panel.plane) {
          _mm512_store_ps(to, pixels.at(shape.stride * row + ky, shape.stride * place + kx - shape.left));
        }
      }
    }
  }
}

// Calls act(image, first row of places, count, place) for the rows from one to before another, as many together as are turned
// at a time.
template <typename Act>
void for_rows(const Plan& plan, int64_t first, int64_t past, Act act) {
  for (int64_t row = first; row < past;) {
    const auto within = row % plan.down;
    const auto count = std::min({plan.together, plan.down - within, past - row});
    act(row / plan.down, within, count, (row - first) * plan.across);
    row += count;
  }
}

}  // namespace
