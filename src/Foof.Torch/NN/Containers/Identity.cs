using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>The input itself.</summary>
            public static Identity Identity() => new();
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>The input itself.</summary>
    public sealed class Identity : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Identity()
            : base(nameof(Identity)) { }

        /// <summary>A second handle to the input.</summary>
        public override torch.Tensor forward(torch.Tensor input) => input.alias();
    }
}
