using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>
            /// Zeroes elements with probability p while training, and divides the rest by 1 - p.
            /// </summary>
            public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);

            /// <summary>
            /// Zeroes whole channels with probability p while training, and divides the rest by 1 - p.
            /// </summary>
            public static Dropout2d Dropout2d(double p = 0.5, bool inplace = false) => new(p, inplace);

            public static partial class functional
            {
                /// <summary>Zeroes elements with probability p, and divides the rest by 1 - p.</summary>
                public static Tensor dropout(
                    Tensor input,
                    double p = 0.5,
                    bool training = true,
                    bool inplace = false
                ) =>
                    inplace
                        ? InPlace(Aten.Dropout_, input, p, training)
                        : Aten.Dropout.Call(input, p, training);

                /// <summary>
                /// Zeroes whole channels of [n; channels; ...] with probability p, and divides the rest by 1
                /// - p.
                /// </summary>
                public static Tensor dropout2d(
                    Tensor input,
                    double p = 0.5,
                    bool training = true,
                    bool inplace = false
                ) =>
                    inplace
                        ? InPlace(Aten.FeatureDropout_, input, p, training)
                        : Aten.FeatureDropout.Call(input, p, training);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Zeroes elements with probability p while training, and divides the rest by 1 - p.</summary>
    public sealed class Dropout : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Dropout(double p, bool inplace)
            : base(nameof(Dropout))
        {
            this.p = p;
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>The probability of zero.</summary>
        public double p { get; set; }

        /// <summary>The input with some elements zeroed while training, and the input itself else.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.dropout(input, p, training, inplace);
    }

    /// <summary>
    /// Zeroes whole channels with probability p while training, and divides the rest by 1 - p.
    /// </summary>
    public sealed class Dropout2d : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Dropout2d(double p, bool inplace)
            : base(nameof(Dropout2d))
        {
            this.p = p;
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>The probability of zero.</summary>
        public double p { get; set; }

        /// <summary>The input with some channels zeroed while training, and the input itself else.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.dropout2d(input, p, training, inplace);
    }
}
