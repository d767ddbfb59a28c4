using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// The same elements in another shape; -1 stands for the length that fits. A view where that is
        /// possible.
        /// </summary>
        public Tensor reshape(params long[] shape) => Aten.Reshape.Call(this, shape);

        /// <summary>A view in another shape; the strides must allow it.</summary>
        public Tensor view(params long[] shape) => Aten.View.Call(this, shape);

        /// <summary>A view in the shape of other.</summary>
        public Tensor view_as(Tensor other) => view(other.shape);

        /// <summary>The dimensions from start_dim to end_dim as one.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) =>
            Aten.FlattenUsingInts.Call(this, start_dim, end_dim);

        /// <summary>All elements in one dimension.</summary>
        public Tensor ravel() => Aten.Ravel.Call(this);

        /// <summary>One dimension as several; -1 stands for the length that fits.</summary>
        public Tensor unflatten(long dim, params long[] sizes) => Unflattened(dim, sizes);

        /// <summary>A view without the dimensions of length 1, or without dim if its length is 1.</summary>
        public Tensor squeeze(long? dim = null) =>
            dim is { } d ? Aten.SqueezeDim.Call(this, d) : Aten.Squeeze.Call(this);

        /// <summary>Takes out the dimensions of length 1, in place.</summary>
        public Tensor squeeze_(long? dim = null) =>
            dim is { } d ? Aten.Squeeze_Dim.Update(this, d) : Aten.Squeeze_.Update(this);

        /// <summary>A view with a new dimension of length 1 at dim.</summary>
        public Tensor unsqueeze(long dim) => Aten.Unsqueeze.Call(this, dim);

        /// <summary>Puts a new dimension of length 1 at dim, in place.</summary>
        public Tensor unsqueeze_(long dim) => Aten.Unsqueeze_.Update(this, dim);

        /// <summary>A view in which dimensions of length 1 repeat without a copy.</summary>
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) =>
            expand(sizes.ToArray(), isImplicit);

        /// <summary>
        /// A view in which dimensions of length 1 repeat without a copy; -1 keeps a length.
        /// </summary>
        public Tensor expand(long[] sizes, bool isImplicit = false) =>
            Aten.Expand.Call(this, sizes, isImplicit);

        /// <summary>
        /// A view in which dimensions of length 1 repeat without a copy; -1 keeps a length.
        /// </summary>
        public Tensor expand(params long[] sizes) => Aten.Expand.Call(this, sizes);

        /// <summary>A view expanded to the shape of other.</summary>
        public Tensor expand_as(Tensor other) => expand(other.shape);

        /// <summary>A view broadcast to a shape.</summary>
        public Tensor broadcast_to(params long[] shape) => Aten.BroadcastTo.Call(this, shape);

        /// <summary>Copies of the tensor side by side, so many along each dimension.</summary>
        public Tensor repeat(params long[] sizes) => Aten.Repeat.Call(this, sizes);

        /// <summary>Every element (or slice along dim) as often as repeats says.</summary>
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Aten.RepeatInterleaveSelfTensor.Call(this, repeats, dim, output_size);

        /// <summary>Every element (or slice along dim) so many times.</summary>
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Aten.RepeatInterleaveSelfInt.Call(this, repeats, dim, output_size);

        /// <summary>Copies of the tensor side by side; missing leading dimensions count as 1.</summary>
        public Tensor tile(long[] reps) => Aten.Tile.Call(this, reps);

        /// <summary>
        /// The tensor itself if its elements lie in row-major order, else a copy that does.
        /// </summary>
        public Tensor contiguous() => Aten.Contiguous.Call(this);

        /// <summary>A copy.</summary>
        public Tensor clone() => Aten.Clone.Call(this);

        /// <summary>A view of the windows of one size along one dimension, as a new last dimension.</summary>
        public Tensor unfold(long dimension, long size, long step) =>
            Aten.Unfold.Call(this, dimension, size, step);

        /// <summary>A view with its own shape, strides and first element.</summary>
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L) =>
            Aten.AsStrided.Call(this, size, strides, storageOffset);

        /// <summary>The tensor with at least one dimension.</summary>
        public Tensor atleast_1d() => Aten.Atleast1d.Call(this);

        /// <summary>The tensor with at least two dimensions.</summary>
        public Tensor atleast_2d() => Aten.Atleast2d.Call(this);

        /// <summary>The tensor with at least three dimensions.</summary>
        public Tensor atleast_3d() => Aten.Atleast3d.Call(this);

        private Tensor Unflattened(long dim, long[] sizes)
        {
            var old = shape;
            var place = Wrap((int)dim, old.Length);
            return view([.. old[..place], .. sizes, .. old[(place + 1)..]]);
        }
    }

    /// <inheritdoc cref="Tensor.reshape(long[])"/>
    public static Tensor reshape(Tensor input, params long[] shape) => input.reshape(shape);

    /// <inheritdoc cref="Tensor.flatten(long, long)"/>
    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) =>
        input.flatten(start_dim, end_dim);

    /// <inheritdoc cref="Tensor.ravel()"/>
    public static Tensor ravel(Tensor input) => input.ravel();

    /// <inheritdoc cref="Tensor.unflatten(long, long[])"/>
    public static Tensor unflatten(Tensor input, long dim, params long[] sizes) =>
        input.unflatten(dim, sizes);

    /// <inheritdoc cref="Tensor.squeeze(long?)"/>
    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);

    /// <inheritdoc cref="Tensor.squeeze_(long?)"/>
    public static Tensor squeeze_(Tensor input, long? dim = null) => input.squeeze_(dim);

    /// <inheritdoc cref="Tensor.unsqueeze(long)"/>
    public static Tensor unsqueeze(Tensor input, long dim) => input.unsqueeze(dim);

    /// <inheritdoc cref="Tensor.unsqueeze_(long)"/>
    public static Tensor unsqueeze_(Tensor input, long dim) => input.unsqueeze_(dim);

    /// <inheritdoc cref="Tensor.broadcast_to(long[])"/>
    public static Tensor broadcast_to(Tensor input, params long[] shape) => input.broadcast_to(shape);

    /// <inheritdoc cref="Tensor.repeat_interleave(Tensor, long?, long?)"/>
    public static Tensor repeat_interleave(
        Tensor input,
        Tensor repeats,
        long? dim = null,
        long? output_size = null
    ) => input.repeat_interleave(repeats, dim, output_size);

    /// <inheritdoc cref="Tensor.repeat_interleave(long, long?, long?)"/>
    public static Tensor repeat_interleave(
        Tensor input,
        long repeats,
        long? dim = null,
        long? output_size = null
    ) => input.repeat_interleave(repeats, dim, output_size);

    /// <inheritdoc cref="Tensor.tile(long[])"/>
    public static Tensor tile(Tensor input, long[] dims) => input.tile(dims);

    /// <inheritdoc cref="Tensor.clone()"/>
    public static Tensor clone(Tensor input) => input.clone();
}
