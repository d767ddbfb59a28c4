using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// One index of a tensor, as in Python: a number, a slice, an ellipsis, a new axis, a tensor.
    /// </summary>
    public readonly struct TensorIndex
    {
        private readonly Kind kind;
        private readonly long? first;
        private readonly long? stop;
        private readonly long? step;
        private readonly Tensor? tensor;

        private TensorIndex(
            Kind kind,
            long? first = null,
            long? stop = null,
            long? step = null,
            Tensor? tensor = null
        )
        {
            this.kind = kind;
            this.first = first;
            this.stop = stop;
            this.step = step;
            this.tensor = tensor;
        }

        private enum Kind
        {
            NewAxis,
            Single,
            Ellipsis,
            Bool,
            Tensor,
            Slice,
        }

        /// <summary>As many whole dimensions as fit.</summary>
        public static readonly TensorIndex Ellipsis = new(Kind.Ellipsis);

        /// <summary>A new dimension of length 1.</summary>
        public static readonly TensorIndex None = new(Kind.NewAxis);

        /// <summary>A new dimension of length 1.</summary>
        public static readonly TensorIndex Null = new(Kind.NewAxis);

        /// <summary>One whole dimension.</summary>
        public static readonly TensorIndex Colon = Slice();

        /// <summary>
        /// start, start + step, ... below stop; negative numbers count from the end, null leaves open.
        /// </summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new(Kind.Slice, start, stop, step);

        /// <summary>From start to below end.</summary>
        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, (long?)range.end);

        /// <summary>From the range's start to below its end.</summary>
        public static TensorIndex Slice(Range range) =>
            Slice(Place(range.Start), range.End is { IsFromEnd: true, Value: 0 } ? null : Place(range.End));

        /// <summary>A new dimension of length 1 if value holds, else of length 0.</summary>
        public static TensorIndex Bool(bool value) => new(Kind.Bool, value ? 1 : 0);

        /// <summary>One place; the dimension goes away.</summary>
        public static TensorIndex Single(long? index) => new(Kind.Single, index);

        /// <summary>The places that a tensor of integers names or a tensor of truth values chooses.</summary>
        public static TensorIndex Tensor(Tensor tensor) => new(Kind.Tensor, tensor: tensor);

        /// <summary>One place.</summary>
        public static implicit operator TensorIndex(long value) => Single(value);

        /// <summary>From start to below end.</summary>
        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        /// <summary>From the range's start to below its end.</summary>
        public static implicit operator TensorIndex(Range range) => Slice(range);

        /// <summary>One place.</summary>
        public static implicit operator TensorIndex(Index index) => Single(Place(index));

        /// <summary>
        /// Applies the index to one dimension: the view, how far that moves on, and an index tensor if any.
        /// </summary>
        internal (Tensor Part, long Step, Tensor? Index) Apply(
            Tensor whole,
            long dimension,
            TensorIndex[] all
        )
        {
            switch (kind)
            {
                case Kind.Single:
                    return (whole.select(dimension, first ?? 0), 0, null);
                case Kind.Slice:
                    return (Aten.SliceTensor.Call(whole, dimension, first, stop, step ?? 1), 1, null);
                case Kind.Ellipsis:
                    return (whole.alias(), Open(whole, dimension, all), null);
                case Kind.NewAxis:
                    return (whole.unsqueeze(dimension), 1, null);
                case Kind.Bool:
                    var chosen = zeros([first ?? 0], ScalarType.Int64, whole.device);
                    return (whole.unsqueeze(dimension), 1, chosen);
                default:
                    return (whole.alias(), Consumed, tensor);
            }
        }

        private long Consumed =>
            kind switch
            {
                Kind.Single or Kind.Slice => 1,
                Kind.Tensor when tensor!.dtype == ScalarType.Bool => tensor.dim(),
                Kind.Tensor => 1,
                _ => 0,
            };

        // An ellipsis stands for the dimensions that the indices after it leave; a second one for none.
        private static long Open(Tensor whole, long dimension, TensorIndex[] all)
        {
            var after = all.SkipWhile(index => index.kind != Kind.Ellipsis).Sum(index => index.Consumed);
            return Math.Max(0, whole.dim() - dimension - after);
        }

        private static long Place(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
