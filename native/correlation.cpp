// Correlations of images with errors, which are the gradients of convolutions' weights:
//
//   G[o, c, ky, kx] = sum over n, y, x of E[n, o, y, x] X[n, c, stride y + ky - above, stride x + kx - left]
//
// in float32 on processors with AVX-512. For kernels of 3 x 3 that move by one, by Winograd's minimal filtering. In one
// dimension two errors e and the four pixels d that they meet give the kernel's three sums by four products in place of six:
//
//   m0 = (d0 - d2) e0,  m1 = (d1 + d2) (e0 + e1),  m2 = (d2 - d1) (e0 - e1),  m3 = (d3 - d1) e1,
//   G0 = m0 + (m1 + m2)/2,  G1 = (m1 - m2)/2,      G2 = (m1 + m2)/2 + m3,
//
// in two, 2 x 2 errors and 4 x 4 pixels by 16 in place of 36. The m are summed over all such places first: 16 products of
// matrices, outputs by places by channels. For other kernels a place is one error, with a product for each of the kernel's
// points. The factors are laid out for some places at a time, so that they stay in the caches, with channels as the lanes of
// vectors.

#include "api.h"

#include <cstdint>

#if defined(__x86_64__)

#include "correlation_planes.h"

namespace {

// The products of a panel of outputs [place][output] and half a panel of channels, added to sums [channel][output] in the lanes
// that are kept.
template <int kVectors>
FOOF_WIDE void add_products(const float* errors, const float* pixels, int64_t places, float* sums, __mmask16 kept) {
  __m512 found[kTile][kVectors];
#pragma GCC unroll 8
  for (int c = 0; c < kTile; c++) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) found[c][v] = _mm512_setzero_ps();
  }
  for (int64_t place = 0; place < places; place++, errors += kOutputs, pixels += kChannels) {
    __m512 e[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) e[v] = _mm512_load_ps(errors + v * kLanes);
#pragma GCC unroll 8
    for (int c = 0; c < kTile; c++) {
      const __m512 x = _mm512_set1_ps(pixels[c]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; v++) found[c][v] = _mm512_fmadd_ps(e[v], x, found[c][v]);
    }
  }
#pragma GCC unroll 8
  for (int c = 0; c < kTile; c++) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; v++) {
      float* at = sums + c * kOutputs + v * kLanes;
      _mm512_store_ps(at, _mm512_add_ps(_mm512_maskz_load_ps(kept, at), found[c][v]));
    }
  }
}

// What one thread does: places of its own, or channels.
void add_up(
    const foof_correlation& shape, const Plan& plan, const float* images, const float* errors, int64_t slice, int64_t share,
    float* own, float* sums) {
  float* turned = own;
  float* error_planes = turned + plan.turned;
  float* image_planes = error_planes + plan.error_planes * plan.error_plane;
  const auto first_panel = share * plan.share;
  const auto past_panel = std::min(first_panel + plan.share, plan.channel_panels);
  const auto past_channel = std::min(past_panel * kChannels, shape.channels);
  const auto past = std::min((slice + 1) * plan.slice, shape.images * plan.down);
  // The first places' products are what the sums are to begin with.
  __mmask16 kept = 0;
  for (int64_t first = slice * plan.slice; first < past; first += plan.rows, kept = 0xffff) {
    const auto rows = std::min(plan.rows, past - first);
    const auto places = rows * plan.across;
    for (int64_t output = 0; output < shape.outputs; output += kLanes) {
      float* panel = error_planes + output / kOutputs * kOutputs * plan.places + output % kOutputs;
      for_rows(plan, first, first + rows, [&](int64_t image, int64_t row, int64_t count, int64_t place) {
        const float* from = errors + (image * shape.outputs + output) * shape.rows * shape.columns;
        const auto channels = std::min(kLanes, shape.outputs - output);
        const Panel to{panel + place * kOutputs, plan.error_plane, kOutputs};
        if (plan.minimal) {
          combine_errors(shape, plan, from, channels, row, count, turned, to);
        } else {
          copy_errors(shape, from, channels, row, count, turned, to);
        }
      });
    }
    for (int64_t index = first_panel; index < past_panel; index++) {
      const auto channel = index * kChannels;
      float* panel = image_planes + (index - first_panel) * kChannels * plan.places;
      for_rows(plan, first, first + rows, [&](int64_t image, int64_t row, int64_t count, int64_t place) {
        const float* from = images + (image * shape.channels + channel) * shape.height * shape.width;
        const auto lay_out = plan.minimal ? &combine_pixels : &copy_pixels;
        lay_out(
            shape, plan, from, std::min(kLanes, shape.channels - channel), row, count, turned,
            Panel{panel + place * kChannels, plan.image_plane, kChannels});
      });
    }
    for (int64_t plane = 0; plane < plan.planes; plane++) {
      for (int64_t output = 0; output < plan.output_panels; output++) {
        const auto products = shape.outputs - output * kOutputs > kLanes ? &add_products<2> : &add_products<1>;
        const float* e = error_planes + plane % plan.error_planes * plan.error_plane + output * kOutputs * plan.places;
        float* to = sums + (plane * plan.output_panels + output) * plan.channel_panels * kChannels * kOutputs;
        for (int64_t channel = first_panel * kChannels; channel < past_channel; channel += kTile) {
          const auto index = channel / kChannels - first_panel;
          products(
              e, image_planes + plane * plan.image_plane + index * kChannels * plan.places + channel % kChannels, places,
              to + channel * kOutputs, kept);
        }
      }
    }
  }
}

