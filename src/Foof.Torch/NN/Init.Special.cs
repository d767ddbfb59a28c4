using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class init
        {
            /// <summary>The identity matrix.</summary>
            /// <exception cref="ArgumentException">The tensor is no matrix.</exception>
            public static Tensor eye_(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length != 2)
                    throw new ArgumentException(
                        $"An identity must be a matrix; got {shape.Length} dimensions.",
                        nameof(tensor)
                    );
                using var identity = Aten.EyeM.Call(
                    shape[0],
                    shape[1],
                    tensor.dtype,
                    Value.None,
                    tensor.device
                );
                return Unrecorded(Aten.Copy_, tensor, identity);
            }

            /// <summary>
            /// Normal, restricted to [a, b], by the inverse distribution function of a uniform number.
            /// </summary>
            public static Tensor trunc_normal_(
                Tensor tensor,
                double mean = 0.0,
                double std = 1.0,
                double a = -2.0,
                double b = 2.0,
                Generator? generator = null
            )
            {
                var (low, high) = (Erf((a - mean) / std), Erf((b - mean) / std));
                uniform_(tensor, low, high, generator);
                Unrecorded(Aten.Erfinv_, tensor);
                Unrecorded(Aten.Mul_Scalar, tensor, std * Math.Sqrt(2));
                Unrecorded(Aten.Add_Scalar, tensor, mean);
                return Unrecorded(Aten.Clamp_, tensor, a, b);
            }

            // erf(z / sqrt 2) = 2 Phi(z) - 1.
            private static double Erf(double z)
            {
                using var argument = Aten.EmptyMemoryFormat.Call(
                    Array.Empty<long>(),
                    ScalarType.Float64,
                    Value.None,
                    CPU
                );
                Aten.Fill_Scalar.Run(argument, z / Math.Sqrt(2));
                Aten.Erf_.Run(argument);
                return Aten.Item.CallScalar(argument).ToDouble();
            }

            /// <summary>
            /// A random matrix with orthonormal rows or columns, whichever are fewer, times
            /// <paramref name="gain"/>; dimensions after the first count as one. Saxe et al. 2013.
            /// </summary>
            /// <exception cref="ArgumentException">Fewer than two dimensions.</exception>
            public static Tensor orthogonal_(Tensor tensor, double gain = 1.0)
            {
                var shape = tensor.shape;
                if (shape.Length < 2)
                    throw new ArgumentException(
                        $"An orthogonal tensor must have two dimensions or more; got {shape.Length}.",
                        nameof(tensor)
                    );
                if (tensor.numel() == 0)
                    return tensor;
                var rows = shape[0];
                using var scope = NewDisposeScope();
                using var unrecorded = no_grad();
                var basis = OrthonormalColumns(tensor, rows, tensor.numel() / rows);
                Aten.Copy_.Run(tensor, Aten.Reshape.Call(basis, shape));
                Aten.Mul_Scalar.Run(tensor, gain);
                return tensor;
            }

            // Q of a normal matrix's QR factors, uniform over all such once the signs of R's diagonal are
            // positive.
            private static Tensor OrthonormalColumns(Tensor like, long rows, long columns)
            {
                var wide = rows < columns;
                long[] size = wide ? [columns, rows] : [rows, columns];
                var normal = Aten.EmptyMemoryFormat.Call(size, like.dtype, Value.None, like.device);
                Aten.Normal_.Run(normal);
                var (Q, R) = Aten.LinalgQr.Call2(normal);
                var signed = Aten.MulTensor.Call(Q, Aten.Sign.Call(Aten.Diagonal.Call(R)));
                return wide ? Aten.T.Call(signed) : signed;
            }
        }
    }
}
