using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>max(x, 0).</summary>
            public static Modules.ReLU ReLU(bool inplace = false) => new(inplace);

            /// <summary>min(max(x, 0), 6).</summary>
            public static Modules.ReLU6 ReLU6(bool inplace = false) => new(inplace);

            /// <summary>x where x is positive, else negative_slope x.</summary>
            public static Modules.LeakyReLU LeakyReLU(double negative_slope = 0.01, bool inplace = false) =>
                new(negative_slope, inplace);

            /// <summary>x where x is positive, else alpha (exp(x) - 1).</summary>
            public static Modules.ELU ELU(double alpha = 1.0, bool inplace = false) => new(alpha, inplace);

            public static partial class functional
            {
                /// <summary>max(x, 0).</summary>
                public static Tensor relu(Tensor x, bool inplace = false) =>
                    inplace ? InPlace(Aten.Relu_, x) : Aten.Relu.Call(x);

                /// <summary>min(max(x, 0), 6).</summary>
                public static Tensor relu6(Tensor x, bool inplace = false) =>
                    inplace ? InPlace(Aten.Relu6_, x) : Aten.Relu6.Call(x);

                /// <summary>x where x is positive, else negative_slope x.</summary>
                public static Tensor leaky_relu(
                    Tensor input,
                    double negative_slope = 0.01,
                    bool inplace = false
                ) =>
                    inplace
                        ? InPlace(Aten.LeakyRelu_, input, negative_slope)
                        : Aten.LeakyRelu.Call(input, negative_slope);

                /// <summary>x where x is positive, else alpha (exp(x) - 1).</summary>
                public static Tensor elu(Tensor x, double alpha, bool inplace = false) =>
                    inplace ? InPlace(Aten.Elu_, x, alpha) : Aten.Elu.Call(x, alpha);

                // The result is a handle of its own, so that disposing it leaves the input's alone.
                private static Tensor InPlace(Op op, Tensor x, params ReadOnlySpan<Value> rest)
                {
                    op.Run([x, .. rest]);
                    return x.alias();
                }
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>max(x, 0).</summary>
    public sealed class ReLU : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal ReLU(bool inplace)
            : base(nameof(ReLU))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>max(x, 0).</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.relu(input, inplace);
    }

    /// <summary>min(max(x, 0), 6).</summary>
    public sealed class ReLU6 : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal ReLU6(bool inplace)
            : base(nameof(ReLU6))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>min(max(x, 0), 6).</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.relu6(input, inplace);
    }

    /// <summary>x where x is positive, else negative_slope x.</summary>
    public sealed class LeakyReLU : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal LeakyReLU(double negative_slope, bool inplace)
            : base(nameof(LeakyReLU))
        {
            this.negative_slope = negative_slope;
            this.inplace = inplace;
        }

        /// <summary>The slope left of zero.</summary>
        public double negative_slope { get; set; }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>x where x is positive, else negative_slope x.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.leaky_relu(input, negative_slope, inplace);
    }

    /// <summary>x where x is positive, else alpha (exp(x) - 1).</summary>
    public sealed class ELU : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal ELU(double alpha, bool inplace)
            : base(nameof(ELU))
        {
            this.alpha = alpha;
            this.inplace = inplace;
        }

        /// <summary>The depth far left of zero.</summary>
        public double alpha { get; set; }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>x where x is positive, else alpha (exp(x) - 1).</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.elu(input, alpha, inplace);
    }
}
