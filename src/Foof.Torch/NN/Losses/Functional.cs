using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>(input - target)^2.</summary>
            public static Tensor mse_loss(
                Tensor input,
                Tensor target,
                Reduction reduction = Reduction.Mean
            ) => Aten.MseLoss.Call(input, target, (long)reduction);

            /// <summary>|input - target|.</summary>
            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Aten.L1Loss.Call(input, target, (long)reduction);

            /// <summary>d^2 / (2 beta) where d = |input - target| is below beta, else d - beta / 2.</summary>
            public static Tensor smooth_l1_loss(
                Tensor input,
                Tensor target,
                Reduction reduction = Reduction.Mean,
                double beta = 1.0
            ) => Aten.SmoothL1Loss.Call(input, target, (long)reduction, beta);

            /// <summary>
            /// d^2 / 2 where d = |input - target| is below delta, else delta (d - delta / 2).
            /// </summary>
            public static Tensor huber_loss(
                Tensor input,
                Tensor target,
                double delta = 1.0,
                Reduction reduction = Reduction.Mean
            ) => Aten.HuberLoss.Call(input, target, (long)reduction, delta);

            /// <summary>
            /// -input[target] of log-probabilities, times the class's weight; the mean is over the weights.
            /// Shapes: input [n; classes; ...], target [n; ...] of class numbers; -100 counts for nothing.
            /// </summary>
            public static Tensor nll_loss(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean
            ) => Aten.NllLoss.Call(input, target, weight, (long)reduction);

            /// <summary>-weight (target log input + (1 - target) log(1 - input)) of probabilities.</summary>
            public static Tensor binary_cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean
            ) => Aten.BinaryCrossEntropy.Call(input, target, weight, (long)reduction);

            /// <summary>
            /// -weight (pos_weights target log s + (1 - target) log(1 - s)) with s = sigmoid(input).
            /// </summary>
            public static Tensor binary_cross_entropy_with_logits(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean,
                Tensor? pos_weights = null
            ) => Aten.BinaryCrossEntropyWithLogits.Call(input, target, weight, pos_weights, (long)reduction);

            /// <summary>
            /// exp(input) - target input with log_input, else input - target log(input + eps); with full,
            /// Stirling's approximation of log(target!) is added where target is above 1.
            /// </summary>
            public static Tensor poisson_nll_loss(
                Tensor input,
                Tensor target,
                bool log_input = true,
                bool full = false,
                float eps = 1e-8f,
                Reduction reduction = Reduction.Mean
            ) => Aten.PoissonNllLoss.Call(input, target, log_input, full, (double)eps, (long)reduction);

            /// <summary>
            /// exp(target) (target - input) of log-probabilities with log_target, else target (log target -
            /// input); the mean is over elements.
            /// </summary>
            public static Tensor kl_div(
                Tensor input,
                Tensor target,
                bool log_target = true,
                Reduction reduction = Reduction.Mean
            ) => Aten.KlDiv.Call(input, target, (long)reduction, log_target);

            /// <summary>
            /// (log v + (input - target)^2 / v) / 2 with v = max(variance, eps), summed over each example's
            /// elements; with full, log(2 pi) / 2 is added for each. Shapes: [n; ...], variance alike or one
            /// for an example.
            /// </summary>
            /// <exception cref="ArgumentException">A variance is negative.</exception>
            public static Tensor gaussian_nll_loss(
                Tensor input,
                Tensor target,
                Tensor variance,
                bool full = false,
                float eps = 1e-6f,
                Reduction reduction = Reduction.Mean
            )
            {
                using var scope = NewDisposeScope();
                if (Aten.Item.CallScalar(Aten.Min.Call(variance)).ToDouble() < 0)
                    throw new ArgumentException("A variance must not be negative.", nameof(variance));
                var bounded = Aten.ClampMin.Call(Rows(variance), (double)eps);
                var error = Aten.Square.Call(Aten.SubTensor.Call(Rows(input), Rows(target), 1L));
                var terms = Aten.AddTensor.Call(Aten.Log.Call(bounded), Aten.Div.Call(error, bounded), 1L);
                if (full)
                    terms = Aten.AddScalar.Call(terms, Math.Log(2 * Math.PI), 1L);
                var loss = Aten.MulScalar.Call(Aten.SumDimIntList.Call(terms, new long[] { 1 }), 0.5);
                return Reduce(loss, reduction).MoveToOuterDisposeScope();
            }

            private static Tensor Rows(Tensor tensor) =>
                Aten.Reshape.Call(tensor, new long[] { tensor.shape[0], -1 });

            private static Tensor Reduce(Tensor elements, Reduction reduction) =>
                reduction switch
                {
                    Reduction.Mean => Aten.Mean.Call(elements),
                    Reduction.Sum => Aten.Sum.Call(elements),
                    _ => elements,
                };
        }
    }
}
