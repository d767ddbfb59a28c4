using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// The part that indices as in Python name: a view unless one is a tensor; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>
        /// The elements at index tensors (integers, or truth values that choose); setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>The slice at this index of the leading dimension: a view; setting it copies.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => At(i1);
            set => Put(At(i1), value);
        }

        /// <summary>
        /// The slice at these indices of the leading dimensions: a view; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => At(i1, i2);
            set => Put(At(i1, i2), value);
        }

        /// <summary>
        /// The slice at these indices of the leading dimensions: a view; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => At(i1, i2, i3);
            set => Put(At(i1, i2, i3), value);
        }

        /// <summary>
        /// The slice at these indices of the leading dimensions: a view; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => At(i1, i2, i3, i4);
            set => Put(At(i1, i2, i3, i4), value);
        }

        /// <summary>
        /// The slice at these indices of the leading dimensions: a view; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => At(i1, i2, i3, i4, i5);
            set => Put(At(i1, i2, i3, i4, i5), value);
        }

        /// <summary>
        /// The slice at these indices of the leading dimensions: a view; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => At(i1, i2, i3, i4, i5, i6);
            set => Put(At(i1, i2, i3, i4, i5, i6), value);
        }

        /// <summary>
        /// The slice at these indices of the leading dimensions: a view; setting it copies.
        /// </summary>
        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => At(indices);
            set => Put(At(indices), value);
        }

        private Tensor At(params ReadOnlySpan<long> indices)
        {
            var slice = select(0, indices[0]);
            foreach (var next in indices[1..])
            {
                using var outer = slice;
                slice = outer.select(0, next);
            }
            return slice;
        }

        private static void Put(Tensor slice, Tensor value)
        {
            using (slice)
                slice.copy_(value);
        }
    }
}
