namespace Foof

open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open TorchSharp

/// Products of two Gram matrices, element by element, in float32: by the binding's library, on processors with AVX-512. With few
/// rows libtorch's products take twice as long as their arithmetic, to lay out their factors; here no row is copied, and the
/// inner products of rows with one another are found once for each pair.
[<RequireQualifiedAccess>]
module internal RowProducts =

    [<DllImport(LoadedLibrary.Native)>]
    extern int private foof_row_products_available()

    [<DllImport(LoadedLibrary.Native)>]
    extern void private foof_row_products(
        byte& X,
        byte& X',
        int64 width,
        byte& Y,
        byte& Y',
        int64 height,
        int64 m,
        int64 m',
        byte& products,
        int threads
    )

    /// Whether the binding's library is there, and the processor has the instructions.
    let isAvailable =
        LoadedLibrary.offers (nameof foof_row_products) foof_row_products_available

    /// Fewer rows are nothing to gain from.
    [<Literal>]
    let private Least = 16L

    /// As many rows as it is faster with than libtorch: with more of them its time counts for less, and rows leave the caches.
    [<Literal>]
    let private Most = 128L

    /// The same for rows with one another, which are half the work.
    [<Literal>]
    let private MostAlike = 512L

    /// The longest rows of both sides together, for the same reason.
    [<Literal>]
    let private Longest = 4096L

    let private takes (rows: torch.Tensor) =
        rows.dtype = torch.ScalarType.Float32 && LoadedLibrary.takesNumbers rows

    /// Whether both are the same rows in memory.
    let private areSame (X: torch.Tensor) (X': torch.Tensor) =
        X.size 0 = X'.size 0
        && Scope.value (fun () -> Unsafe.AreSame(&LoadedLibrary.first X, &LoadedLibrary.first X'))

    /// As `tryHadamard`, by so many threads, whatever the shapes.
    let byThreads (threads: int) (X: torch.Tensor) (X': torch.Tensor) (Y: torch.Tensor) (Y': torch.Tensor) =
        Scope.tensor (fun () ->
            let products = X.new_empty (X.size 0, X'.size 0)

            foof_row_products (
                &LoadedLibrary.first X,
                &LoadedLibrary.first X',
                X.size 1,
                &LoadedLibrary.first Y,
                &LoadedLibrary.first Y',
                Y.size 1,
                X.size 0,
                X'.size 0,
                &LoadedLibrary.first products,
                threads
            )

            products)

    /// Whether it is faster than libtorch's products of such rows.
    let pays (alike: bool) (m: int64) (m': int64) (length: int64) =
        let fewest, most = min m m', max m m'

        Least <= fewest
        && (if alike then
                most <= MostAlike
            else
                most <= Most && length <= Longest)

    /// (X X'^T) o (Y Y'^T), where these are of its kind and it is faster than libtorch.
    ///
    /// Shapes: X [m; d], X' [m'; d], Y [m; k], Y' [m'; k] -> [m; m']. The result belongs to the caller's scope.
    let tryHadamard (X: torch.Tensor) (X': torch.Tensor) (Y: torch.Tensor) (Y': torch.Tensor) =
        if
            isAvailable.Value
            && List.forall takes [ X; X'; Y; Y' ]
            && pays (areSame X X' && areSame Y Y') (X.size 0) (X'.size 0) (X.size 1 + Y.size 1)
        then
            ValueSome(byThreads (torch.get_num_threads ()) X X' Y Y')
        else
            ValueNone
