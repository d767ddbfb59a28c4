namespace Foof

open System.Runtime.InteropServices
open TorchSharp

/// Products of float32 matrices that are rounded to 12 bits and a sign, in whole numbers: each row of the left one, and each
/// column of the right one within 128 terms of the sum, has a scale of its own; sums are exact over 128 terms and in float32
/// beyond. By the binding's library, on processors that multiply 16 bits twice as fast as float32 (AVX512-VNNI).
[<RequireQualifiedAccess>]
module internal FixedPoint =

    [<DllImport(LoadedLibrary.Native)>]
    extern int private foof_fixed_point_available()

    [<DllImport(LoadedLibrary.Native)>]
    extern int64 private foof_fixed_point_right_bytes(int64 terms, int64 columns)

    [<DllImport(LoadedLibrary.Native)>]
    extern int64 private foof_fixed_point_left_bytes(int64 terms, int64 rows)

    [<DllImport(LoadedLibrary.Native)>]
    extern void private foof_fixed_point_pack(
        byte& from,
        int64 step,
        int64 terms,
        int64 columns,
        byte& packed,
        int threads
    )

    [<DllImport(LoadedLibrary.Native)>]
    extern void private foof_fixed_point_multiply(
        byte& from,
        int64 rowStep,
        int64 termStep,
        int64 rows,
        int64 terms,
        int64 columns,
        byte& packed,
        byte& own,
        byte& result,
        int64 resultStep,
        float32 weight,
        float32 keep,
        int threads
    )

    /// Whether the binding's library is there, and the processor has the instructions.
    let isAvailable =
        LoadedLibrary.offers (nameof foof_fixed_point_multiply) foof_fixed_point_available

    /// Whether it serves for products in bfloat16: the processor's units for matrices, where it has them, are faster.
    let serves = lazy (isAvailable.Value && not OneDnn.hasMatrixUnits.Value)

    /// Whether numbers of a row are neighbours, and rows come one after the other.
    let private isByRows (matrix: torch.Tensor) =
        matrix.stride 1 = 1L && matrix.stride 0 >= matrix.size 1

    let private byRows (matrix: torch.Tensor) =
        if isByRows matrix then matrix else matrix.contiguous ()

    /// A right matrix, packed. The result belongs to the caller's scope.
    ///
    /// Shapes: [terms; columns] in float32 -> bytes.
    let pack (right: torch.Tensor) =
        Scope.tensor (fun () ->
            let right = byRows right

            let packed =
                LoadedLibrary.bytes (foof_fixed_point_right_bytes (right.size 0, right.size 1))

            foof_fixed_point_pack (
                &LoadedLibrary.first right,
                right.stride 0,
                right.size 0,
                right.size 1,
                &LoadedLibrary.first packed,
                torch.get_num_threads ()
            )

            packed)

    /// result <- keep result + weight left right, for a right matrix that was packed; what the result was counts only where
    /// `keep` is not zero.
    ///
    /// Shapes: left [rows; terms], result [rows; columns] in one piece, both in float32.
    let multiply (left: torch.Tensor) packed (weight: float) (result: torch.Tensor) (keep: float) =
        use _scope = torch.NewDisposeScope()
        // A transposed matrix is read as it lies.
        let transposed = isByRows (left.t ())
        let source = if transposed then left.t () else byRows left

        let struct (rowStep, termStep) =
            if transposed then
                struct (1L, source.stride 0)
            else
                struct (source.stride 0, 1L)

        let own =
            LoadedLibrary.bytes (foof_fixed_point_left_bytes (left.size 1, left.size 0))

        foof_fixed_point_multiply (
            &LoadedLibrary.first source,
            rowStep,
            termStep,
            left.size 0,
            left.size 1,
            result.size 1,
            &LoadedLibrary.first packed,
            &LoadedLibrary.first own,
            &LoadedLibrary.first result,
            result.size 1,
            float32 weight,
            float32 keep,
            torch.get_num_threads ()
        )
