namespace Foof

open System
open System.Collections.Concurrent
open TorchSharp

/// Products of a few rows with a matrix that serves many times. The BLAS brings a matrix into the order in which its kernel
/// reads it at every product, which with 100 rows takes a third of the time: here that is done once. On the processor, in
/// float32, where libtorch brings oneDNN along: 1.2 ms in place of 1.8 for 100 rows of 1001.
[<RequireQualifiedAccess>]
module internal PackedMatrix =

    /// Orders from which on it pays.
    [<Literal>]
    let Smallest = 128L

    /// Rows up to which it pays.
    [<Literal>]
    let MostRows = 512L

    /// Products that bring back what packing takes: one to two of them.
    [<Literal>]
    let LeastUses = 4

    // One layout whatever the number of rows, so that a matrix is packed once and a product's bits depend on nothing else.
    [<Literal>]
    let private TypicalRows = 128L

    let private layouts = ConcurrentDictionary<int64, byte array voption>()

    let private products =
        ConcurrentDictionary<struct (int64 * int64 * int), OneDnnProduct voption>()

    let private layoutOf d =
        layouts.GetOrAdd(d, OneDnn.bestLayout TypicalRows)

    let private productOf rows d layout =
        products.GetOrAdd(struct (rows, d, torch.get_num_threads ()), fun _ -> OneDnn.product rows d layout)

    let private isPlain (X: torch.Tensor) =
        X.device_type = DeviceType.CPU
        && X.dtype = torch.ScalarType.Float32
        && X.numel () * X.element_size () <= int64 Int32.MaxValue

    /// Whether the library has such products.
    let isAvailable () = OneDnn.isLoaded.Value

    /// Whether products of these rows gain by it. Shapes: X [k; d].
    let suits (X: torch.Tensor) =
        let rows, d = X.size 0, X.size 1

        0L < rows
        && rows <= MostRows
        && Smallest <= d
        && isPlain X
        && OneDnn.isLoaded.Value

    /// A copy of M in the order of the kernel, for `tryTimes` with rows that suit; none where the library has no such
    /// order. It belongs to the caller's scope.
    ///
    /// Shapes: M [d; d].
    let tryPack (M: torch.Tensor) =
        let d = M.size 0

        match layoutOf d with
        | ValueSome layout when isPlain M ->
            let packed =
                torch.empty (OneDnn.bytes layout / M.element_size (), dtype = M.dtype, device = M.device)

            use plain = M.contiguous ()
            OneDnn.reorder (OneDnn.byRows d d) plain.bytes layout packed.bytes
            ValueSome packed
        | _ -> ValueNone

    /// X M for rows that suit, where `packed` holds M; none where the library has no such product. It belongs to the
    /// caller's scope.
    ///
    /// Shapes: X [k; d] -> the same.
    let tryTimes (X: torch.Tensor) (packed: torch.Tensor) =
        let rows, d = X.size 0, X.size 1
        let layout = (layoutOf d).Value

        match productOf rows d layout with
        | ValueSome product ->
            use plain = X.contiguous ()
            let result = torch.empty (rows, d, dtype = X.dtype, device = X.device)

            use scratch =
                torch.empty (OneDnn.bytes product.Scratch, dtype = torch.ScalarType.Byte, device = X.device)

            OneDnn.multiply product plain.bytes packed.bytes scratch.bytes result.bytes
            ValueSome result
        | ValueNone -> ValueNone
