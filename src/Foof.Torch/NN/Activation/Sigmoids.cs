using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>1 / (1 + exp(-x)).</summary>
            public static Modules.Sigmoid Sigmoid() => new(false);

            /// <summary>1 / (1 + exp(-x)).</summary>
            public static Modules.Sigmoid Sigmoid(bool inplace) => new(inplace);

            /// <summary>(exp(x) - exp(-x)) / (exp(x) + exp(-x)).</summary>
            public static Modules.Tanh Tanh() => new(false);

            /// <summary>(exp(x) - exp(-x)) / (exp(x) + exp(-x)).</summary>
            public static Modules.Tanh Tanh(bool inplace) => new(inplace);

            /// <summary>x / (1 + exp(-x)).</summary>
            public static Modules.SiLU SiLU() => new(false);

            /// <summary>x / (1 + exp(-x)).</summary>
            public static Modules.SiLU SiLU(bool inplace) => new(inplace);

            /// <summary>x tanh(log(1 + exp(x))).</summary>
            public static Modules.Mish Mish() => new(false);

            /// <summary>x tanh(log(1 + exp(x))).</summary>
            public static Modules.Mish Mish(bool inplace) => new(inplace);

            public static partial class functional
            {
                /// <summary>1 / (1 + exp(-x)).</summary>
                public static Tensor sigmoid(Tensor x, bool inplace) =>
                    inplace ? InPlace(Aten.Sigmoid_, x) : Aten.Sigmoid.Call(x);

                /// <summary>1 / (1 + exp(-x)).</summary>
                public static Tensor sigmoid(Tensor x) => Aten.Sigmoid.Call(x);

                /// <summary>(exp(x) - exp(-x)) / (exp(x) + exp(-x)).</summary>
                public static Tensor tanh(Tensor x, bool inplace = false) =>
                    inplace ? InPlace(Aten.Tanh_, x) : Aten.Tanh.Call(x);

                /// <summary>x / (1 + exp(-x)).</summary>
                public static Tensor silu(Tensor x, bool inplace = false) =>
                    inplace ? InPlace(Aten.Silu_, x) : Aten.Silu.Call(x);

                /// <summary>x tanh(log(1 + exp(x))).</summary>
                public static Tensor mish(Tensor x, bool inplace = false) =>
                    inplace ? InPlace(Aten.Mish_, x) : Aten.Mish.Call(x);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>1 / (1 + exp(-x)).</summary>
    public sealed class Sigmoid : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Sigmoid(bool inplace)
            : base(nameof(Sigmoid))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>1 / (1 + exp(-x)).</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.sigmoid(input, inplace);
    }

    /// <summary>(exp(x) - exp(-x)) / (exp(x) + exp(-x)).</summary>
    public sealed class Tanh : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Tanh(bool inplace)
            : base(nameof(Tanh))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>(exp(x) - exp(-x)) / (exp(x) + exp(-x)).</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.tanh(input, inplace);
    }

    /// <summary>x / (1 + exp(-x)).</summary>
    public sealed class SiLU : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal SiLU(bool inplace)
            : base(nameof(SiLU))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>x / (1 + exp(-x)).</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.silu(input, inplace);
    }

    /// <summary>x tanh(log(1 + exp(x))).</summary>
    public sealed class Mish : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Mish(bool inplace)
            : base(nameof(Mish))
        {
            this.inplace = inplace;
        }

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>x tanh(log(1 + exp(x))).</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.mish(input, inplace);
    }
}
