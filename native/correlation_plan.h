// How the work of a correlation is cut: see correlation.cpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lanes.h"

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

}  // namespace
