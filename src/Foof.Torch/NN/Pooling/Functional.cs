using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>The greatest element under a window at every place.</summary>
            public static Tensor max_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                bool ceil_mode = false
            ) =>
                Aten.MaxPool2d.Call(
                    input,
                    kernel_size,
                    strides ?? kernel_size,
                    padding ?? [0, 0],
                    dilation ?? [1, 1],
                    ceil_mode
                );

            /// <summary>The greatest element under a square window at every place.</summary>
            public static Tensor max_pool2d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                bool ceil_mode = false
            ) => max_pool2d(input, Both(kernel_size), Both(stride), Both(padding), Both(dilation), ceil_mode);

            /// <summary>The greatest element under a window at every place.</summary>
            public static Tensor max_pool2d(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                (long, long)? dilation = null,
                bool ceil_mode = false
            ) => max_pool2d(input, Both(kernel_size), Both(stride), Both(padding), Both(dilation), ceil_mode);

            /// <summary>
            /// The greatest elements and their places in their channel, counted in row-major order.
            /// </summary>
            public static (Tensor output, Tensor indices) max_pool2d_with_indices(
                Tensor input,
                long[] kernel_size,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                bool ceil_mode = false
            ) =>
                Aten.MaxPool2dWithIndices.Call2(
                    input,
                    kernel_size,
                    strides ?? kernel_size,
                    padding ?? [0, 0],
                    dilation ?? [1, 1],
                    ceil_mode
                );

            /// <summary>The mean under a window at every place.</summary>
            public static Tensor avg_pool2d(
                Tensor input,
                long[] kernel_size,
                long[]? stride = null,
                long[]? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                Aten.AvgPool2d.Call(
                    input,
                    kernel_size,
                    stride ?? kernel_size,
                    padding ?? [0, 0],
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            /// <summary>The mean under a square window at every place.</summary>
            public static Tensor avg_pool2d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long padding = 0,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avg_pool2d(
                    input,
                    Both(kernel_size),
                    Both(stride),
                    Both(padding),
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            /// <summary>The mean under a window at every place.</summary>
            public static Tensor avg_pool2d(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avg_pool2d(
                    input,
                    Both(kernel_size),
                    Both(stride),
                    Both(padding),
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            /// <summary>Means under as many windows as the output has places.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) =>
                Aten.AdaptiveAvgPool2d.Call(input, output_size);

            /// <summary>Means under as many windows as the output has places.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) =>
                adaptive_avg_pool2d(input, Both(output_size));

            /// <summary>Means under as many windows as the square output has places.</summary>
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) =>
                adaptive_avg_pool2d(input, Both(output_size));

            /// <summary>Greatest elements under as many windows as the output has places.</summary>
            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size)
            {
                var (values, indices) = adaptive_max_pool2d_with_indices(input, output_size);
                indices.Dispose();
                return values;
            }

            /// <summary>
            /// The greatest elements and their places in their channel, counted in row-major order.
            /// </summary>
            public static (Tensor Values, Tensor Indices) adaptive_max_pool2d_with_indices(
                Tensor input,
                long[] output_size
            ) => Aten.AdaptiveMaxPool2d.Call2(input, output_size);
        }
    }
}
