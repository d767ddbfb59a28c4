using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>x Phi(x), with the normal distribution function Phi.</summary>
            public static GELU GELU() => new(false, Modules.GELU.Approximate.none);

            /// <summary>x Phi(x), with the normal distribution function Phi.</summary>
            public static GELU GELU(bool inplace) => new(inplace, Modules.GELU.Approximate.none);

            /// <summary>x Phi(x), with the normal distribution function Phi, exact or approximate.</summary>
            public static GELU GELU(GELU.Approximate approximate, bool inplace = false) =>
                new(inplace, approximate);

            /// <summary>Layers as functions: what modules do, without their parameters.</summary>
            public static partial class functional
            {
                /// <summary>x Phi(x), with the normal distribution function Phi.</summary>
                public static Tensor gelu(Tensor x) => gelu(x, Modules.GELU.Approximate.none);

                /// <summary>x Phi(x), with the normal distribution function Phi.</summary>
                public static Tensor gelu(Tensor x, bool inplace) =>
                    gelu(x, Modules.GELU.Approximate.none, inplace);

                /// <summary>
                /// x Phi(x), with the normal distribution function Phi, exact or approximate.
                /// </summary>
                public static Tensor gelu(Tensor x, GELU.Approximate approximate, bool inplace = false) =>
                    inplace
                        ? InPlace(Aten.Gelu_, x, approximate.ToString())
                        : Aten.Gelu.Call(x, approximate.ToString());
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>x Phi(x), with the normal distribution function Phi.</summary>
    public sealed class GELU : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        /// <summary>How Phi is computed.</summary>
        public enum Approximate
        {
            /// <summary>Exactly.</summary>
            none,

            /// <summary>As (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.</summary>
            tanh,
        }

        internal GELU(bool inplace, Approximate approximate)
            : base(nameof(GELU))
        {
            this.inplace = inplace;
            this.approximate = approximate;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>How Phi is computed.</summary>
        public Approximate approximate { get; set; }

        /// <summary>x Phi(x), with the normal distribution function Phi.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.gelu(input, approximate, inplace);
    }
}
