using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What becomes of a loss's elements.</summary>
        public enum Reduction : long
        {
            /// <summary>They stay.</summary>
            None = 0,

            /// <summary>Their mean.</summary>
            Mean = 1,

            /// <summary>Their sum.</summary>
            Sum = 2,
        }

        public static partial class functional
        {
            /// <summary>
            /// -log softmax(input)[target], times the class's weight; the mean is over the weights. Shapes:
            /// input [n; classes; ...], target [n; ...] of class numbers, or of probabilities in the input's
            /// shape.
            /// </summary>
            /// <param name="input">Logits.</param>
            /// <param name="target">Class numbers or probabilities.</param>
            /// <param name="weight">A weight for each class.</param>
            /// <param name="ignore_index">A class number whose elements count for nothing.</param>
            /// <param name="reduction">What becomes of the elements.</param>
            /// <param name="label_smoothing">The share of the target that is spread over all classes.</param>
            public static Tensor cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                long ignore_index = -100,
                Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0
            ) =>
                Aten.CrossEntropyLoss.Call(
                    input,
                    target,
                    weight,
                    (long)reduction,
                    ignore_index,
                    label_smoothing
                );
        }
    }
}
