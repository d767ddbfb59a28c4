using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Makes one dimension of the dimensions from start_dim to end_dim.</summary>
            public static Flatten Flatten(long start_dim = 1, long end_dim = -1) => new(start_dim, end_dim);

            /// <summary>Makes dimensions of the given sizes of one dimension.</summary>
            public static Unflatten Unflatten(long dim, long[] unflattened_size) =>
                new(dim, unflattened_size);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Makes one dimension of several.</summary>
    public sealed class Flatten : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Flatten(long start_dim, long end_dim)
            : base(nameof(Flatten))
        {
            this.start_dim = start_dim;
            this.end_dim = end_dim;
        }

        /// <summary>The first of the dimensions.</summary>
        public long start_dim { get; set; }

        /// <summary>The last of the dimensions.</summary>
        public long end_dim { get; set; }

        /// <summary>The same elements with fewer dimensions.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            Aten.FlattenUsingInts.Call(input, start_dim, end_dim);
    }

    /// <summary>Makes several dimensions of one.</summary>
    public sealed class Unflatten : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Unflatten(long dim, long[] unflattened_size)
            : base(nameof(Unflatten))
        {
            this.dim = dim;
            this.unflattened_size = unflattened_size;
        }

        /// <summary>The dimension that is divided.</summary>
        public long dim { get; set; }

        /// <summary>The sizes that it is divided into.</summary>
        public long[] unflattened_size { get; set; }

        /// <summary>The same elements with more dimensions.</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            Aten.Unflatten.Call(input, dim, unflattened_size);
    }
}
