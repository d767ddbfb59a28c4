// Products of rounded float32 matrices in whole numbers, for processors that multiply numbers of 16 bits twice as fast as
// float32 (AVX512-VNNI) and have no matrix units for bfloat16.
//
// A row of the left matrix, and each column of the right one within a chunk of at most 128 of the sum's terms, is a scale times
// whole numbers of 12 bits and a sign: closer than bfloat16's 8 bits are, for what is not much smaller than the largest beside
// it. Sums of a chunk are exact in 32 bits, 4095^2 x 128 < 2^31, and chunks are added in float32.
//
// Both matrices lie as the instruction wants them, pairs of neighbouring terms in one word: the left in blocks of up to 14
// rows [block][pair][row], the right in panels of 32 columns [panel][pair][column].

#include "api.h"

#include <cstdint>

#if defined(__x86_64__)

#include "lanes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#define FOOF_WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vnni")))

namespace {

constexpr int64_t kMostTerms = 128;
constexpr float kMost = 4095;
constexpr int64_t kPanel = 32;
constexpr int64_t kMostRows = 14;
constexpr int64_t kAlignment = 64;

// How a sum of so many terms is cut: equal chunks of whole pairs.
struct Terms {
  explicit Terms(int64_t count) : count(count), chunks(parts(count, kMostTerms)) {
    chunk = up(parts(count, chunks), 2);
  }
  int64_t pairs() const { return chunks * chunk / 2; }

  int64_t count;
  int64_t chunks;
  int64_t chunk;
};

// The right matrix: whole numbers, and behind them the scales [panel][chunk][column].
struct Right {
  Right(void* memory, const Terms& terms, int64_t columns) : panels(parts(columns, kPanel)) {
    numbers = static_cast<int32_t*>(memory);
    scales = reinterpret_cast<float*>(numbers + panels * terms.pairs() * kPanel);
    bytes = panels * kPanel * (terms.pairs() + terms.chunks) * int64_t{sizeof(int32_t)};
  }
  int64_t panels;
  int32_t* numbers;
  float* scales;
  int64_t bytes;
};

// The left matrix: whole numbers, and behind them a scale for each row.
struct Left {
  Left(void* memory, const Terms& terms, int64_t rows) {
    blocks = parts(rows, kMostRows);
    height = parts(rows, blocks);
    numbers = static_cast<int32_t*>(memory);
    scales = reinterpret_cast<float*>(numbers + up(blocks * terms.pairs() * height, kAlignment));
    bytes = (up(blocks * terms.pairs() * height, kAlignment) + blocks * height) * int64_t{sizeof(int32_t)};
  }
  int64_t blocks;
  int64_t height;
  int32_t* numbers;
  float* scales;
  int64_t bytes;
};

// What numbers are divided by, given the largest of their absolute values; never zero, nor so small that it is rounded itself.
FOOF_WIDE inline __m512 unit_of(__m512 most) {
  return _mm512_max_ps(_mm512_mul_ps(most, _mm512_set1_ps(1 / kMost)), _mm512_set1_ps(std::numeric_limits<float>::min()));
}

FOOF_WIDE inline __m512i rounded(__m512 x, __m512 unit) { return _mm512_cvtps_epi32(_mm512_div_ps(x, unit)); }

// Columns of a matrix of `terms` rows as words of pairs, `stride` words from pair to pair, `pairs` of them, and their scales.
// What is not finite makes its column's scale NaN.
FOOF_WIDE void pack_columns(
    const float* from, int64_t step, int64_t terms, __mmask16 lanes, int32_t* into, int64_t stride, int64_t pairs,
    float* scales) {
  __m512 most = _mm512_setzero_ps();
  __m512 probe = _mm512_setzero_ps();
  for (int64_t k = 0; k < terms; k++) {
    const __m512 x = _mm512_maskz_loadu_ps(lanes, from + k * step);
    most = _mm512_max_ps(most, _mm512_abs_ps(x));
    probe = _mm512_fmadd_ps(x, _mm512_setzero_ps(), probe);
  }
  const __m512 unit = unit_of(most);
  for (int64_t pair = 0; pair < pairs; pair++) {
    __m512i word = _mm512_setzero_si512();
    if (2 * pair < terms) word = rounded(_mm512_maskz_loadu_ps(lanes, from + 2 * pair * step), unit);
    word = _mm512_and_si512(word, _mm512_set1_epi32(0xffff));
    if (2 * pair + 1 < terms) {
      const __m512i second = rounded(_mm512_maskz_loadu_ps(lanes, from + (2 * pair + 1) * step), unit);
      word = _mm512_or_si512(word, _mm512_slli_epi32(second, 16));
    }
    _mm512_mask_storeu_epi32(into + pair * stride, lanes, word);
  }
  _mm512_mask_storeu_ps(scales, lanes, _mm512_add_ps(unit, probe));
}

// The same for one row, whose terms are neighbours.
FOOF_WIDE void pack_row(const float* from, int64_t terms, int32_t* into, int64_t stride, int64_t pairs, float* scale) {
  __m512 most = _mm512_setzero_ps();
  __m512 probe = _mm512_setzero_ps();
  for (int64_t k = 0; k < terms; k += 16) {
    const __m512 x = _mm512_maskz_loadu_ps(first_lanes(terms - k), from + k);
    most = _mm512_max_ps(most, _mm512_abs_ps(x));
    probe = _mm512_fmadd_ps(x, _mm512_setzero_ps(), probe);
  }
  const __m512 unit = unit_of(_mm512_set1_ps(_mm512_reduce_max_ps(most)));
  for (int64_t k = 0; k < 2 * pairs; k += 16) {
    const __m512 x = _mm512_maskz_loadu_ps(first_lanes(terms - k), from + k);
    alignas(32) int32_t words[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(words), _mm512_cvtepi32_epi16(rounded(x, unit)));
    const int64_t count = std::min<int64_t>(8, pairs - k / 2);
    for (int64_t i = 0; i < count; i++) into[(k / 2 + i) * stride] = words[i];
  }
  *scale = _mm512_cvtss_f32(unit) + _mm512_reduce_add_ps(probe);
}

// The compiler's own form of it copies the sums to memory and back.
FOOF_WIDE inline __attribute__((always_inline)) void add_products(__m512i& sums, __m512i x, __m512i y) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(x), "v"(y));
}

