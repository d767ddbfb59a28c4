using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A convolution over sequences.</summary>
            public static Conv1d Conv1d(
                long in_channels,
                long out_channels,
                long kernel_size,
                long stride = 1,
                long padding = 0,
                long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) =>
                new(
                    in_channels,
                    out_channels,
                    kernel_size,
                    stride,
                    padding,
                    null,
                    dilation,
                    groups,
                    bias,
                    padding_mode,
                    device,
                    dtype
                );

            /// <summary>A convolution over sequences, padded by its effect.</summary>
            public static Conv1d Conv1d(
                long in_channels,
                long out_channels,
                long kernel_size,
                Padding padding,
                long stride = 1,
                long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) =>
                new(
                    in_channels,
                    out_channels,
                    kernel_size,
                    stride,
                    null,
                    padding,
                    dilation,
                    groups,
                    bias,
                    padding_mode,
                    device,
                    dtype
                );

            public static partial class functional
            {
                /// <summary>Sequences [n; in; length] convolved with kernels [out; in / groups; k].</summary>
                public static Tensor conv1d(
                    Tensor input,
                    Tensor weight,
                    Tensor? bias = null,
                    long? stride = null,
                    long? padding = null,
                    long? dilation = null,
                    long groups = 1
                ) =>
                    Aten.Conv1d.Call(
                        input,
                        weight,
                        bias,
                        new long[] { stride ?? 1 },
                        new long[] { padding ?? 0 },
                        new long[] { dilation ?? 1 },
                        groups
                    );

                /// <summary>
                /// Sequences [n; in; length] convolved with kernels [out; in / groups; k], padded by effect.
                /// </summary>
                public static Tensor conv1d_padding(
                    Tensor input,
                    Tensor weight,
                    Tensor? bias = null,
                    long? stride = null,
                    Padding padding = Padding.Valid,
                    long? dilation = null,
                    long groups = 1
                ) =>
                    Aten.Conv1dPadding.Call(
                        input,
                        weight,
                        bias,
                        new long[] { stride ?? 1 },
                        padding == Padding.Same ? "same" : "valid",
                        new long[] { dilation ?? 1 },
                        groups
                    );
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>
    /// The sum over channels and a kernel's points of sequence times weight, at every place.
    /// </summary>
    public sealed class Conv1d : Convolution
    {
        internal Conv1d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride,
            long? padding,
            Padding? padding_type,
            long dilation,
            long groups,
            bool bias,
            PaddingModes padding_mode,
            torch.Device? device,
            torch.ScalarType? dtype
        )
            : base(
                nameof(Conv1d),
                in_channels,
                out_channels,
                [kernel_size],
                [stride],
                padding is { } sides ? [sides] : null,
                padding_type,
                [dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            ) { }

        /// <summary>
        /// The convolved sequences. Shapes: [n; in; length] -> [n; out; length'], or without n.
        /// </summary>
        /// <exception cref="ArgumentException">The input has other channels or dimensions.</exception>
        public override torch.Tensor forward(torch.Tensor input)
        {
            RequireShape(input);
            if (padding_mode != PaddingModes.Zeros)
            {
                using var padded = Padded(input);
                return torch.nn.functional.conv1d(padded, weight, bias, stride[0], 0, dilation[0], groups);
            }
            return padding is null
                ? torch.nn.functional.conv1d_padding(
                    input,
                    weight,
                    bias,
                    stride[0],
                    padding_type!.Value,
                    dilation[0],
                    groups
                )
                : torch.nn.functional.conv1d(input, weight, bias, stride[0], padding[0], dilation[0], groups);
        }
    }
}
