namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Makes a parameter of <paramref name="data"/>, whose handle it takes over.</summary>
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) =>
                new(data, requires_grad);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>
    /// A tensor that a module learns. It belongs to its module: no dispose scope frees it.
    /// </summary>
    public class Parameter : torch.Tensor
    {
        /// <summary>
        /// Takes over the native tensor of <paramref name="data"/>, whose handle is empty afterwards; the
        /// result of a recorded operation is taken out of its graph.
        /// </summary>
        public Parameter(torch.Tensor data, bool requires_grad = true)
            : base(Leaf(data, requires_grad)) => DetachFromDisposeScope();

        private static torch.Tensor Leaf(torch.Tensor data, bool requires_grad)
        {
            if (data.is_leaf)
                return data.requires_grad_(requires_grad);
            var leaf = data.detach();
            data.Dispose();
            return leaf.requires_grad_(requires_grad);
        }
    }
}
