using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// Fills tensors in place with what a layer starts from; every method returns its tensor.
        /// </summary>
        public static partial class init
        {
            /// <summary>All elements <paramref name="val"/>.</summary>
            public static Tensor constant_(Tensor tensor, Scalar val) =>
                Unrecorded(Aten.Fill_Scalar, tensor, val);

            /// <summary>All elements one.</summary>
            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            /// <summary>All elements zero.</summary>
            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            /// <summary>Independent, uniform in [low, high).</summary>
            public static Tensor uniform_(
                Tensor tensor,
                double low = 0,
                double high = 1,
                Generator? generator = null
            ) => Unrecorded(Aten.Uniform_, tensor, low, high, generator);

            /// <summary>Independent, normal with the given mean and standard deviation.</summary>
            public static Tensor normal_(
                Tensor tensor,
                double mean = 0,
                double std = 1,
                Generator? generator = null
            ) => Unrecorded(Aten.Normal_, tensor, mean, std, generator);

            /// <summary>
            /// What PyTorch's linear and convolution layers start from: uniform in +-1/sqrt(fan in).
            /// </summary>
            internal static (Parameter Weight, Parameter? Bias) Layer(
                long[] shape,
                bool hasBias,
                Device? device,
                ScalarType? dtype
            )
            {
                var weight = EmptyParameter(shape, device, dtype);
                kaiming_uniform_(weight, Math.Sqrt(5));
                if (!hasBias)
                    return (weight, null);
                var bias = EmptyParameter([shape[0]], device, dtype);
                var (fanIn, _) = CalculateFanInAndFanOut(weight);
                var bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
                uniform_(bias, -bound, bound);
                return (weight, bias);
            }

            internal static Parameter EmptyParameter(long[] shape, Device? device, ScalarType? dtype) =>
                new(
                    Aten.EmptyMemoryFormat.Call(
                        shape,
                        dtype ?? get_default_dtype(),
                        Value.None,
                        device ?? get_default_device()
                    )
                );

            private static Tensor Unrecorded(Op op, Tensor tensor, params ReadOnlySpan<Value> arguments)
            {
                using var unrecorded = no_grad();
                op.Run([tensor, .. arguments]);
                return tensor;
            }
        }
    }
}
