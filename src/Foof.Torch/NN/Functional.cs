using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>How values between the elements of a tensor are found.</summary>
    public enum InterpolationMode
    {
        /// <summary>The nearest element.</summary>
        Nearest = 0,

        /// <summary>Linear, of sequences.</summary>
        Linear = 1,

        /// <summary>Linear in both directions, of images.</summary>
        Bilinear = 2,

        /// <summary>Cubic in both directions, of images.</summary>
        Bicubic = 3,

        /// <summary>Linear in three directions, of volumes.</summary>
        Trilinear = 4,

        /// <summary>The mean over an area.</summary>
        Area = 5,

        /// <summary>The nearest element, with exact rounding.</summary>
        NearestExact = 6,
    }

    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>
            /// Class numbers as unit vectors. Shapes: integers [...] -> [...; num_classes]; -1 takes the
            /// greatest number plus one.
            /// </summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Aten.OneHot.Call(x, num_classes);

            /// <summary>x1 x2 / max(|x1| |x2|, eps) along a dimension.</summary>
            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) =>
                Aten.CosineSimilarity.Call(x1, x2, dim, eps);

            /// <summary>
            /// Puts elements around a tensor: <paramref name="pad"/> counts those before and after the last
            /// dimension, then those before and after the one before it, and so on.
            /// </summary>
            public static Tensor pad(
                Tensor input,
                long[] pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) =>
                mode is PaddingModes.Constant or PaddingModes.Zeros
                    ? Aten.Pad.Call(input, pad, "constant", mode == PaddingModes.Zeros ? 0.0 : value)
                    : Aten.Pad.Call(input, pad, mode.ToString().ToLowerInvariant());

            /// <summary>Puts elements before and after the last dimension.</summary>
            public static Tensor pad(
                Tensor input,
                (long, long) pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            /// <summary>Puts elements before and after the last dimension, then the one before it.</summary>
            public static Tensor pad(
                Tensor input,
                (long, long, long, long) pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>Puts as many elements before and after the last dimension.</summary>
            public static Tensor pad(
                Tensor input,
                long pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, [pad, pad], mode, value);

            /// <summary>
            /// Scales sequences [n; channels; length] or images [n; channels; h; w], to a size or by a
            /// factor.
            /// </summary>
            /// <exception cref="ArgumentException">
            /// Size and factor are both given or both missing.
            /// </exception>
            /// <exception cref="NotSupportedException">
            /// The mode is not bound for these dimensions.
            /// </exception>
            public static Tensor interpolate(
                Tensor x,
                long[]? size = null,
                double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null,
                bool recompute_scale_factor = false,
                bool antialias = false
            )
            {
                if (size is null == scale_factor is null)
                    throw new ArgumentException(
                        "Exactly one of size and scale_factor must be given.",
                        nameof(size)
                    );
                if (antialias)
                    throw new NotSupportedException("Interpolation with antialias is not bound.");
                if (recompute_scale_factor && scale_factor is { } factors)
                    (size, scale_factor) = (Scaled(x.shape, factors), null);
                var align = align_corners ?? false;
                return (mode, x.dim()) switch
                {
                    (InterpolationMode.Nearest, 3) => Aten.UpsampleNearest1d.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 4) => Aten.UpsampleNearest2d.Call(x, size, scale_factor),
                    (InterpolationMode.Linear, 3) => Aten.UpsampleLinear1d.Call(x, size, align, scale_factor),
                    (InterpolationMode.Bilinear, 4) => Aten.UpsampleBilinear2d.Call(
                        x,
                        size,
                        align,
                        scale_factor
                    ),
                    (InterpolationMode.Bicubic, 4) => Aten.UpsampleBicubic2d.Call(
                        x,
                        size,
                        align,
                        scale_factor
                    ),
                    var (kind, dimensions) => throw new NotSupportedException(
                        $"Interpolation {kind} of {dimensions} dimensions is not bound; use Nearest, "
                            + "Linear with 3 dimensions, Bilinear or Bicubic with 4."
                    ),
                };
            }

            private static long[] Scaled(long[] shape, double[] factors) =>
                [.. factors.Select((factor, i) => (long)Math.Floor(shape[i + 2] * factor))];
        }
    }
}
