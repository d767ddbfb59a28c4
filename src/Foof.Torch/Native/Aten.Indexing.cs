namespace TorchSharp.Native;

internal static partial class Aten
{
    internal static readonly Op IndexSelect = new("index_select");
    internal static readonly Op SelectInt = new("select.int");
    internal static readonly Op Take = new("take");
    internal static readonly Op TakeAlongDim = new("take_along_dim");
    internal static readonly Op Argwhere = new("argwhere");
    internal static readonly Op Nonzero = new("nonzero");
    internal static readonly Op NonzeroNumpy = new("nonzero_numpy");
    internal static readonly Op Narrow = new("narrow");
    internal static readonly Op SliceTensor = new("slice.Tensor");
    internal static readonly Op Gather = new("gather");
    internal static readonly Op ScatterSrc = new("scatter.src");
    internal static readonly Op Scatter_Src = new("scatter_.src");
    internal static readonly Op ScatterAdd = new("scatter_add");
    internal static readonly Op ScatterAdd_ = new("scatter_add_");
    internal static readonly Op IndexAdd = new("index_add");
    internal static readonly Op IndexAdd_ = new("index_add_");
    internal static readonly Op IndexCopy = new("index_copy");
    internal static readonly Op IndexCopy_ = new("index_copy_");
    internal static readonly Op IndexFillIntScalar = new("index_fill.int_Scalar");
    internal static readonly Op IndexFill_IntScalar = new("index_fill_.int_Scalar");
    internal static readonly Op DiagonalScatter = new("diagonal_scatter");
    internal static readonly Op SelectScatter = new("select_scatter");
    internal static readonly Op SliceScatter = new("slice_scatter");
}
