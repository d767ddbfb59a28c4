using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>max(x, 0).</summary>
            public static Modules.ReLU ReLU(bool inplace = false) => new(inplace);

            /// <summary>Layers, activations and losses as functions.</summary>
            public static partial class functional
            {
                /// <summary>max(x, 0).</summary>
                public static Tensor relu(Tensor x, bool inplace = false) =>
                    inplace ? InPlace(Aten.Relu_, x) : Aten.Relu.Call(x);

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
            : base(nameof(ReLU)) => this.inplace = inplace;

        /// <summary>Whether the output takes the input's place.</summary>
        public bool inplace { get; set; }

        /// <summary>max(input, 0).</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.relu(input, inplace);
    }
}
