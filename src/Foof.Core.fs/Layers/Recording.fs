namespace Foof

open System
open TorchSharp

/// What to keep of one call of a layer.
[<RequireQualifiedAccess>]
type Keep =
    /// Neither input nor output: the call is not recorded.
    | Nothing
    /// The input a.
    | Input
    /// The input a, as it is now, and a leaf that shows whether a backward pass reached the call: zeros that are added to
    /// the output.
    | InputAndReach
    /// The input a and the output z, to differentiate with respect to it. The model continues with a copy of z, so that
    /// later layers may change theirs in place.
    | InputAndOutput

/// One call of a layer in a forward pass.
/// Owns its tensors.
[<ReferenceEquality>]
type Record = {
    /// Whose call it was.
    Layer: Layer
    /// The number of the outermost call that it belongs to, of the model or of a module in it that was called by itself,
    /// from 1 since the recorder was made; calls under no_grad do not count. Its data points are that call's.
    Pass: int
    /// The input a, outside the graph; it may share the memory of the model's tensor.
    Input: torch.Tensor
    /// The output z, the variable itself.
    Output: torch.Tensor voption
    /// The zeros, in the shape of a bias, that were added to the output. Once a backward pass has reached the call, they
    /// have a gradient: what the call adds to the bias's.
    Reach: torch.Tensor voption
    /// Which positions count, [n; R]; ValueNone where all do.
    Mask: torch.Tensor voption
    /// The numbers of the data points that are shown, ValueNone for all of them. They stay their maker's.
    Shown: torch.Tensor voption
    /// The input's rows one below the other, made once, when they are first asked for: see `Layer.rows`.
    Rows: Lazy<torch.Tensor>
} with

    interface IDisposable with
        member record.Dispose() =
            record.Input.Dispose()
            record.Mask |> ValueOption.iter _.Dispose()
            record.Output |> ValueOption.iter _.Dispose()
            record.Reach |> ValueOption.iter _.Dispose()
            if record.Rows.IsValueCreated then record.Rows.Value.Dispose()

