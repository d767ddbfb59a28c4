namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class init
        {
            /// <summary>What follows a layer and so decides the gain of its weights.</summary>
            public enum NonlinearityType
            {
                /// <summary>Nothing; gain 1.</summary>
                Linear = 0,

                /// <summary>Nothing; gain 1.</summary>
                Conv1D = 1,

                /// <summary>Nothing; gain 1.</summary>
                Conv2D = 2,

                /// <summary>Nothing; gain 1.</summary>
                Conv3D = 3,

                /// <summary>Nothing; gain 1.</summary>
                ConvTranspose1D = 4,

                /// <summary>Nothing; gain 1.</summary>
                ConvTranspose2D = 5,

                /// <summary>Nothing; gain 1.</summary>
                ConvTranspose3D = 6,

                /// <summary>Sigmoid; gain 1.</summary>
                Sigmoid = 7,

                /// <summary>Hyperbolic tangent; gain 5/3.</summary>
                Tanh = 8,

                /// <summary>Rectifier; gain sqrt 2.</summary>
                ReLU = 9,

                /// <summary>Leaky rectifier of slope a; gain sqrt(2 / (1 + a^2)).</summary>
                LeakyReLU = 10,
            }

            /// <summary>Which side's variance the weights keep.</summary>
            public enum FanInOut
            {
                /// <summary>The activations', forward.</summary>
                FanIn = 0,

                /// <summary>The gradients', backward.</summary>
                FanOut = 1,
            }

            /// <summary>
            /// The gain of a nonlinearity; <paramref name="param"/> is a leaky rectifier's slope.
            /// </summary>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.0) =>
                nonlinearity switch
                {
                    NonlinearityType.Tanh => 5.0 / 3,
                    NonlinearityType.ReLU => Math.Sqrt(2),
                    NonlinearityType.LeakyReLU => Math.Sqrt(2 / (1 + param * param)),
                    _ => 1,
                };

            /// <summary>
            /// How many inputs feed one output and how many outputs one input feeds: for weights [out; in;
            /// ...] in and out times the size of the receptive field.
            /// </summary>
            /// <exception cref="ArgumentException">Fewer than two dimensions.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2)
                    throw new ArgumentException(
                        $"Weights with a fan must have two dimensions or more; got {shape.Length}.",
                        nameof(tensor)
                    );
                var field = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (shape[1] * field, shape[0] * field);
            }

            /// <summary>Uniform with standard deviation gain / sqrt(fan): He et al. 2015.</summary>
            public static Tensor kaiming_uniform_(
                Tensor tensor,
                double a = 0,
                FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU
            )
            {
                var bound = Math.Sqrt(3) * Kaiming(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>Normal with standard deviation gain / sqrt(fan): He et al. 2015.</summary>
            public static Tensor kaiming_normal_(
                Tensor tensor,
                double a = 0,
                FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU
            ) => normal_(tensor, 0, Kaiming(tensor, a, mode, nonlinearity));

            /// <summary>
            /// Uniform with standard deviation gain sqrt(2 / (fan in + fan out)): Glorot, Bengio 2010.
            /// </summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                var bound = Math.Sqrt(3) * Xavier(tensor, gain);
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>
            /// Normal with standard deviation gain sqrt(2 / (fan in + fan out)): Glorot, Bengio 2010.
            /// </summary>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) =>
                normal_(tensor, 0, Xavier(tensor, gain));

            private static double Kaiming(
                Tensor tensor,
                double a,
                FanInOut mode,
                NonlinearityType nonlinearity
            )
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var fan = Math.Max(1, mode == FanInOut.FanIn ? fanIn : fanOut);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(fan);
            }

            private static double Xavier(Tensor tensor, double gain)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return gain * Math.Sqrt(2.0 / Math.Max(1, fanIn + fanOut));
            }
        }
    }
}
