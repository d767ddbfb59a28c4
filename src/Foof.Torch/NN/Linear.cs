using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>
            /// y = x W^T + b with W [outputSize; inputSize] and b uniform in +-1/sqrt(inputSize).
            /// </summary>
            public static Modules.Linear Linear(
                long inputSize,
                long outputSize,
                bool hasBias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) => new(inputSize, outputSize, hasBias, device, dtype);

            /// <summary>
            /// y = x W^T + b with the given W [outputs; inputs] and b [outputs], which the layer owns.
            /// </summary>
            public static Modules.Linear Linear(Modules.Parameter weight, Modules.Parameter? bias = null) =>
                new(weight, bias);

            public static partial class functional
            {
                /// <summary>
                /// x W^T + b. Shapes: input [...; inputs], weights [outputs; inputs], bias [outputs].
                /// </summary>
                public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                    Aten.Linear.Call(input, weights, bias);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>y = x W^T + b.</summary>
    public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        internal Linear(Parameter weight, Parameter? bias)
            : base(nameof(Linear))
        {
            (out_features, in_features) = weight.shape is [var outputs, var inputs]
                ? (outputs, inputs)
                : throw new ArgumentException(
                    $"The weight must be a matrix [outputs; inputs]; got {weight.dim()} dimensions.",
                    nameof(weight)
                );
            this.weight = weight;
            this.bias = bias;
        }

        internal Linear(
            long inputSize,
            long outputSize,
            bool hasBias,
            torch.Device? device,
            torch.ScalarType? dtype
        )
            : base(nameof(Linear))
        {
            in_features = inputSize;
            out_features = outputSize;
            (weight, bias) = torch.nn.init.Layer([outputSize, inputSize], hasBias, device, dtype);
        }

        /// <summary>The length of an input.</summary>
        public long in_features { get; set; }

        /// <summary>The length of an output.</summary>
        public long out_features { get; set; }

        /// <summary>
        /// W, [out_features; in_features]. A new one takes the old one's place, which is disposed.
        /// </summary>
        public Parameter weight
        {
            get => Own(nameof(weight))!;
            set => Replace(nameof(weight), value ?? throw new ArgumentNullException(nameof(weight)));
        }

        /// <summary>
        /// b, [out_features], or null. A new one takes the old one's place, which is disposed.
        /// </summary>
        public Parameter? bias
        {
            get => Own(nameof(bias));
            set => Replace(nameof(bias), value);
        }

        /// <summary>x W^T + b. Shapes: [...; in_features] -> [...; out_features].</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.linear(input, weight, bias);
    }
}
