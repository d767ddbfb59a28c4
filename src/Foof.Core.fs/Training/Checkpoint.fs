namespace Foof

open System
open System.Collections.Generic
open System.Text
open System.Text.Json.Nodes
open TorchSharp

/// Statistics and inverses as a JSON text that names tensors, and back to the same bits; files are their callers'. Each
/// `to...` function reads and checks everything first, raises an ArgumentException when something is missing or does not
/// fit, and returns a function that restores the state.
[<RequireQualifiedAccess>]
module internal Checkpoint =

    /// The name of the text among the tensors.
    [<Literal>]
    let private Description = "description"

    /// The tensors that a description names, which stay their owner's, and the description as one more, the caller's.
    let write (describe: Written -> JsonNode) : Dictionary<string, torch.Tensor> =
        let tensors = Dictionary<string, torch.Tensor>()
        let text = (describe (Written tensors)).ToJsonString()
        tensors[Description] <- torch.tensor (Encoding.UTF8.GetBytes text)
        tensors

    /// The text of a state.
    /// Raises an ArgumentException when the state is null, has no description or one that is no text.
    let read (saved: IReadOnlyDictionary<string, torch.Tensor>) : JsonNode =
        ArgumentNullException.ThrowIfNull(saved, "state")
        match saved.TryGetValue Description with
        | true, null -> invalidArg "state" $"The state must hold tensors; '{Description}' is null."
        | true, kept when kept.dtype = torch.ScalarType.Byte && kept.dim () = 1L ->
            let bytes = Scope.value (fun () -> kept.cpu().contiguous().data<byte>().ToArray())
            try
                JsonNode.Parse(Encoding.UTF8.GetString bytes)
            with :? System.Text.Json.JsonException ->
                FactorFormat.refuse "be JSON"
        | true, kept -> invalidArg "state" $"'{Description}' must be the bytes of a text; got {Shape.describe kept}."
        | _ -> invalidArg "state" $"The state has no '{Description}': it is not one that State gave."

    let private number (value: float) : JsonNode = JsonValue.Create value
    let private count (value: int64) : JsonNode = JsonValue.Create value
    let private text (value: string) : JsonNode = JsonValue.Create value
    let private entry = FactorFormat.entry
    let private tryEntry = FactorFormat.tryEntry

    let private word side =
        match side with
        | SideStatistic.Identity -> "identity"
        | SideStatistic.Activations _ -> "activation"
        | SideStatistic.Errors _ -> "error"
        | SideStatistic.WeightedActivations -> "weighted-activation"
        | SideStatistic.WeightedErrors -> "weighted-error"
        | SideStatistic.GradientColumns -> "gradient-column"
        | SideStatistic.GradientRows -> "gradient-row"
        | SideStatistic.MeanActivations -> "mean-activation"
        | SideStatistic.MeanErrors -> "mean-error"

    let private ofMoment (written: Written) path (moment: Moment) =
        FactorFormat.objectOf "moment" [
            "sum", text (written.Keep $"{path}.sum" (Moment.sum moment))
            "weight", number moment.Weight
        ]

    let private toMoment (saved: SavedState) (moment: Moment ref) node =
        let sum = moment.Value.Total
        let kept = saved.Like (FactorFormat.value (entry "sum" node)) sum.shape sum.dtype
        let weight = FactorFormat.value<float>(entry "weight" node)
        fun () -> moment.Value <- Moment.restored (struct (kept, weight)) moment.Value

    let private ofEigenbasis (written: Written) path (own: Eigenbasis) =
        FactorFormat.objectOf "eigenbasis" [
            "spectrum", ofMoment written $"{path}.spectrum" own.Spectrum.Value
            match own.Basis with
            | ValueSome struct (Q_E, Q_A) ->
                "Q_E", text (written.Keep $"{path}.error.eigenvectors" Q_E)
                "Q_A", text (written.Keep $"{path}.activation.eigenvectors" Q_A)
            | ValueNone -> ()
        ]

    let private toEigenbasis (saved: SavedState) (own: Eigenbasis) node =
        let spectrum = toMoment saved own.Spectrum (entry "spectrum" node)
        let struct (ofErrors, ofActivations) = own.Shapes
        let read name shape =
            tryEntry name node
            |> ValueOption.map (fun found -> saved.Like (FactorFormat.value found) shape own.Spectrum.Value.Total.dtype)
        let basis = ValueOption.map2 (fun Q_E Q_A -> struct (Q_E, Q_A)) (read "Q_E" ofErrors) (read "Q_A" ofActivations)
        fun () ->
            spectrum ()
            own.Basis <-
                basis
                |> ValueOption.map (fun struct (Q_E: torch.Tensor, Q_A: torch.Tensor) ->
                    struct (Q_E.clone (), Q_A.clone ()))

    /// The moments of a layer by name; two of one kind, as of positions summed and averaged, are numbered.
    let private named (state: LayerStatistics) =
        let number i name = if i = 0 then name else $"{name}-{i + 1}"
        state.Moments
        |> Seq.groupBy (fun own -> word own.Key)
        |> Seq.collect (fun (name, all) -> all |> Seq.mapi (fun i own -> number i name, own.Value))

    let private ofLayer (written: Written) (state: LayerStatistics) =
        let path = state.Layer.Name
        FactorFormat.objectOf "layer" [
            for name, own in named state do
                name, ofMoment written $"{path}.{name}" own.Value
            match state.Eigenbasis with
            | ValueSome own -> "eigenbasis", ofEigenbasis written path own
            | ValueNone -> ()
        ]

    let private toLayer (saved: SavedState) (state: LayerStatistics) node = [
        for name, own in named state do
            toMoment saved own (entry name node)
        match state.Eigenbasis with
        | ValueSome own -> toEigenbasis saved own (entry "eigenbasis" node)
        | ValueNone -> ()
    ]

    let private ofWindow (written: Written) (window: GradientWindow) =
        FactorFormat.objectOf "window" [
            "next", count (int64 window.Next)
            "products", text (written.Keep "window.products" window.Products)
            "columns", CurvatureFormat.ofVector written "window" window.Columns
        ]

    let private toWindow (saved: SavedState) (window: GradientWindow) node =
        let next = int (FactorFormat.value<int64>(entry "next" node))
        let products =
            saved.Like (FactorFormat.value (entry "products" node)) window.Products.shape torch.ScalarType.Float64
        let names = FactorFormat.items (entry "columns" node) |> Array.map FactorFormat.value<string>
        if names.Length <> window.Columns.Length then
            FactorFormat.refuse $"hold gradients of {window.Columns.Length} layers"
        let columns =
            Array.map2 (fun name (own: torch.Tensor) -> saved.Like name own.shape own.dtype) names window.Columns
        fun () ->
            window.Next <- next
            window.Products.copy_ products |> ignore
            Array.iter2
                (fun (own: torch.Tensor) (kept: torch.Tensor) -> own.copy_ kept |> ignore)
                window.Columns
                columns

    /// The statistics: the sum and weight of every moment, EKFAC's bases and the window. Their tensors stay the
    /// owner's.
    let ofStatistics (written: Written) (statistics: Statistics) =
        FactorFormat.objectOf "statistics" [
            "layers", statistics.OfLayer |> Seq.map (ofLayer written) |> FactorFormat.arrayOf
            match statistics.Window with
            | ValueSome window -> "window", ofWindow written window
            | ValueNone -> ()
        ]

    /// What goes back to statistics. Numbers are copied into their tensors.
    /// Raises an ArgumentException when a tensor is missing or has another shape or type.
    let toStatistics (saved: SavedState) (statistics: Statistics) node =
        let layers = FactorFormat.items (entry "layers" node)
        if layers.Length <> statistics.OfLayer.Length then
            FactorFormat.refuse $"hold {statistics.OfLayer.Length} layers"
        let ofLayers = Seq.map2 (toLayer saved) statistics.OfLayer layers |> Seq.collect id |> Seq.toList
        let window =
            statistics.Window
            |> ValueOption.map (fun window -> toWindow saved window (entry "window" node))
            |> ValueOption.toList
        fun () ->
            for change in ofLayers @ window do
                change ()

    /// Raises an ArgumentException unless a saved inverse is of a block's layers and in the type that products are made
    /// in.
    let private requireFit (recipe: Recipe) (layers: Layer array) (block: InverseBlock) (factored: Factored) =
        let own = block.Members |> Array.map (fun l -> layers[l])
        let shapes = own |> Array.map (fun layer -> [| Layer.outputs layer; Layer.inputs layer |])
        if Factored.shapes factored <> shapes then
            invalidArg
                "state"
                ($"The inverse of '{block.Name}' must be for the weights {Shape.list shapes}; "
                 + $"got one for {Shape.list (Factored.shapes factored)}.")
        let requireType kind (tensor: torch.Tensor) =
            if tensor.dtype <> kind then
                invalidArg "state" $"The inverse of '{block.Name}' must be of type {kind}; got {tensor.dtype}."
        match factored, recipe.ProductType with
        | Factored.Structured(Curvature.Kronecker(E, A), _), ValueSome kind ->
            // Full sides alone are kept in the products' type.
            for side in [ E; A ] do
                let kind = if side.IsFull then kind else own[0].Weight.dtype
                Side.tensors side |> List.iter (requireType kind)
        | Factored.Structured(inverse, _), _ -> Curvature.tensors inverse |> List.iter (requireType own[0].Weight.dtype)
        | _ -> ()

    let private ofBlock (written: Written) path (factored: Factored voption) (trace: float voption) =
        FactorFormat.objectOf "block" [
            match factored with
            | ValueSome own -> "inverse", CurvatureFormat.ofFactored written path own
            | ValueNone -> ()
            match trace with
            | ValueSome trace -> "trace", number trace
            | ValueNone -> ()
        ]

    let private toBlock (saved: SavedState) recipe layers (block: InverseBlock) node : Inverted =
        let fresh = tryEntry "inverse" node |> ValueOption.map (CurvatureFormat.toFactored saved.Copy)
        fresh |> ValueOption.iter (requireFit recipe layers block)
        {
            Block = block
            Fresh = fresh
            Trace = tryEntry "trace" node |> ValueOption.map FactorFormat.value<float>
            Reports = []
        }

    let private ofPending (written: Written) (pending: PendingInversions) =
        let found = pending.Found
        let ofOne (inverted: Inverted) =
            inverted.Block.Name, ofBlock written $"pending.{inverted.Block.Name}" inverted.Fresh inverted.Trace
        FactorFormat.objectOf "pending" [
            "due", count (int64 pending.Due)
            "blocks", FactorFormat.objectOf "blocks" [ for inverted in found -> ofOne inverted ]
        ]

    /// The inverses; those of a window of gradients are made of the window again.
    let ofInverses (written: Written) (inverses: Inverses) isWindow =
        let ofOne (block: InverseBlock) =
            ofBlock written block.Name (if isWindow then ValueNone else block.Factored) (ValueSome block.Trace)
        FactorFormat.objectOf "inverses" [
            "blocks", inverses.Blocks |> Seq.map ofOne |> FactorFormat.arrayOf
            match inverses.Pending with
            | ValueSome pending -> "pending", ofPending written pending
            | ValueNone -> ()
        ]

    /// What goes back to inverses, which are copies.
    /// Raises an ArgumentException when a tensor is missing, or an inverse is for other weights or of another type.
    let toInverses (saved: SavedState) recipe layers (inverses: Inverses) node =
        let blocks = FactorFormat.items (entry "blocks" node)
        if blocks.Length <> inverses.Blocks.Length then
            FactorFormat.refuse $"hold {inverses.Blocks.Length} inverses"
        let read = Array.map2 (toBlock saved recipe layers) inverses.Blocks blocks
        let pending =
            tryEntry "pending" node
            |> ValueOption.map (fun node ->
                let all = entry "blocks" node
                let found = [|
                    for block in inverses.Blocks do
                        match tryEntry block.Name all with
                        | ValueSome own -> toBlock saved recipe layers block own
                        | ValueNone -> ()
                |]
                struct (int (FactorFormat.value<int64>(entry "due" node)), found))
        fun () ->
            inverses.Pending <- pending |> ValueOption.map PendingInversions.Made
            for inverted in read do
                inverted.Block.Replace inverted.Fresh
                inverted.Trace |> ValueOption.iter (fun trace -> inverted.Block.Trace <- trace)
