namespace Foof

open System
open System.Collections.Concurrent
open TorchSharp

/// The order in which a kernel reads a matrix.
[<RequireQualifiedAccess; Struct>]
type internal Packing =
    /// oneDNN's, for a matrix of that type, with zeros up to that order.
    | OneDnn of layout: byte array * kind: torch.ScalarType * padded: int64
    /// That of products in whole numbers.
    | FixedPoint

/// A square matrix in the order in which a kernel reads it, for products of few rows with it. The BLAS brings a matrix into
/// that order at every product, which with 100 rows takes a third of the time: here that is done once. On the processor,
/// where libtorch brings oneDNN along: 1.2 ms in place of 1.8 for 100 rows of 1001 in float32. A matrix in bfloat16, where the
/// processor has no units for that, is multiplied in whole numbers, which round less. Owns its memory.
[<Sealed>]
type internal PackedMatrix private (d: int64, packing: Packing, values: torch.Tensor) =

    // One layout whatever the number of rows, so that a matrix is packed once and a product's bits depend on nothing else.
    static let typicalRows = 128L

    static let layouts =
        ConcurrentDictionary<struct (torch.ScalarType * int64), byte array voption>()

    static let products =
        ConcurrentDictionary<struct (torch.ScalarType * int64 * int64 * int), OneDnnProduct voption>()

    static let layoutOf kind d =
        layouts.GetOrAdd(struct (kind, d), (fun _ -> OneDnn.bestLayout kind typicalRows d))

    static let productOf kind rows d layout =
        let make _ =
            OneDnn.product (OneDnn.byRows kind rows d) layout (OneDnn.byRows torch.ScalarType.Float32 rows d)

        products.GetOrAdd(struct (kind, rows, d, torch.get_num_threads ()), make)

    // Numbers of bfloat16 are multiplied in pairs, 32 rows and columns at a time: other orders take a fifth longer.
    static let paddedOrder kind (d: int64) =
        if kind = torch.ScalarType.BFloat16 then
            (d + 31L) / 32L * 32L
        else
            d

    /// X with zeros on its right, in another type.
    static let widened kind (columns: int64) (X: torch.Tensor) =
        if X.dtype = kind && X.size 1 = columns then
            X.contiguous ()
        else
            let wide = torch.zeros (X.size 0, columns, dtype = kind, device = X.device)
            wide.narrow(1L, 0L, X.size 1).copy_ X |> ignore
            wide

    /// Orders from which on it pays.
    static member Smallest = 128L

    /// Rows up to which it pays.
    static member MostRows = 512L

    /// Products that bring back what packing takes: one to two of them.
    static member LeastUses = 4

    /// Whether there is a library that has such products.
    static member IsAvailable = OneDnnFunctions.isLoaded.Value || FixedPoint.isAvailable.Value

    /// Whether products of these rows gain by it. Shapes: X [k; d].
    static member Suits(X: torch.Tensor) =
        let rows, d = X.size 0, X.size 1

        0L < rows
        && rows <= PackedMatrix.MostRows
        && PackedMatrix.Smallest <= d
        && X.dtype = torch.ScalarType.Float32
        && LoadedLibrary.takes X
        && PackedMatrix.IsAvailable

    static member private ByFixedPoint(M: torch.Tensor) =
        use _scope = torch.NewDisposeScope()
        let values = FixedPoint.pack (M.``to`` torch.ScalarType.Float32) |> Scope.detach
        new PackedMatrix(M.size 0, Packing.FixedPoint, values)

    static member private TryByOneDnn(M: torch.Tensor) =
        let kind, d = M.dtype, M.size 0
        let padded = paddedOrder kind d

        match layoutOf kind padded with
        | ValueNone -> ValueNone
        | ValueSome layout ->
            use _scope = torch.NewDisposeScope()

            let values =
                torch.empty (OneDnn.bytes layout, dtype = torch.ScalarType.Byte, device = M.device)
                |> Scope.detach

            let columns = widened kind padded M

            let square =
                if padded = d then
                    columns
                else
                    torch.cat ([| columns; columns.new_zeros (padded - d, padded) |], 0L)

            OneDnn.reorder square layout values
            ValueSome(new PackedMatrix(d, Packing.OneDnn(layout, kind, padded), values))

    /// A copy of M, in float32 or bfloat16, for rows that suit; none where the library has no order of its own for it.
    ///
    /// Shapes: M [d; d].
    static member TryPack(M: torch.Tensor) =
        match M.dtype with
        | _ when not (LoadedLibrary.takes M) -> ValueNone
        | torch.ScalarType.BFloat16 when FixedPoint.serves.Value -> ValueSome(PackedMatrix.ByFixedPoint M)
        | torch.ScalarType.BFloat16
        | torch.ScalarType.Float32 when OneDnnFunctions.isLoaded.Value -> PackedMatrix.TryByOneDnn M
        | _ -> ValueNone

    /// X M in X's type, for rows that suit, with sums in float32; none where the library has no such product. The result
    /// belongs to the caller's scope.
    ///
    /// Shapes: X [k; d] -> the same.
    member _.TryTimes(X: torch.Tensor) =
        let result (columns: int64) =
            torch.empty (X.size 0, columns, dtype = X.dtype, device = X.device)

        match packing with
        | Packing.FixedPoint ->
            Scope.tensor (fun () ->
                let result = result d
                FixedPoint.multiply X values 1.0 result 0.0
                result)
            |> ValueSome
        | Packing.OneDnn(layout, kind, padded) ->
            productOf kind (X.size 0) padded layout
            |> ValueOption.map (fun product ->
                Scope.tensor (fun () ->
                    let result = result padded
                    OneDnn.multiply product (widened kind padded X) values result
                    result.narrow (1L, 0L, d)))

    interface IDisposable with
        member _.Dispose() = values.Dispose()
