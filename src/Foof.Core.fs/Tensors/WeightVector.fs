namespace Foof

open TorchSharp

/// Vectors in weight space: arrays with one matrix [d_out; d_in] per layer, in the layers' order.
/// Results belong to the caller. Functions raise an ArgumentException for layers, shapes, types or devices that do not
/// match.
[<RequireQualifiedAccess>]
module WeightVector =

    /// The shapes of a vector's matrices, one per layer.
    let shapes (x: torch.Tensor array) = x |> Array.map _.shape

    /// Raises an ArgumentException unless `x` holds one matrix per layer, of these shapes; types and devices may be
    /// any.
    let check (name: string) (shapes: int64 array array) (x: torch.Tensor array) =
        if x.Length <> shapes.Length then
            invalidArg name $"{name} must hold {shapes.Length} matrices, one per layer; got {x.Length}."
        for i in 0 .. x.Length - 1 do
            if x[i].shape <> shapes[i] then
                invalidArg name $"{name} must be [{Shape.text shapes[i]}] at layer {i}; got [{Shape.text x[i].shape}]."

    let private requireSome (x: torch.Tensor array) =
        if x.Length = 0 then invalidArg (nameof x) "x must hold at least one matrix; got none."

    let private checkPair (x: torch.Tensor array) (y: torch.Tensor array) =
        requireSome x
        check (nameof y) (shapes x) y
        Array.iter2 (Require.alike (nameof y)) x y

    /// f of every layer's matrix, in the layers' order; `f` returns a fresh tensor.
    /// The result belongs to the caller.
    let map (f: torch.Tensor -> torch.Tensor) (x: torch.Tensor array) =
        Scope.owned (fun () -> Array.map f x) Seq.ofArray

    let private map2 (f: torch.Tensor -> torch.Tensor -> torch.Tensor) x y =
        checkPair x y
        Scope.owned (fun () -> Array.map2 f x y) Seq.ofArray

    /// x . y, the sum over all layers' elements, in their type and on their device.
    /// Shapes: x, y one [d_out; d_in] a layer -> [].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when x is empty or y's layers, shapes, types or devices are not x's.
    let dot (x: torch.Tensor array) (y: torch.Tensor array) =
        checkPair x y
        Scope.tensor (fun () ->
            Array.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> (x * y).sum()) x y |> Array.reduce (+))

    /// |x|, the Euclidean norm over all layers' elements, in their type and on their device.
    /// Shapes: x one [d_out; d_in] a layer -> [].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when x is empty.
    let norm (x: torch.Tensor array) = Scope.tensor (fun () -> (dot x x).sqrt())

    /// factor x.
    /// Shapes: x one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    let scale (factor: float) (x: torch.Tensor array) = map (fun x -> x * factor) x

    /// x + y.
    /// Shapes: x, y one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when x is empty or y's layers, shapes, types or devices are not x's.
    let add (x: torch.Tensor array) (y: torch.Tensor array) = map2 (fun x y -> x + y) x y

    /// factor x + y.
    /// Shapes: x, y one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when x is empty or y's layers, shapes, types or devices are not x's.
    let axpy (factor: float) (x: torch.Tensor array) (y: torch.Tensor array) =
        map2 (fun x y -> y.add (x, factor.ToScalar())) x y

    /// Zeros of these shapes, in the type and on the device of `like`.
    /// The result belongs to the caller.
    let zeros (shapes: int64 array array) (like: torch.Tensor) =
        Array.map (fun (shape: int64 array) -> torch.zeros (shape, dtype = like.dtype, device = like.device)) shapes

    /// Independent standard normal numbers of these shapes, in the type and on the device of `like`. They are drawn on
    /// the generator's device: equal seeds make equal numbers wherever `like` is.
    /// The result belongs to the caller; a null generator is the default one of the device of `like`.
    let normal (shapes: int64 array array) (like: torch.Tensor) (generator: torch.Generator) =
        let source = if isNull generator then like.device else generator.device
        let draw (shape: int64 array) =
            torch.randn(shape, dtype = like.dtype, device = source, generator = generator).``to`` like.device
        Scope.owned (fun () -> Array.map draw shapes) Seq.ofArray

    /// A vector dealt out to parts of so many layers each, in order.
    let internal deal (counts: int array) (x: torch.Tensor array) =
        let starts = Array.scan (+) 0 counts
        counts |> Array.mapi (fun i count -> Array.sub x starts[i] count)

    /// All layers' elements, layer by layer and each row by row.
    /// Shapes: x one [d_out; d_in] a layer -> [p].
    /// The result is a copy and belongs to the caller.
    /// Raises an ArgumentException when x is empty.
    let flatten (x: torch.Tensor array) =
        requireSome x
        Scope.tensor (fun () -> torch.cat (x |> Array.map _.reshape(-1L), 0L))

    /// Vectors side by side, one a row, as one [k; d_out; d_in] a layer, views into `rows` where that is possible.
    /// Shapes: rows [k; p].
    let internal unflattenRows (shapes: int64 array array) (rows: torch.Tensor) =
        let sizes = shapes |> Array.map (Array.fold (*) 1L)
        let starts = Array.scan (+) 0L sizes
        shapes |> Array.mapi (fun i shape -> rows.narrow(1L, starts[i], sizes[i]).reshape(Array.append [| -1L |] shape))

    /// The inverse of `flatten`, with p the sum of the shapes' sizes.
    /// Shapes: flat [p] -> one [d_out; d_in] a layer.
    /// The results are views: they belong to the caller and share the memory of `flat`.
    /// Raises an ArgumentException when `flat` is not [p].
    let unflatten (shapes: int64 array array) (flat: torch.Tensor) =
        let sizes = shapes |> Array.map (Array.fold (*) 1L)
        let starts = Array.scan (+) 0L sizes
        if flat.shape <> [| Array.last starts |] then
            invalidArg
                (nameof flat)
                $"flat must be [{Array.last starts}], all layers' elements; got [{Shape.text flat.shape}]."
        Scope.owned
            (fun () -> Array.init shapes.Length (fun i -> flat.narrow(0L, starts[i], sizes[i]).view shapes[i]))
            Seq.ofArray
