namespace Foof

open System
open System.Runtime.InteropServices
open TorchSharp

/// Two functions of the LAPACK that libtorch's own factorisations run on.
module private Lapack =

    [<Literal>]
    let Library = "liblapack.so.3"

    // Fortran's: numbers by reference, matrices by columns, a text's length at the end.
    [<DllImport(Library)>]
    extern void spotrf_(byte& triangle, int& n, byte& a, int& lda, int& info, nativeint length)

    [<DllImport(Library)>]
    extern void dpotrf_(byte& triangle, int& n, byte& a, int& lda, int& info, nativeint length)

    /// Whether libtorch has loaded it.
    let isLoaded =
        lazy (Library |> LoadedLibrary.has [ nameof spotrf_; nameof dpotrf_ ])

/// Cholesky factors in the place of their matrices. libtorch turns a matrix to columns first, copies it and clears a
/// triangle: with one thread and order 1000 that takes another 4 ms beside the 7 of the factorisation.
[<RequireQualifiedAccess>]
module internal CholeskyInPlace =

    let private suits (matrix: torch.Tensor) =
        LoadedLibrary.takesNumbers matrix
        && matrix.numel () = matrix.size -1 * matrix.size -1
        && not matrix.requires_grad
        && Lapack.isLoaded.Value

    let private factor (matrix: torch.Tensor) =
        // The upper triangle by columns is the lower one by rows.
        let mutable triangle, n, info = byte 'U', int (matrix.size -1), 0
        let a = &MemoryMarshal.GetReference matrix.bytes

        if matrix.dtype = torch.ScalarType.Float32 then
            Lapack.spotrf_ (&triangle, &n, &a, &n, &info, 1n)
        else
            Lapack.dpotrf_ (&triangle, &n, &a, &n, &info, 1n)

        info = 0

    let private clearAbove (matrix: torch.Tensor) =
        let d = int (matrix.size -1)
        let bytes = matrix.bytes
        let size = bytes.Length / (d * d)

        for row in 0 .. d - 2 do
            bytes.Slice(size * (row * d + row + 1), size * (d - row - 1)).Clear()

    /// M <- L with M = L L^T, of which the lower triangle counts; false where M is not positive definite, and its elements
    /// are then of no use; none, and nothing is done, where the library has no such function.
    ///
    /// Shapes: M [...; d; d], one matrix in one piece.
    let tryFactor (matrix: torch.Tensor) =
        if suits matrix then
            let isDefinite = factor matrix

            if isDefinite then
                clearAbove matrix

            ValueSome isDefinite
        else
            ValueNone
