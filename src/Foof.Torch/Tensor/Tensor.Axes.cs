using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>A view with two dimensions exchanged.</summary>
        public Tensor transpose(long dim0, long dim1) => Aten.TransposeInt.Call(this, dim0, dim1);

        /// <summary>Exchanges two dimensions, in place.</summary>
        public Tensor transpose_(long dim0, long dim1) => Aten.Transpose_.Update(this, dim0, dim1);

        /// <summary>A view of the transposed matrix; a vector is itself.</summary>
        public Tensor t() => Aten.T.Call(this);

        /// <summary>A view with two dimensions exchanged.</summary>
        public Tensor swapdims(long dim0, long dim1) => transpose(dim0, dim1);

        /// <summary>A view with two dimensions exchanged.</summary>
        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);

        /// <summary>A view with the dimensions in another order.</summary>
        public Tensor permute(params long[] permutation) => Aten.Permute.Call(this, permutation);

        /// <summary>A view with the dimensions in another order.</summary>
        public Tensor permute(IEnumerable<long> permutation) => permute([.. permutation]);

        /// <summary>A view with some dimensions at other places, the others in order.</summary>
        public Tensor movedim(long[] source, long[] destination) =>
            Aten.MovedimIntlist.Call(this, source, destination);

        /// <summary>A view with some dimensions at other places, the others in order.</summary>
        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);

        /// <summary>A view of the conjugate transposed matrices in the last two dimensions.</summary>
        public Tensor adjoint() => Aten.Adjoint.Call(this);

        /// <summary>A copy with the order along these dimensions reversed.</summary>
        public Tensor flip(params long[] dims) => Aten.Flip.Call(this, dims);

        /// <summary>A copy with the columns reversed.</summary>
        public Tensor fliplr() => Aten.Fliplr.Call(this);

        /// <summary>A copy with the rows reversed.</summary>
        public Tensor flipud() => Aten.Flipud.Call(this);

        /// <summary>
        /// A copy with the elements shifted around one dimension (null: around the flattened tensor).
        /// </summary>
        public Tensor roll(long shifts, long? dims = null) =>
            Aten.Roll.Call(
                this,
                new long[] { shifts },
                dims is { } d ? new long[] { d } : Array.Empty<long>()
            );

        /// <summary>A copy with the elements shifted around two dimensions.</summary>
        public Tensor roll((long, long) shifts, (long, long) dims) =>
            roll([shifts.Item1, shifts.Item2], [dims.Item1, dims.Item2]);

        /// <summary>A copy with the elements shifted around three dimensions.</summary>
        public Tensor roll((long, long, long) shifts, (long, long, long) dims) =>
            roll([shifts.Item1, shifts.Item2, shifts.Item3], [dims.Item1, dims.Item2, dims.Item3]);

        /// <summary>A copy with the elements shifted around these dimensions.</summary>
        public Tensor roll(long[] shifts, long[] dims) => Aten.Roll.Call(this, shifts, dims);

        /// <summary>A copy with the elements shifted around the first dimension.</summary>
        public Tensor roll(long[] shifts) => roll(shifts, [0]);

        /// <summary>A copy turned k quarters in the plane of two dimensions (null: the first two).</summary>
        public Tensor rot90(long k = 1, (long, long)? dims = null) =>
            Aten.Rot90.Call(this, k, dims is { } d ? new long[] { d.Item1, d.Item2 } : new long[] { 0, 1 });

        /// <summary>
        /// A matrix with this vector on a diagonal, or the diagonal of this matrix, as a copy.
        /// </summary>
        public Tensor diag(long diagonal = 0) => Aten.Diag.Call(this, diagonal);

        /// <summary>A view of the diagonals in the plane of two dimensions, as the last dimension.</summary>
        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
            Aten.Diagonal.Call(this, offset, dim1, dim2);

        /// <summary>Matrices with the last dimension on their diagonals.</summary>
        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) =>
            Aten.DiagEmbed.Call(this, offset, dim1, dim2);

        /// <summary>A matrix with all elements on a diagonal.</summary>
        public Tensor diagflat(long offset = 0) => Aten.Diagflat.Call(this, offset);

        /// <summary>The lower triangles of matrices, zero above.</summary>
        public Tensor tril(long diagonal = 0) => Aten.Tril.Call(this, diagonal);

        /// <summary>The lower triangles of matrices, in place.</summary>
        public Tensor tril_(long diagonal = 0) => Aten.Tril_.Update(this, diagonal);

        /// <summary>The upper triangles of matrices, zero below.</summary>
        public Tensor triu(long diagonal = 0) => Aten.Triu.Call(this, diagonal);

        /// <summary>The upper triangles of matrices, in place.</summary>
        public Tensor triu_(long diagonal = 0) => Aten.Triu_.Update(this, diagonal);

        /// <summary>A view with the dimensions in reverse order.</summary>
        public Tensor T => Aten.NumpyT.Call(this);

        /// <summary>A view of the transposed matrices in the last two dimensions.</summary>
        public Tensor mT => Aten.MT.Call(this);

        /// <summary>A view of the conjugate transposed matrix.</summary>
        public Tensor H => Aten.MatrixH.Call(this);

        /// <summary>A view of the conjugate transposed matrices in the last two dimensions.</summary>
        public Tensor mH => Aten.MH.Call(this);
    }

    /// <inheritdoc cref="Tensor.transpose(long, long)"/>
    public static Tensor transpose(Tensor input, long dim0, long dim1) => input.transpose(dim0, dim1);

    /// <inheritdoc cref="Tensor.t()"/>
    public static Tensor t(Tensor input) => input.t();

    /// <inheritdoc cref="Tensor.swapdims(long, long)"/>
    public static Tensor swapdims(Tensor input, long dim0, long dim1) => input.swapdims(dim0, dim1);

    /// <inheritdoc cref="Tensor.swapaxes(long, long)"/>
    public static Tensor swapaxes(Tensor input, long axis0, long axis1) => input.swapaxes(axis0, axis1);

    /// <inheritdoc cref="Tensor.permute(long[])"/>
    public static Tensor permute(Tensor input, params long[] permutation) => input.permute(permutation);

    /// <inheritdoc cref="Tensor.movedim(long[], long[])"/>
    public static Tensor movedim(Tensor input, long[] source, long[] destination) =>
        input.movedim(source, destination);

    /// <inheritdoc cref="Tensor.moveaxis(long[], long[])"/>
    public static Tensor moveaxis(Tensor input, long[] source, long[] destination) =>
        input.moveaxis(source, destination);

    /// <inheritdoc cref="Tensor.adjoint()"/>
    public static Tensor adjoint(Tensor input) => input.adjoint();

    /// <inheritdoc cref="Tensor.flip(long[])"/>
    public static Tensor flip(Tensor input, params long[] dims) => input.flip(dims);

    /// <inheritdoc cref="Tensor.fliplr()"/>
    public static Tensor fliplr(Tensor input) => input.fliplr();

    /// <inheritdoc cref="Tensor.flipud()"/>
    public static Tensor flipud(Tensor input) => input.flipud();

    /// <inheritdoc cref="Tensor.roll(long, long?)"/>
    public static Tensor roll(Tensor input, long shifts, long? dims = null) => input.roll(shifts, dims);

    /// <inheritdoc cref="Tensor.roll(ValueTuple{long, long}, ValueTuple{long, long})"/>
    public static Tensor roll(Tensor input, (long, long) shifts, (long, long) dims) =>
        input.roll(shifts, dims);

    /// <inheritdoc cref="Tensor.roll(ValueTuple{long, long, long}, ValueTuple{long, long, long})"/>
    public static Tensor roll(Tensor input, (long, long, long) shifts, (long, long, long) dims) =>
        input.roll(shifts, dims);

    /// <inheritdoc cref="Tensor.roll(long[], long[])"/>
    public static Tensor roll(Tensor input, long[] shifts, long[] dims) => input.roll(shifts, dims);

    /// <inheritdoc cref="Tensor.roll(long[])"/>
    public static Tensor roll(Tensor input, long[] shifts) => input.roll(shifts);

    /// <inheritdoc cref="Tensor.rot90(long, System.Nullable{ValueTuple{long, long}})"/>
    public static Tensor rot90(Tensor input, long k = 1, (long, long)? dims = null) => input.rot90(k, dims);

    /// <inheritdoc cref="Tensor.diag(long)"/>
    public static Tensor diag(Tensor input, long diagonal = 0) => input.diag(diagonal);

    /// <inheritdoc cref="Tensor.diagonal(long, long, long)"/>
    public static Tensor diagonal(Tensor input, long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
        input.diagonal(offset, dim1, dim2);

    /// <inheritdoc cref="Tensor.diag_embed(long, long, long)"/>
    public static Tensor diag_embed(Tensor input, long offset = 0L, long dim1 = -2L, long dim2 = -1L) =>
        input.diag_embed(offset, dim1, dim2);

    /// <inheritdoc cref="Tensor.diagflat(long)"/>
    public static Tensor diagflat(Tensor input, long offset = 0) => input.diagflat(offset);

    /// <inheritdoc cref="Tensor.tril(long)"/>
    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);

    /// <inheritdoc cref="Tensor.tril_(long)"/>
    public static Tensor tril_(Tensor input, long diagonal = 0) => input.tril_(diagonal);

    /// <inheritdoc cref="Tensor.triu(long)"/>
    public static Tensor triu(Tensor input, long diagonal = 0L) => input.triu(diagonal);

    /// <inheritdoc cref="Tensor.triu_(long)"/>
    public static Tensor triu_(Tensor input, long diagonal = 0L) => input.triu_(diagonal);

    /// <summary>A view with one dimension at another place, the others in order.</summary>
    public static Tensor movedim(Tensor input, long source, long destination) =>
        input.movedim([source], [destination]);

    /// <summary>A view with one dimension at another place, the others in order.</summary>
    public static Tensor moveaxis(Tensor input, long source, long destination) =>
        input.movedim([source], [destination]);

    /// <summary>The indices of a lower triangle, [2; count], row by row.</summary>
    public static Tensor tril_indices(
        long row,
        long col,
        long offset = 0L,
        ScalarType dtype = ScalarType.Int64,
        Device? device = null
    ) => Aten.TrilIndices.Call(row, col, offset, dtype, Value.None, On(device));

    /// <summary>The indices of an upper triangle, [2; count], row by row.</summary>
    public static Tensor triu_indices(
        long row,
        long col,
        long offset = 0L,
        ScalarType dtype = ScalarType.Int64,
        Device? device = null
    ) => Aten.TriuIndices.Call(row, col, offset, dtype, Value.None, On(device));
}
