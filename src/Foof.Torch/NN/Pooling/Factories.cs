using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The greatest element under a square window at every place.</summary>
        public static MaxPool2d MaxPool2d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            long? dilation = null,
            bool ceil_mode = false
        ) => new(Both(kernel_size), Both(stride), Both(padding), Both(dilation), ceil_mode);

        /// <summary>The greatest element under a window at every place.</summary>
        public static MaxPool2d MaxPool2d(
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? dilation = null,
            bool ceil_mode = false
        ) => new(Both(kernel_size), Both(stride), Both(padding), Both(dilation), ceil_mode);

        /// <summary>The greatest element under a window at every place.</summary>
        public static MaxPool2d MaxPool2d(
            long[] kernel_size,
            long[]? stride = null,
            long[]? padding = null,
            long[]? dilation = null,
            bool ceil_mode = false
        ) => new(kernel_size, stride, padding, dilation, ceil_mode);

        /// <summary>The mean under a window at every place.</summary>
        public static AvgPool2d AvgPool2d(
            long[] kernel_size,
            long[]? stride = null,
            long[]? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) => new(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);

        /// <summary>The mean under a window at every place.</summary>
        public static AvgPool2d AvgPool2d(
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) =>
            new(
                Both(kernel_size),
                Both(stride),
                Both(padding),
                ceil_mode,
                count_include_pad,
                divisor_override
            );

        /// <summary>The mean under a square window at every place.</summary>
        public static AvgPool2d AvgPool2d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) =>
            new(
                Both(kernel_size),
                Both(stride),
                Both(padding),
                ceil_mode,
                count_include_pad,
                divisor_override
            );

        /// <summary>Means under as many windows as the output has places.</summary>
        public static AdaptiveAvgPool2d AdaptiveAvgPool2d(long[] output_size) => new(output_size);

        /// <summary>Means under as many windows as the output has places.</summary>
        public static AdaptiveAvgPool2d AdaptiveAvgPool2d((long, long) output_size) => new(Both(output_size));

        /// <summary>Means under as many windows as the square output has places.</summary>
        public static AdaptiveAvgPool2d AdaptiveAvgPool2d(long output_size) => new(Both(output_size));

        /// <summary>Greatest elements under as many windows as the output has places.</summary>
        public static AdaptiveMaxPool2d AdaptiveMaxPool2d(long[] output_size) => new(output_size);

        private static long[] Both(long value) => [value, value];

        private static long[]? Both(long? value) => value is { } given ? Both(given) : null;

        private static long[] Both((long, long) pair) => [pair.Item1, pair.Item2];

        private static long[]? Both((long, long)? pair) => pair is { } given ? Both(given) : null;
    }
}
