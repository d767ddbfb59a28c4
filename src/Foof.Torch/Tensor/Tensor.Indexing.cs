using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The slices along one dimension that index names, as a copy.</summary>
        public Tensor index_select(long dim, Tensor index) => Aten.IndexSelect.Call(this, dim, index);

        /// <summary>A view of one slice along one dimension, without it.</summary>
        public Tensor select(long dim, long index) => Aten.SelectInt.Call(this, dim, index);

        /// <summary>The elements of the flattened tensor at index.</summary>
        public Tensor take(Tensor index) => Aten.Take.Call(this, index);

        /// <summary>The elements of the flattened tensor at indices.</summary>
        public Tensor take_along_dim(Tensor indices) => Aten.TakeAlongDim.Call(this, indices);

        /// <summary>The elements of the flattened tensor at indices.</summary>
        public Tensor take_along_dim(IEnumerable<long> indices) => take_along_dim(tensor([.. indices]));

        /// <summary>The elements at indices along one dimension.</summary>
        public Tensor take_along_dim(Tensor indices, long dim) => Aten.TakeAlongDim.Call(this, indices, dim);

        /// <summary>The indices of the nonzero elements, a row each.</summary>
        public Tensor argwhere() => Aten.Argwhere.Call(this);

        /// <summary>The indices of the nonzero elements, a row each.</summary>
        public Tensor nonzero() => Aten.Nonzero.Call(this);

        /// <summary>The indices of the nonzero elements, a tensor each dimension.</summary>
        public IList<Tensor> nonzero_as_list() => Aten.NonzeroNumpy.CallMany(Math.Max(1, (int)dim()), this);

        /// <summary>A view of length slices along one dimension, from start on.</summary>
        public Tensor narrow(long dim, long start, long length) => Aten.Narrow.Call(this, dim, start, length);

        /// <summary>A view of the slices start, start + step, ... below finish along one dimension.</summary>
        public Tensor slice(long dim, long start, long finish, long step) =>
            Aten.SliceTensor.Call(this, dim, start, finish, step);

        /// <summary>
        /// The elements at index along one dimension: result[i][j] = this[index[i][j]][j] for dim 0.
        /// </summary>
        public Tensor gather(long dim, Tensor index) => Aten.Gather.Call(this, dim, index);

        /// <summary>A copy with the elements of src at index along one dimension.</summary>
        public Tensor scatter(long dim, Tensor index, Tensor src) =>
            Aten.ScatterSrc.Call(this, dim, index, src);

        /// <summary>Writes the elements of src at index along one dimension.</summary>
        public Tensor scatter_(long dim, Tensor index, Tensor src) =>
            Aten.Scatter_Src.Update(this, dim, index, src);

        /// <summary>A copy with the elements of src added at index along one dimension.</summary>
        public Tensor scatter_add(long dim, Tensor index, Tensor src) =>
            Aten.ScatterAdd.Call(this, dim, index, src);

        /// <summary>Adds the elements of src at index along one dimension, in place.</summary>
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) =>
            Aten.ScatterAdd_.Update(this, dim, index, src);

        /// <summary>A copy with alpha times the slices of source added to those that index names.</summary>
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Aten.IndexAdd.Call(this, dim, index, source, alpha);

        /// <summary>Adds alpha times the slices of source to those that index names.</summary>
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Aten.IndexAdd_.Update(this, dim, index, source, alpha);

        /// <summary>A copy with the slices that index names replaced by those of source.</summary>
        public Tensor index_copy(long dim, Tensor index, Tensor source) =>
            Aten.IndexCopy.Call(this, dim, index, source);

        /// <summary>Replaces the slices that index names by those of source.</summary>
        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Aten.IndexCopy_.Update(this, dim, index, source);

        /// <summary>A copy with the slices that index names full of value.</summary>
        public Tensor index_fill(long dim, Tensor index, Scalar value) =>
            Aten.IndexFillIntScalar.Call(this, dim, index, value);

        /// <summary>Fills the slices that index names with value.</summary>
        public Tensor index_fill_(long dim, Tensor index, Scalar value) =>
            Aten.IndexFill_IntScalar.Update(this, dim, index, value);

        /// <summary>A copy with src on the diagonals in the plane of two dimensions.</summary>
        public Tensor diagonal_scatter(Tensor src, long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
            Aten.DiagonalScatter.Call(this, src, offset, dim1, dim2);

        /// <summary>A copy with src as one slice along one dimension.</summary>
        public Tensor select_scatter(Tensor src, long dim, long index) =>
            Aten.SelectScatter.Call(this, src, dim, index);

        /// <summary>A copy with src as the slices start, start + step, ... below end.</summary>
        public Tensor slice_scatter(
            Tensor src,
            long dim = 0L,
            long? start = null,
            long? end = null,
            long step = 1L
        ) => Aten.SliceScatter.Call(this, src, dim, start, end, step);
    }

    /// <inheritdoc cref="Tensor.index_select(long, Tensor)"/>
    public static Tensor index_select(Tensor input, long dim, Tensor index) => input.index_select(dim, index);

    /// <inheritdoc cref="Tensor.select(long, long)"/>
    public static Tensor select(Tensor input, long dim, long index) => input.select(dim, index);

    /// <inheritdoc cref="Tensor.take(Tensor)"/>
    public static Tensor take(Tensor input, Tensor index) => input.take(index);

    /// <inheritdoc cref="Tensor.take_along_dim(Tensor, long)"/>
    public static Tensor take_along_dim(Tensor input, Tensor indices, long dim = 0L) =>
        input.take_along_dim(indices, dim);

    /// <inheritdoc cref="Tensor.argwhere()"/>
    public static Tensor argwhere(Tensor input) => input.argwhere();

    /// <inheritdoc cref="Tensor.nonzero()"/>
    public static Tensor nonzero(Tensor input) => input.nonzero();

    /// <inheritdoc cref="Tensor.narrow(long, long, long)"/>
    public static Tensor narrow(Tensor input, long dim, long start, long length) =>
        input.narrow(dim, start, length);

    /// <inheritdoc cref="Tensor.gather(long, Tensor)"/>
    public static Tensor gather(Tensor input, long dim, Tensor index) => input.gather(dim, index);

    /// <inheritdoc cref="Tensor.scatter(long, Tensor, Tensor)"/>
    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter(dim, index, src);

    /// <inheritdoc cref="Tensor.scatter_(long, Tensor, Tensor)"/>
    public static Tensor scatter_(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_(dim, index, src);

    /// <inheritdoc cref="Tensor.scatter_add(long, Tensor, Tensor)"/>
    public static Tensor scatter_add(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_add(dim, index, src);

    /// <inheritdoc cref="Tensor.scatter_add_(long, Tensor, Tensor)"/>
    public static Tensor scatter_add_(Tensor input, long dim, Tensor index, Tensor src) =>
        input.scatter_add_(dim, index, src);

    /// <inheritdoc cref="Tensor.index_add(long, Tensor, Tensor, Scalar)"/>
    public static Tensor index_add(Tensor input, long dim, Tensor index, Tensor source, Scalar alpha) =>
        input.index_add(dim, index, source, alpha);

    /// <inheritdoc cref="Tensor.index_add_(long, Tensor, Tensor, Scalar)"/>
    public static Tensor index_add_(Tensor input, long dim, Tensor index, Tensor source, Scalar alpha) =>
        input.index_add_(dim, index, source, alpha);

    /// <inheritdoc cref="Tensor.index_copy(long, Tensor, Tensor)"/>
    public static Tensor index_copy(Tensor input, long dim, Tensor index, Tensor source) =>
        input.index_copy(dim, index, source);

    /// <inheritdoc cref="Tensor.index_copy_(long, Tensor, Tensor)"/>
    public static Tensor index_copy_(Tensor input, long dim, Tensor index, Tensor source) =>
        input.index_copy_(dim, index, source);

    /// <inheritdoc cref="Tensor.index_fill(long, Tensor, Scalar)"/>
    public static Tensor index_fill(Tensor input, long dim, Tensor index, Scalar value) =>
        input.index_fill(dim, index, value);

    /// <inheritdoc cref="Tensor.index_fill_(long, Tensor, Scalar)"/>
    public static Tensor index_fill_(Tensor input, long dim, Tensor index, Scalar value) =>
        input.index_fill_(dim, index, value);

    /// <inheritdoc cref="Tensor.diagonal_scatter(Tensor, long, long, long)"/>
    public static Tensor diagonal_scatter(
        Tensor input,
        Tensor src,
        long offset = 0L,
        long dim1 = 0L,
        long dim2 = 1L
    ) => input.diagonal_scatter(src, offset, dim1, dim2);

    /// <inheritdoc cref="Tensor.select_scatter(Tensor, long, long)"/>
    public static Tensor select_scatter(Tensor input, Tensor src, long dim, long index) =>
        input.select_scatter(src, dim, index);

    /// <inheritdoc cref="Tensor.slice_scatter(Tensor, long, long?, long?, long)"/>
    public static Tensor slice_scatter(
        Tensor input,
        Tensor src,
        long dim = 0L,
        long? start = null,
        long? end = null,
        long step = 1L
    ) => input.slice_scatter(src, dim, start, end, step);
}
