using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// Views of so many slices each along one dimension, the last one shorter if need be.
        /// </summary>
        public Tensor[] split(long size, int dim = 0) =>
            Aten.SplitTensor.CallMany(Pieces(size, dim), this, size, dim);

        /// <summary>Views of these lengths along one dimension.</summary>
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => split(sizes.ToArray(), dim);

        /// <summary>Views of these lengths along one dimension.</summary>
        public Tensor[] split(long[] sizes, long dim = 0) =>
            Aten.SplitWithSizes.CallMany(sizes.Length, this, sizes, dim);

        /// <summary>Views of these lengths along the first dimension.</summary>
        public Tensor[] split(params long[] sizes) => Aten.SplitWithSizes.CallMany(sizes.Length, this, sizes);

        /// <summary>So many views along one dimension, as equal as can be.</summary>
        public Tensor[] tensor_split(long size, long dim = 0L) =>
            Aten.TensorSplitSections.CallMany((int)size, this, size, dim);

        /// <summary>Views along one dimension, cut at these places.</summary>
        public Tensor[] tensor_split(long[] sizes, long dim = 0L) =>
            Aten.TensorSplitIndices.CallMany(sizes.Length + 1, this, sizes, dim);

        /// <summary>At most so many views along one dimension, of equal length but the last.</summary>
        public Tensor[] chunk(long chunks, long dim = 0L) =>
            Aten.Chunk.CallMany((int)chunks, this, chunks, dim);

        /// <summary>The slices along one dimension, as views without it.</summary>
        public Tensor[] unbind(long dimension = 0L) =>
            Aten.UnbindInt.CallMany(checked((int)size((int)dimension)), this, dimension);

        private int Pieces(long length, int dim) =>
            length < 1 ? 1 : checked((int)((size(dim) + length - 1) / length)) + 1;
    }

    /// <inheritdoc cref="Tensor.split(long[], long)"/>
    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0L) =>
        tensor.split(split_size_or_sections, dim);

    /// <inheritdoc cref="Tensor.tensor_split(long, long)"/>
    public static Tensor[] tensor_split(Tensor input, long indices_or_sections, long dim = 0L) =>
        input.tensor_split(indices_or_sections, dim);

    /// <inheritdoc cref="Tensor.tensor_split(long[], long)"/>
    public static Tensor[] tensor_split(Tensor input, long[] indices_or_sections, long dim = 0L) =>
        input.tensor_split(indices_or_sections, dim);

    /// <inheritdoc cref="Tensor.chunk(long, long)"/>
    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => input.chunk(chunks, dim);

    /// <inheritdoc cref="Tensor.unbind(long)"/>
    public static Tensor[] unbind(Tensor input, long dim = 0L) => input.unbind(dim);

    /// <summary>Views of so many slices each along one dimension, the last one shorter if need be.</summary>
    public static Tensor[] split(Tensor tensor, long split_size_or_sections, long dim = 0L) =>
        tensor.split(split_size_or_sections, (int)dim);

    /// <summary>The tensors one after another along an existing dimension.</summary>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Aten.Cat.Call(Gathered(tensors), dim);

    /// <summary>The tensors one after another along an existing dimension.</summary>
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    /// <summary>The tensors one after another along an existing dimension.</summary>
    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    /// <summary>The tensors, of one shape, side by side along a new dimension.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) =>
        Aten.Stack.Call(Gathered(tensors), dim);

    /// <summary>The tensors one after another along the second dimension (the first, of vectors).</summary>
    public static Tensor hstack(IList<Tensor> tensors) => Aten.Hstack.Call(Gathered(tensors));

    /// <summary>The tensors one after another along the second dimension (the first, of vectors).</summary>
    public static Tensor hstack(params Tensor[] tensors) => Aten.Hstack.Call(tensors);

    /// <summary>The tensors one after another along the second dimension (the first, of vectors).</summary>
    public static Tensor hstack(IEnumerable<Tensor> tensors) => Aten.Hstack.Call(Gathered(tensors));

    /// <summary>The tensors, vectors as rows, one below the other.</summary>
    public static Tensor vstack(IList<Tensor> tensors) => Aten.Vstack.Call(Gathered(tensors));

    /// <summary>The tensors, vectors as rows, one below the other.</summary>
    public static Tensor vstack(Tensor[] tensors) => Aten.Vstack.Call(tensors);

    /// <summary>The tensors one behind the other along the third dimension.</summary>
    public static Tensor dstack(IList<Tensor> tensors) => Aten.Dstack.Call(Gathered(tensors));

    /// <summary>The tensors one behind the other along the third dimension.</summary>
    public static Tensor dstack(params Tensor[] tensors) => Aten.Dstack.Call(tensors);

    /// <summary>The tensors, vectors as columns, side by side.</summary>
    public static Tensor column_stack(IList<Tensor> tensors) => Aten.ColumnStack.Call(Gathered(tensors));

    /// <summary>The tensors, vectors as columns, side by side.</summary>
    public static Tensor column_stack(params Tensor[] tensors) => Aten.ColumnStack.Call(tensors);

    /// <summary>The tensors, vectors as rows, one below the other.</summary>
    public static Tensor row_stack(IList<Tensor> tensors) => Aten.Vstack.Call(Gathered(tensors));

    /// <summary>The tensors, vectors as rows, one below the other.</summary>
    public static Tensor row_stack(params Tensor[] tensors) => Aten.Vstack.Call(tensors);

    /// <summary>All choices of r elements of a vector, a row each.</summary>
    public static Tensor combinations(Tensor input, int r = 2, bool with_replacement = false) =>
        Aten.Combinations.Call(input, (long)r, with_replacement);

    /// <summary>The matrix with these matrices as blocks on its diagonal.</summary>
    public static Tensor block_diag(params Tensor[] tensors) => Aten.BlockDiag.Call(tensors);

    /// <summary>The tensors broadcast to one shape, as views.</summary>
    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) =>
        Aten.BroadcastTensors.CallMany(tensors.Length, tensors);

    /// <summary>
    /// The coordinates of a grid, one tensor a vector; <c>xy</c> exchanges the first two dimensions.
    /// </summary>
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij")
    {
        var vectors = Gathered(tensors);
        return Aten.MeshgridIndexing.CallMany(vectors.Length, vectors, indexing);
    }

    /// <summary>All combinations of one element from each vector, a row each.</summary>
    public static Tensor cartesian_prod(params Tensor[] tensors) => Aten.CartesianProd.Call(tensors);

    private static Tensor[] Gathered(IEnumerable<Tensor> tensors) => tensors as Tensor[] ?? [.. tensors];
}