struct Tile {
  const int32_t* left;
  const float* left_scales;
  const int32_t* right;
  const float* right_scales;
  float* result;
  int64_t step;
  int64_t rows;
  __mmask16 first;
  __mmask16 second;
};

// A block of rows times a panel of columns: result <- keep result + weight left right.
template <size_t... kRow>
FOOF_WIDE void multiply(std::index_sequence<kRow...>, const Terms& terms, Tile tile, float weight, float keep) {
  // Of the chunks so far; the rows' scales come at the end.
  alignas(kAlignment) float totals[sizeof...(kRow)][kPanel] = {};
  for (int64_t row = 0; row < tile.rows; row++) {
    // What is added to is far away in memory, as a rule.
    _mm_prefetch(reinterpret_cast<const char*>(tile.result + row * tile.step), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(tile.result + row * tile.step + 16), _MM_HINT_T0);
  }
  for (int64_t chunk = 0; chunk < terms.chunks; chunk++) {
    __m512i first[] = {((void)kRow, _mm512_setzero_si512())...};
    __m512i second[] = {((void)kRow, _mm512_setzero_si512())...};
    for (int64_t pair = 0; pair < terms.chunk / 2; pair++) {
      const __m512i y = _mm512_loadu_si512(tile.right);
      const __m512i z = _mm512_loadu_si512(tile.right + 16);
      __m512i x;
      ((x = _mm512_set1_epi32(tile.left[kRow]), add_products(first[kRow], x, y), add_products(second[kRow], x, z)), ...);
      tile.left += sizeof...(kRow);
      tile.right += kPanel;
    }
    const __m512 y = _mm512_loadu_ps(tile.right_scales);
    const __m512 z = _mm512_loadu_ps(tile.right_scales + 16);
    const auto add = [](float* total, __m512i sums, __m512 scales) FOOF_WIDE __attribute__((always_inline)) {
      _mm512_store_ps(total, _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scales, _mm512_load_ps(total)));
    };
    ((add(totals[kRow], first[kRow], y), add(totals[kRow] + 16, second[kRow], z)), ...);
    tile.right_scales += kPanel;
  }
  for (int64_t row = 0; row < tile.rows; row++) {
    const __m512 scale = _mm512_set1_ps(weight * tile.left_scales[row]);
    const auto finish = [&](float* at, __mmask16 lanes, const float* total) FOOF_WIDE {
      const __m512 old = keep == 0 ? _mm512_setzero_ps() : _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, at), _mm512_set1_ps(keep));
      _mm512_mask_storeu_ps(at, lanes, _mm512_fmadd_ps(_mm512_load_ps(total), scale, old));
    };
    finish(tile.result + row * tile.step, tile.first, totals[row]);
    finish(tile.result + row * tile.step + 16, tile.second, totals[row] + 16);
  }
}

