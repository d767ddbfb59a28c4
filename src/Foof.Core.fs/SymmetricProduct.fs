namespace Foof

open System
open System.Runtime.InteropServices
open TorchSharp

/// Two functions of the BLAS that libtorch's own products run on. libtorch has no product of a matrix with itself, and so
/// computes each number of a symmetric one twice.
module private Blas =

    let RowMajor, Upper, Transpose = 101, 121, 112

    [<Literal>]
    let Library = "libblas.so.3"

    // c <- alpha a^T a + beta c in the upper triangle, with the constants above.
    [<DllImport(Library)>]
    extern void cblas_ssyrk(
        int order,
        int triangle,
        int transpose,
        int n,
        int k,
        float32 alpha,
        byte& a,
        int lda,
        float32 beta,
        byte& c,
        int ldc
    )

    [<DllImport(Library)>]
    extern void cblas_dsyrk(
        int order,
        int triangle,
        int transpose,
        int n,
        int k,
        double alpha,
        byte& a,
        int lda,
        double beta,
        byte& c,
        int ldc
    )

    /// Whether libtorch has loaded it.
    let isLoaded =
        lazy (Library |> LoadedLibrary.has [ nameof cblas_ssyrk; nameof cblas_dsyrk ])

/// Products of a matrix with itself at half the arithmetic, where the library has them: on the processor, in float32 and
/// float64, with matrices in one piece. They take two thirds to four fifths of the time of the whole product.
[<RequireQualifiedAccess>]
module internal SymmetricProduct =

    let private suits (target: torch.Tensor) (X: torch.Tensor) =
        target.dtype = X.dtype
        && LoadedLibrary.takesNumbers target
        && LoadedLibrary.takesNumbers X
        && Blas.isLoaded.Value

    let private accumulate (target: torch.Tensor) (keep: float) (X: torch.Tensor) (weight: float) =
        let d, k = int (target.size 0), int (X.size 0)
        let a = &MemoryMarshal.GetReference X.bytes
        let c = &MemoryMarshal.GetReference target.bytes

        if X.dtype = torch.ScalarType.Float32 then
            let weight, keep = float32 weight, float32 keep
            Blas.cblas_ssyrk (Blas.RowMajor, Blas.Upper, Blas.Transpose, d, k, weight, &a, d, keep, &c, d)
        else
            Blas.cblas_dsyrk (Blas.RowMajor, Blas.Upper, Blas.Transpose, d, k, weight, &a, d, keep, &c, d)

    /// Whether the library has them.
    let isAvailable () = Blas.isLoaded.Value

    /// target <- keep target + weight X^T X on and right of the diagonal, in place; false, and nothing is done, where the
    /// library has no such product. With keep = 0 what was in the target does not count, not even NaN.
    ///
    /// Shapes: target [d; d], X [k; d].
    let tryAccumulate (target: torch.Tensor) (keep: float) (X: torch.Tensor) (weight: float) =
        suits target X
        && (accumulate target keep X weight
            true)