/// Records whose work is done.
[<RequireQualifiedAccess>]
module Record =

    /// Frees the tensors of all of them, which cannot be used afterwards.
    let release (records: Record array) =
        for record in records do
            (record :> IDisposable).Dispose()

    /// Whether a backward pass has reached the call, as far as that was asked.
    let isReached (record: Record) =
        record.Reach
        |> ValueOption.exists (fun zeros ->
            use gradient = zeros.grad
            not (isNull gradient))

    /// Frees their outputs alone, when all is differentiated: a network's outputs are a third of what a step holds.
    let releaseOutputs (records: Record array) =
        for record in records do
            record.Output |> ValueOption.iter _.Dispose()

    /// The calls of each layer, in call order; an empty array for a layer that was not called. Records stay their
    /// owner's.
    let byLayer (layers: Layer array) (records: Record array) =
        let calls = records |> Array.groupBy _.Layer |> dict
        layers
        |> Array.map (fun layer ->
            match calls.TryGetValue layer with
            | true, own -> own
            | _ -> [||])

    /// The calls of one layer, of the data points with these numbers alone. They share the records' tensors.
    let internal showing (numbers: torch.Tensor) (calls: Record array) =
        calls |> Array.map (fun call -> { call with Shown = ValueSome numbers })

    /// The calls of each pass, of one layer.
    let internal passes (calls: Record array) = calls |> Array.groupBy _.Pass |> Array.map snd

    let private pointsOf (call: Record) =
        match call.Shown with
        | ValueSome numbers -> numbers.size 0
        | ValueNone -> Layer.dataPoints call.Layer call.Input

    /// How many data points the calls of one layer show: calls in one pass of the model show the same ones.
    let dataPoints (calls: Record array) = passes calls |> Array.sumBy (Array.head >> pointsOf)

    /// The first `count` data points of a call from `start` on, all of whose positions count.
    let private narrowedRows start count (call: Record) =
        let isOneGroup = Layer.groups call.Layer = 1L && not call.Layer.Geometry.IsLookup

        if call.Shown.IsSome then
            let numbers = call.Shown.Value.narrow (0L, start, count)
            match call.Layer.Geometry with
            | Geometry.Scale _ -> Layer.activations call.Layer call.Input |> Activations.chosen numbers
            | _ -> Layer.activations call.Layer (call.Input.index_select (0L, numbers))
        elif isOneGroup && call.Rows.IsValueCreated then
            let rows = call.Rows.Value
            Activations.rows (rows.view (1L, pointsOf call, -1L, rows.size 1)) |> Activations.points start count
        elif count = pointsOf call then
            Layer.activations call.Layer call.Input
        else
            match call.Layer.Geometry with
            // Normalised by the whole batch.
            | Geometry.Scale _ -> Layer.activations call.Layer call.Input |> Activations.points start count
            | _ -> Layer.activations call.Layer (call.Input.narrow (0L, start, count))

    let private narrowed start count (call: Record) =
        let own (mask: torch.Tensor) =
            match call.Shown with
            | ValueSome numbers -> mask.index_select (0L, numbers.narrow (0L, start, count))
            | ValueNone -> mask.narrow (0L, start, count)
        call.Mask
        |> ValueOption.fold (fun rows mask -> Activations.masked (own mask) rows) (narrowedRows start count call)

    let private ofPass start count (pass: Record array) =
        pass |> Array.map (narrowed start count) |> Activations.joinPositions

    /// The first data points of `count`, `share` of them and one at least.
    let internal first (share: float) (count: int64) =
        if share >= 1.0 then count else max 1L (int64 (ceil (share * float count)))

    /// The activations of all recorded calls of one layer, of the first data points in each pass, `share` of them:
    /// calls in one pass of the model are positions of the same data points, further passes are further data points.
    ///
    /// They are made at each call of this function. Of n data points in a pass ceil(share n) are taken, one at least.
    /// Shapes: -> A [g; n; R; d_in], or indices [n; R].
    /// The result belongs to the caller and may share memory with the records, of which there must be one.
    /// Raises an ArgumentException when an input does not fit the layer.
    let activationsOf (share: float) (calls: Record array) =
        passes calls
        |> Array.map (fun pass -> ofPass 0L (first share (pointsOf pass[0])) pass)
        |> Activations.joinDataPoints

    /// `activationsOf` all data points, with its shapes, owner and exceptions.
    let activations (calls: Record array) = activationsOf 1.0 calls

    /// One data point's activations.
    let private ofPoint (pass: Record array) (read: Activations -> int64) =
        Scope.value (fun () -> ofPass 0L (min 1L (pointsOf pass[0])) pass |> read)

    /// The number of rows of `activationsOf`: data points times positions.
    let rowCount (share: float) (calls: Record array) =
        passes calls |> Array.sumBy (fun pass -> first share (pointsOf pass[0]) * ofPoint pass Activations.positions)

    /// The bytes of one data point's activations, where they are made of its input alone: a convolution's patches.
    let private bytesOfPoint (pass: Record array) =
        let bytes activations =
            Activations.tensors activations |> List.sumBy (fun tensor -> tensor.numel () * tensor.ElementSize)
        match pass[0].Layer.Geometry with
        | Geometry.Convolution _ -> ofPoint pass bytes
        | _ -> 0L

    /// The activations part by part, each made when it is asked for: a convolution's patches take no more than `budget`
    /// bytes at a time, or one data point's. Each part comes with its share of all data points, and belongs to the
    /// scope in which it is made.
    let internal parts (budget: int64) (share: float) (calls: Record array) =
        let passes = passes calls |> Array.map (fun pass -> struct (pass, first share (pointsOf pass[0])))
        let all = passes |> Array.sumBy (fun struct (_, count) -> count)
        seq {
            for struct (pass, count) in passes do
                let bytes = bytesOfPoint pass
                let most = if bytes = 0L then count else budget / bytes
                for struct (start, count) in Runs.ofAtMost most count do
                    struct ((fun () -> ofPass start count pass), float count / float all)
        }

    /// The inputs of the first data points, [n; ...] call by call, and how many data points these are; ValueNone where
    /// a pass has several calls.
    /// The inputs belong to the caller's scope, and may be views of the records'.
    let internal inputs (share: float) (calls: Record array) =
        let firstOf (call: Record) =
            let count = first share (pointsOf call)
            match call.Shown with
            | ValueSome numbers -> call.Input.index_select (0L, numbers.narrow (0L, 0L, count))
            | ValueNone -> (Layer.batch call.Layer call.Input).narrow(0L, 0L, count)
        let isWhole (call: Record) = call.Mask.IsNone && (call.Shown.IsNone || not call.Layer.Geometry.IsScale)
        if passes calls |> Array.forall (fun pass -> pass.Length = 1 && isWhole pass[0]) then
            let all = calls |> Array.map firstOf
            ValueSome struct (all, all |> Array.sumBy (fun input -> input.size 0))
        else
            ValueNone