template <size_t kHeight>
void multiply_block(const Terms& terms, const Tile& tile, float weight, float keep) {
  multiply(std::make_index_sequence<kHeight>(), terms, tile, weight, keep);
}

template <size_t... kHeight>
constexpr auto by_height(std::index_sequence<kHeight...>) {
  return std::array<void (*)(const Terms&, const Tile&, float, float), sizeof...(kHeight)>{&multiply_block<kHeight + 1>...};
}

constexpr auto kMultiply = by_height(std::make_index_sequence<kMostRows>());

}  // namespace

// Whether the processor has the instructions.
FOOF_API int32_t foof_fixed_point_available() {
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

// The bytes of a packed right matrix [terms; columns].
FOOF_API int64_t foof_fixed_point_right_bytes(int64_t terms, int64_t columns) {
  return Right(nullptr, Terms(terms), columns).bytes;
}

// The bytes that a product with `rows` rows needs for itself.
FOOF_API int64_t foof_fixed_point_left_bytes(int64_t terms, int64_t rows) { return Left(nullptr, Terms(terms), rows).bytes; }

// Packs a right matrix [terms; columns], whose rows are `step` apart.
FOOF_API void foof_fixed_point_pack(
    const float* from, int64_t step, int64_t count, int64_t columns, void* packed, int32_t threads) {
  const Terms terms(count);
  const Right right(packed, terms, columns);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t half = 0; half < 2 * right.panels; half++) {
    const auto panel = half / 2;
    const auto offset = half % 2 * 16;
    const auto lanes = first_lanes(columns - panel * kPanel - offset);
    for (int64_t chunk = 0; chunk < terms.chunks; chunk++) {
      const auto first = chunk * terms.chunk;
      pack_columns(
          from + first * step + panel * kPanel + offset, step, std::clamp<int64_t>(count - first, 0, terms.chunk), lanes,
          right.numbers + (panel * terms.pairs() + first / 2) * kPanel + offset, kPanel, terms.chunk / 2,
          right.scales + (panel * terms.chunks + chunk) * kPanel + offset);
    }
  }
}

// result <- keep result + weight left right, for a left matrix [rows; terms] whose numbers lie `row_step` and `term_step`
// apart, one of them 1, and a right one that was packed; what the result was counts only where `keep` is not zero.
FOOF_API void foof_fixed_point_multiply(
    const float* from, int64_t row_step, int64_t term_step, int64_t rows, int64_t count, int64_t columns, void* packed, void* own,
    float* result, int64_t result_step, float weight, float keep, int32_t threads) {
  const Terms terms(count);
  const Right right(packed, terms, columns);
  const Left left(own, terms, rows);
  const auto pairs = terms.pairs();
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static)
    for (int64_t block = 0; block < left.blocks; block++) {
      const auto first = block * left.height;
      const auto height = std::min(left.height, rows - first);
      int32_t* numbers = left.numbers + block * pairs * left.height;
      if (term_step == 1) {
        for (int64_t row = 0; row < height; row++) {
          pack_row(from + (first + row) * row_step, count, numbers + row, left.height, pairs, left.scales + first + row);
        }
      } else {
        pack_columns(
            from + first, term_step, count, first_lanes(height), numbers, left.height, pairs, left.scales + first);
      }
    }
    // The larger matrix goes by once: of many rows, whose results then come in the order of memory, the left one.
    const bool by_rows = left.blocks >= right.panels;
#pragma omp for schedule(static)
    for (int64_t i = 0; i < left.blocks * right.panels; i++) {
      const auto block = by_rows ? i / right.panels : i % left.blocks;
      const auto panel = by_rows ? i % right.panels : i / left.blocks;
      const auto row = block * left.height;
      const auto column = panel * kPanel;
      const Tile tile{
          left.numbers + block * pairs * left.height,
          left.scales + row,
          right.numbers + panel * pairs * kPanel,
          right.scales + panel * terms.chunks * kPanel,
          result + row * result_step + column,
          result_step,
          std::min(left.height, rows - row),
          first_lanes(columns - column),
          first_lanes(columns - column - 16)};
      kMultiply[left.height - 1](terms, tile, weight, keep);
    }
  }
}

#else

FOOF_API int32_t foof_fixed_point_available() { return 0; }

#endif
