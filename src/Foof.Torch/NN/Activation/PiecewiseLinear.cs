using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>min(max(x, min_val), max_val).</summary>
            public static Modules.Hardtanh Hardtanh(
                double min_val = -1.0,
                double max_val = 1.0,
                bool inplace = false
            ) => new(min_val, max_val, inplace);

            /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
            public static Modules.Hardswish Hardswish(bool inplace = false) => new(inplace);

            /// <summary>log(1 + exp(beta x)) / beta, and x itself where beta x is above threshold.</summary>
            public static Modules.Softplus Softplus(double beta = 1, double threshold = 20) =>
                new(beta, threshold);

            public static partial class functional
            {
                /// <summary>min(max(x, min_val), max_val).</summary>
                public static Tensor hardtanh(
                    Tensor x,
                    double min_val = -1.0,
                    double max_val = 1.0,
                    bool inplace = false
                ) =>
                    inplace
                        ? InPlace(Aten.Hardtanh_, x, min_val, max_val)
                        : Aten.Hardtanh.Call(x, min_val, max_val);

                /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
                public static Tensor hardswish(Tensor input, bool inplace = false) =>
                    inplace ? InPlace(Aten.Hardswish_, input) : Aten.Hardswish.Call(input);

                /// <summary>
                /// log(1 + exp(beta x)) / beta, and x itself where beta x is above threshold.
                /// </summary>
                public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) =>
                    Aten.Softplus.Call(x, beta, threshold);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>min(max(x, min_val), max_val).</summary>
    public sealed class Hardtanh : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Hardtanh(double min_val, double max_val, bool inplace)
            : base(nameof(Hardtanh))
        {
            this.min_val = min_val;
            this.max_val = max_val;
            this.inplace = inplace;
        }

        /// <summary>The least output.</summary>
        public double min_val { get; set; }

        /// <summary>The greatest output.</summary>
        public double max_val { get; set; }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>min(max(x, min_val), max_val).</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.hardtanh(input, min_val, max_val, inplace);
    }

    /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
    public sealed class Hardswish : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Hardswish(bool inplace)
            : base(nameof(Hardswish))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.hardswish(input, inplace);
    }

    /// <summary>log(1 + exp(beta x)) / beta, and x itself where beta x is above threshold.</summary>
    public sealed class Softplus : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Softplus(double beta, double threshold)
            : base(nameof(Softplus))
        {
            this.beta = beta;
            this.threshold = threshold;
        }

        /// <summary>The sharpness of the bend.</summary>
        public double beta { get; set; }

        /// <summary>Where the function goes on as the identity.</summary>
        public double threshold { get; set; }

        /// <summary>log(1 + exp(beta x)) / beta, and x itself where beta x is above threshold.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.softplus(input, beta, threshold);
    }
}
