using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Works on all parameters of a network at once.</summary>
        public static partial class utils
        {
            /// <summary>
            /// Scales the gradients down, in place, so that their common p-norm is at most
            /// <paramref name="max_norm"/>, and returns what the norm was.
            /// </summary>
            public static double clip_grad_norm_(
                IEnumerable<Parameter> tensors,
                double max_norm,
                double norm_type = 2.0
            )
            {
                using var scope = NewDisposeScope();
                using var unrecorded = no_grad();
                var gradients = tensors
                    .Select(parameter => parameter.grad!)
                    .Where(grad => grad is not null)
                    .ToArray();
                if (gradients.Length == 0)
                    return 0;
                var device = gradients[0].device;
                var norms = gradients
                    .Select(gradient => Aten.LinalgVectorNorm.Call(gradient, norm_type))
                    .Select(norm => Aten.ToDtypeLayout.Call(norm, Value.None, Value.None, device))
                    .ToArray();
                var norm = Aten.LinalgVectorNorm.Call(Aten.Stack.Call(norms), norm_type);
                var total = Aten.Item.CallScalar(norm).ToDouble();
                var factor = max_norm / (total + 1e-6);
                if (factor < 1)
                {
                    foreach (var gradient in gradients)
                        Aten.Mul_Scalar.Run(gradient, factor);
                }
                return total;
            }

            /// <summary>
            /// Clamps every element of the gradients to +-<paramref name="clip_value"/>, in place.
            /// </summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var scope = NewDisposeScope();
                using var unrecorded = no_grad();
                foreach (var parameter in tensors)
                {
                    if (parameter.grad is { } gradient)
                        Aten.Clamp_.Run(gradient, -clip_value, clip_value);
                }
            }

            /// <summary>All parameters as one vector, differentiable.</summary>
            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                var vectors = tensors.Select(parameter => Aten.Reshape.Call(parameter, new long[] { -1 }));
                return Aten.Cat.Call(vectors.ToArray()).MoveToOuterDisposeScope();
            }

            /// <summary>
            /// Copies the pieces of a vector into the parameters, in place: they stay leaves.
            /// </summary>
            /// <exception cref="ArgumentException">The lengths differ; nothing was copied.</exception>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                var parameters = tensors.ToArray();
                var length = parameters.Sum(parameter => parameter.numel());
                if (vec.dim() != 1 || vec.numel() != length)
                    throw new ArgumentException(
                        $"The vector must have one element for each of the {length} parameters; got shape "
                            + $"[{string.Join(", ", vec.shape)}].",
                        nameof(vec)
                    );
                using var scope = NewDisposeScope();
                using var unrecorded = no_grad();
                var start = 0L;
                foreach (var parameter in parameters)
                {
                    var piece = Aten.Narrow.Call(vec, 0L, start, parameter.numel());
                    Aten.Copy_.Run(parameter, Aten.Reshape.Call(piece, parameter.shape));
                    start += parameter.numel();
                }
            }
        }
    }
}
