using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>exp(x_i) / sum over j of exp(x_j) along a dimension.</summary>
            public static Modules.Softmax Softmax(long dim) => new(dim);

            /// <summary>log of the softmax along a dimension.</summary>
            public static Modules.LogSoftmax LogSoftmax(long dim) => new(dim);

            public static partial class functional
            {
                /// <summary>exp(x_i) / sum over j of exp(x_j) along a dimension.</summary>
                public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) =>
                    Aten.SoftmaxInt.Call(input, dim, dtype);

                /// <summary>log of the softmax along a dimension.</summary>
                public static Tensor log_softmax(Tensor x, long dim) => Aten.LogSoftmaxInt.Call(x, dim);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>exp(x_i) / sum over j of exp(x_j) along a dimension.</summary>
    public sealed class Softmax : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Softmax(long dim)
            : base(nameof(Softmax))
        {
            this.dim = dim;
        }

        /// <summary>The dimension that sums to one.</summary>
        public long dim { get; set; }

        /// <summary>exp(x_i) / sum over j of exp(x_j) along a dimension.</summary>
        public override torch.Tensor forward(torch.Tensor input) => torch.nn.functional.softmax(input, dim);
    }

    /// <summary>log of the softmax along a dimension.</summary>
    public sealed class LogSoftmax : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal LogSoftmax(long dim)
            : base(nameof(LogSoftmax))
        {
            this.dim = dim;
        }

        /// <summary>The dimension that sums to one.</summary>
        public long dim { get; set; }

        /// <summary>log of the softmax along a dimension.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.log_softmax(input, dim);
    }
}
