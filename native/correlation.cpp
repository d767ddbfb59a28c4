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

// GCC 12 warns of its own header (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <algorithm>

#define FOOF_WIDE __attribute__((target("avx512f")))
#define FOOF_INLINE inline __attribute__((always_inline, target("avx512f")))

// What is correlated: images [images; channels; height; width] and errors [images; outputs; rows; columns].
struct foof_correlation {
  int64_t images;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t outputs;
  int64_t rows;
  int64_t columns;
  int64_t kernel_height;
  int64_t kernel_width;
  // Rows and columns of zeros before an image.
  int64_t above;
  int64_t left;
  int64_t stride;
};

namespace {

constexpr int64_t kLanes = 16;

// What is filtered: a kernel's points along an axis, pixels that a place meets, errors of a place.
constexpr int64_t kKernel = 3;
constexpr int64_t kTaps = 4;
constexpr int64_t kErrors = 2;

// The largest kernel.
constexpr int64_t kMostPoints = 9;

// Places whose factors are laid out at a time: a panel of each factor then stays in the nearest cache.
constexpr int64_t kPlaces = 128;

// Panels: outputs by two vectors, channels by one. A tile's sums, two vectors of outputs by eight channels, fill 16 registers.
constexpr int64_t kOutputs = 2 * kLanes;
constexpr int64_t kChannels = kLanes;
constexpr int64_t kTile = kChannels / 2;

// As many numbers as sums may be, where threads with places of their own have their own.
constexpr int64_t kMostSums = int64_t{1} << 24;

// About as many numbers of a channel as are turned at a time.
constexpr int64_t kTurned = 256;

int64_t up(int64_t number, int64_t unit) { return (number + unit - 1) / unit * unit; }

int64_t parts(int64_t number, int64_t most) { return (number + most - 1) / most; }

// How the work is cut.
struct Plan {
  Plan(const foof_correlation& shape, int64_t most_threads) {
    minimal = shape.kernel_height == kKernel && shape.kernel_width == kKernel && shape.stride == 1;
    planes = minimal ? kTaps * kTaps : shape.kernel_height * shape.kernel_width;
    error_planes = minimal ? planes : 1;
    move = minimal ? kErrors : shape.stride;
    height = minimal ? kTaps : shape.kernel_height;
    across = minimal ? parts(shape.columns, kErrors) : shape.columns;
    down = minimal ? parts(shape.rows, kErrors) : shape.rows;
    rows = std::max<int64_t>(1, kPlaces / across);
    places = rows * across;
    output_panels = parts(shape.outputs, kOutputs);
    channel_panels = parts(shape.channels, kChannels);
    sums = planes * output_panels * kOutputs * channel_panels * kChannels;

    // Threads have places of their own, and channels where there would be too many sums.
    const auto all_rows = shape.images * down;
    slice = parts(all_rows, std::clamp<int64_t>(kMostSums / sums, 1, std::min(most_threads, parts(all_rows, rows))));
    slices = parts(all_rows, slice);
    share = parts(channel_panels, std::clamp<int64_t>(most_threads / slices, 1, channel_panels));
    shares = parts(channel_panels, share);

    together = std::clamp<int64_t>((kTurned / shape.width - height) / move + 1, 1, rows);
    const auto pixels = (move * (together - 1) + height) * shape.width;
    turned = up(std::max(pixels, together * (minimal ? kErrors : 1) * shape.columns), kLanes) * kLanes;
    // A vector more, lest all planes share the same lines of a cache.
    error_plane = output_panels * kOutputs * places + kLanes;
    image_plane = share * kChannels * places + kLanes;
    own = turned + error_planes * error_plane + planes * image_plane;
  }

  int64_t threads() const { return slices * shares; }
  int64_t numbers() const { return kLanes + threads() * own + slices * sums; }

  bool minimal;
  int64_t planes;
  int64_t error_planes;
  // Pixels from a place to the next, and how many one meets from above.
  int64_t move;
  int64_t height;
  // Rows of places are counted through all images.
  int64_t across;
  int64_t down;
  int64_t rows;
  int64_t places;
  int64_t output_panels;
  int64_t channel_panels;
  int64_t sums;
  int64_t slices;
  int64_t shares;
  int64_t share;
  int64_t slice;
  int64_t together;
  int64_t turned;
  int64_t error_plane;
  int64_t image_plane;
  int64_t own;
};

__mmask16 first_lanes(int64_t count) {
  return static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, kLanes)) - 1);
}

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
    const float* upper = turned + 2 * row * shape.columns * kLanes;
    const float* lower = upper + shape.columns * kLanes;
    const bool has_lower = 2 * row + 1 < rows;
    for (int64_t place = 0; place < plan.across; place++, panel.planes += panel.width) {
      const bool has_right = 2 * place + 1 < shape.columns;
      const auto at = 2 * place * kLanes;
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