// m0 + (m1 + m2)/2, (m1 - m2)/2, (m1 + m2)/2 + m3.
FOOF_INLINE void filter(const __m512 (&m)[kTaps], __m512 (&into)[kKernel]) {
  const __m512 half = _mm512_set1_ps(0.5f);
  const __m512 even = _mm512_mul_ps(half, _mm512_add_ps(m[1], m[2]));
  into[0] = _mm512_add_ps(m[0], even);
  into[1] = _mm512_mul_ps(half, _mm512_sub_ps(m[1], m[2]));
  into[2] = _mm512_add_ps(even, m[3]);
}

// The gradient of a vector of outputs from the sums of all slices.
FOOF_WIDE void write(const foof_correlation& shape, const Plan& plan, int64_t first, const float* sums, float* gradient) {
  const auto plane = plan.output_panels * plan.channel_panels * kChannels * kOutputs;
  const auto points = shape.kernel_height * shape.kernel_width;
  for (int64_t channel = 0; channel < shape.channels; channel++) {
    const float* own = sums + (first / kOutputs * plan.channel_panels * kChannels + channel) * kOutputs + first % kOutputs;
    const auto sum = [&](int64_t index) FOOF_WIDE __attribute__((always_inline)) {
      __m512 all = _mm512_load_ps(own + index * plane);
      for (int64_t slice = 1; slice < plan.slices; slice++) {
        all = _mm512_add_ps(all, _mm512_load_ps(own + index * plane + slice * plan.sums));
      }
      return all;
    };
    alignas(64) float found[kMostPoints][kLanes];
    if (plan.minimal) {
      __m512 rows[kTaps][kKernel];
      for (int64_t i = 0; i < kTaps; i++) {
        const __m512 m[] = {sum(i * kTaps), sum(i * kTaps + 1), sum(i * kTaps + 2), sum(i * kTaps + 3)};
        filter(m, rows[i]);
      }
      for (int64_t j = 0; j < kKernel; j++) {
        const __m512 m[] = {rows[0][j], rows[1][j], rows[2][j], rows[3][j]};
        __m512 column[kKernel];
        filter(m, column);
        for (int64_t i = 0; i < kKernel; i++) _mm512_store_ps(found[i * kKernel + j], column[i]);
      }
    } else {
      for (int64_t point = 0; point < points; point++) _mm512_store_ps(found[point], sum(point));
    }
    for (int64_t output = first; output < std::min(first + kLanes, shape.outputs); output++) {
      float* to = gradient + (output * shape.channels + channel) * points;
      for (int64_t point = 0; point < points; point++) to[point] = found[point][output - first];
    }
  }
}

}  // namespace

// Whether the processor has the instructions.
FOOF_API int32_t foof_correlation_available() { return __builtin_cpu_supports("avx512f"); }

// The bytes that a correlation needs for itself.
FOOF_API int64_t foof_correlation_bytes(const foof_correlation* shape, int32_t threads) {
  return Plan(*shape, threads).numbers() * int64_t{sizeof(float)};
}

// gradient [outputs; channels; kernel] <- the correlation of images and errors; all in one piece.
FOOF_API void foof_correlate(
    const foof_correlation* what, const float* images, const float* errors, float* gradient, void* own, int32_t threads) {
  const auto& shape = *what;
  const Plan plan(shape, threads);
  auto* memory = reinterpret_cast<float*>(up(reinterpret_cast<int64_t>(own), kLanes * int64_t{sizeof(float)}));
  auto* all_sums = memory + plan.threads() * plan.own;
  // The system may give fewer threads than it was asked for, so that shares of the work are a loop's turns.
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static)
    for (int64_t thread = 0; thread < plan.threads(); thread++) {
      const auto slice = thread / plan.shares;
      add_up(shape, plan, images, errors, slice, thread % plan.shares, memory + thread * plan.own, all_sums + slice * plan.sums);
    }
#pragma omp for schedule(static)
    for (int64_t output = 0; output < shape.outputs; output += kLanes) write(shape, plan, output, all_sums, gradient);
  }
}

#else

FOOF_API int32_t foof_correlation_available() { return 0; }

#endif
