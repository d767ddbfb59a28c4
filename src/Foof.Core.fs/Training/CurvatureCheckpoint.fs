namespace Foof

open System.Collections.Generic
open TorchSharp

/// What a checkpoint keeps of a method's curvature: moments, inverses, the window, and lambda where it adapts.
[<RequireQualifiedAccess>]
module internal CurvatureCheckpoint =

    let private hasTraces (state: CurvatureState) = state.Recipe.Trigger <> Trigger.Always

    /// What inversions that do not serve yet gave.
    let private pending (state: CurvatureState) : (string * torch.Tensor) list = [
        match state.Pending with
        | ValueSome own when own.Found.Length > 0 ->
            "pending.due", torch.tensor (int64 own.Due)

            for inverted in own.Found do
                yield!
                    inverted.Fresh
                    |> ValueOption.map (SavedFactored.tensors $"pending.{inverted.Block.Name}")
                    |> ValueOption.defaultValue []

                match inverted.Trace with
                | ValueSome trace -> $"pending.{inverted.Block.Name}.trace", torch.tensor trace
                | ValueNone -> ()
        | _ -> ()
    ]

    /// Raises an ArgumentException unless a saved inverse is of a block's layers.
    let private requireFit
        (recipe: Recipe)
        (layers: Layer array)
        (block: FactoredBlock)
        (factored: Factored)
        =
        let shapes =
            block.Members
            |> Array.map (fun l -> [| Layer.outputs layers[l]; Layer.inputs layers[l] |])

        match factored with
        | Factored.Structured(inverse, _) ->
            if SavedFactored.shapes inverse <> shapes then
                invalidArg
                    "state"
                    $"'{block.Name}.activation.inverse' must have shapes for the weights {Shape.list shapes}; got an inverse for {Shape.list (SavedFactored.shapes inverse)}."

            let kind =
                recipe.ProductType
                |> ValueOption.defaultValue layers[block.Members[0]].Weight.dtype

            for tensor in Curvature.tensors inverse do
                if tensor.dtype <> kind then
                    invalidArg
                        "state"
                        $"'{block.Name}.activation.inverse' must be of type {kind}; got {tensor.dtype}."
        | Factored.Woodbury(U, _, _, _) ->
            if U.Shapes <> shapes then
                invalidArg
                    "state"
                    $"'{block.Name}.woodbury' must be for the weights {Shape.list shapes}; got {Shape.list U.Shapes}."
        | Factored.Blocks _ -> ()

    /// Everything remembered, by name; the moments' and inverses' tensors stay the state's.
    let tensors (state: CurvatureState) : (string * torch.Tensor) list = [
        if state.Recipe.Adaptive.IsSome then
            "damping", torch.tensor state.Damping
        for layer in state.States do
            yield! LayerCheckpoint.tensors layer
        for block in state.Blocks do
            // That of a window is made of the window again.
            if state.Window.IsNone then
                yield!
                    block.Factored
                    |> ValueOption.map (SavedFactored.tensors block.Name)
                    |> ValueOption.defaultValue []

            if hasTraces state then
                $"{block.Name}.trace", torch.tensor block.Trace
        yield! pending state
        match state.Window with
        | ValueSome window ->
            "window.next", torch.tensor (int64 window.Next)
            "window.products", window.Products

            for layer, columns in Array.zip state.Layers window.Columns do
                $"{layer.Name}.window", columns
        | ValueNone -> ()
    ]

    /// How tensors are found in a saved state, on the layers' device: it may come from a file, or from another device. The
    /// first function checks shape and type and raises, the second gives null for what is not there.
    let lookingIn (saved: IReadOnlyDictionary<string, torch.Tensor>) (layers: Layer array) =
        let tryFind name =
            match saved.TryGetValue name with
            | true, tensor when layers.Length > 0 -> tensor.``to`` layers[0].Weight.device
            | true, tensor -> tensor
            | _ -> null

        let find name shape kind =
            match tryFind name with
            | null -> invalidArg "state" $"The state has no '{name}': it belongs to another model or method."
            | tensor -> Require.like name shape kind tensor

        struct (find, tryFind)

    /// Reads the window and gives the change that goes back to it.
    let private restoringWindow find (state: CurvatureState) (window: GradientWindow) =
        let next: torch.Tensor = find "window.next" [||] torch.ScalarType.Int64
        let next = int (next.item<int64>())

        let products: torch.Tensor =
            find "window.products" window.Products.shape torch.ScalarType.Float64

        let columns: torch.Tensor array =
            Array.map2
                (fun (layer: Layer) (own: torch.Tensor) -> find $"{layer.Name}.window" own.shape own.dtype)
                state.Layers
                window.Columns

        fun () ->
            window.Next <- next
            window.Products.copy_ products |> ignore

            Array.iter2
                (fun (own: torch.Tensor) (saved: torch.Tensor) -> own.copy_ saved |> ignore)
                window.Columns
                columns

            state.RenewWindow()

    /// Reads the inversions that did not serve yet, if there were any.
    let private readPending (tryFind: string -> torch.Tensor) (state: CurvatureState) =
        let number name =
            match tryFind name with
            | null -> ValueNone
            | found -> ValueSome(found.ToDouble())

        let ofBlock (block: FactoredBlock) =
            let name = $"pending.{block.Name}"
            let fresh = SavedFactored.read tryFind name
            fresh |> ValueOption.iter (requireFit state.Recipe state.Layers block)

            fresh
            |> ValueOption.iter (Factored.tensors >> List.iter (Scope.detach >> ignore))

            {
                Block = block
                Fresh = fresh
                Trace = number $"{name}.trace"
                Reports = []
            }

        number "pending.due"
        |> ValueOption.map (fun due -> PendingInversions.Made(int due, Array.map ofBlock state.Blocks))

    /// Reads what `tensors` named with `find`, which checks shape and type and raises, and `tryFind`, and gives the
    /// change that goes back to it.
    let restoring
        (find: string -> int64 array -> torch.ScalarType -> torch.Tensor)
        tryFind
        (state: CurvatureState)
        =
        let number name =
            (find name [||] torch.ScalarType.Float64).item<float>()

        let moments = state.States |> Array.map (LayerCheckpoint.restoring find tryFind)

        let saved =
            state.Blocks
            |> Array.map (fun block -> struct (block, SavedFactored.read tryFind block.Name))

        let lambda =
            if state.Recipe.Adaptive.IsSome then
                number "damping"
            else
                state.Damping

        let window = state.Window |> ValueOption.map (restoringWindow find state)

        let traces =
            if hasTraces state then
                state.Blocks
                |> Array.map (fun block -> struct (block, number $"{block.Name}.trace"))
            else
                [||]

        for struct (block, factored) in saved do
            factored |> ValueOption.iter (requireFit state.Recipe state.Layers block)

        let pending = readPending tryFind state

        fun () ->
            state.Pending <- pending
            state.Damping <- lambda

            for change in moments do
                change ()

            for struct (block, factored) in saved do
                block.Replace factored

            for struct (block, trace) in traces do
                block.Trace <- trace

            window |> ValueOption.iter (fun change -> change ())
