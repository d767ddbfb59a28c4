namespace Foof

open System
open System.Collections.Generic
open TorchSharp

/// A recipe's curvature at work on some layers: the moments, the damped inverses made of them, and the directions
/// that these give. It knows neither model nor optimiser. Owns its tensors.
[<Sealed>]
type internal CurvatureState(layers: Layer array, recipe: Recipe) =
    let states =
        layers |> Array.map (fun layer -> new LayerState(layer, Recipe.sides recipe))

    let window =
        match recipe.Curvature with
        | Approximation.Window length when layers.Length > 0 -> ValueSome(new GradientWindow(layers, length))
        | _ -> ValueNone

    let blocksOf (recipe: Recipe) prefix =
        match recipe.Curvature with
        | _ when layers.Length = 0 -> [||]
        | Approximation.LowRank Extent.Network
        | Approximation.Window _ -> [| new FactoredBlock($"{prefix}network", [| 0 .. layers.Length - 1 |]) |]
        | _ ->
            layers
            |> Array.mapi (fun l layer -> new FactoredBlock($"{prefix}{layer.Name}", [| l |]))

    let blocks = blocksOf recipe ""

    let grafts =
        match recipe.Trust with
        | Trust.Graft other -> blocksOf other "graft."
        | _ -> [||]

    let mutable damping = recipe.Damping

    /// The columns of a low-rank curvature; copies, since the next batch may overwrite this one's memory.
    let columns (block: FactoredBlock) (seen: Observation voption array) =
        let factor l =
            match seen[l] with
            | ValueSome {
                            Activations = ValueSome A
                            Errors = ValueSome E
                        } -> Some(LayerFactor.Product(Activations.map _.clone() A, E.alias ()))
            | _ -> None

        let factors = block.Members |> Array.map factor

        if Array.forall Option.isSome factors then
            Some {
                Layers = Array.map Option.get factors
                Weight = seen[block.Members[0]].Value.Weight
            }
        else
            None

    let curvatureOf (recipe: Recipe) (block: FactoredBlock) (seen: Observation voption array) =
        match recipe.Curvature with
        | Approximation.LowRank _ ->
            columns block seen |> Option.map (FisherFactor.ofColumns >> Curvature.LowRank)
        | Approximation.Window _ ->
            window
            |> ValueOption.toOption
            |> Option.map (fun window -> Curvature.LowRank window.Factor)
        | _ -> LayerState.curvature recipe states[block.Members[0]] seen[block.Members[0]]

    let failed (block: FactoredBlock) =
        let subject =
            if block.Members.Length = 1 then
                Layer.describe layers[block.Members[0]]
            else
                $"the curvature of {block.Members.Length} layers"

        NumericalFailure(
            $"the curvature of '{recipe.Name}' + {damping} I could not be inverted by any attempt",
            subject,
            "check the inputs for NaN or raise the damping"
        )

    /// The same structure with nothing but diagonals, which any attempt can invert.
    let ofDiagonal curvature =
        let diagonal side =
            match side with
            | Side.Full M -> Side.Diagonal(torch.diagonal (M, 0L, 1L, 2L))
            | other -> other

        let diagonals =
            match curvature with
            | Curvature.Kronecker(E, A) -> Curvature.Kronecker(diagonal E, diagonal A)
            | other -> Curvature.Diagonal(Curvature.diagonal other)

        Factored.attempt Factorization.attempts recipe.Rule recipe.Power ignore damping diagonals
        |> ValueOption.ofOption

    /// 1/lambda on every weight.
    let identity (block: FactoredBlock) =
        let ofLayer l =
            let layer = layers[l]
            let p = float (Layer.outputs layer * Layer.inputs layer)

            Factored.Structured(
                Curvature.Kronecker(
                    // One group that stands for all of them.
                    Side.Identity(Layer.outputs layer, 1.0), Side.Identity(Layer.inputs layer, 1.0 / damping)
                ),
                torch.full ([||], p * log damping, dtype = layer.Weight.dtype, device = layer.Weight.device)
            )

        match block.Members with
        | [| l |] -> ValueSome(ofLayer l)
        | members -> ValueSome(Factored.Blocks(Array.map ofLayer members))

    let afterLastAttempt (block: FactoredBlock) curvature report =
        match recipe.OnFailure with
        | OnFailure.KeepLast when block.Factored.IsSome ->
            report "no attempt succeeded; the last inverse stays in use"
            ValueNone
        | OnFailure.Diagonal when Option.isSome curvature ->
            report "no attempt succeeded; the diagonal is used"
            ofDiagonal curvature.Value
        | OnFailure.Identity ->
            report "no attempt succeeded; 1/lambda is used"
            identity block
        | _ -> raise (failed block)

    /// Whether a block's statistics are complete.
    let isSeen (recipe: Recipe) (block: FactoredBlock) (seen: Observation voption array) =
        match recipe.Curvature with
        | Approximation.LowRank _ ->
            block.Members
            |> Array.forall (fun l -> seen[l].IsSome && seen[l].Value.Errors.IsSome)
        | Approximation.Window _ -> window.IsSome && window.Value.Next > 0
        | _ -> states[block.Members[0]].IsSeen

    /// The inverse of a block by this recipe, with lambda as it stands, or by another one whose length is grafted.
    let invert
        (recipe: Recipe)
        (lambda: float)
        (report: string -> string -> unit)
        seen
        (block: FactoredBlock)
        =
        use scope = torch.NewDisposeScope()
        let report = report layers[block.Members[0]].Name
        let curvature = curvatureOf recipe block seen

        let fresh =
            curvature
            |> Option.bind (Factored.attempt recipe.Attempts recipe.Rule recipe.Power report lambda)
            |> Option.map ValueSome
            |> Option.defaultWith (fun () -> afterLastAttempt block curvature report)

        fresh
        |> ValueOption.iter (Factored.tensors >> List.iter (scope.MoveToOuter >> ignore))

        fresh

    /// Whether the trigger lets a block be inverted now, and its statistics' trace.
    let isDue (block: FactoredBlock) =
        match recipe.Trigger with
        | Trigger.TraceMoved share when block.Members.Length = 1 && block.Factored.IsSome ->
            let trace = LayerState.trace states[block.Members[0]]
            abs (trace - block.Trace) > share * block.Trace
        | _ -> true

    /// Raises an ArgumentException unless a saved inverse is of a block's layers.
    let requireFit (block: FactoredBlock) (factored: Factored) =
        let shapes =
            block.Members
            |> Array.map (fun l -> [| Layer.outputs layers[l]; Layer.inputs layers[l] |])

        let text (shapes: int64 array array) =
            shapes |> Array.map (fun s -> $"[{s[0]}; {s[1]}]") |> String.concat ", "

        match factored with
        | Factored.Structured(inverse, _) ->
            if SavedFactored.shapes inverse <> shapes then
                invalidArg
                    "state"
                    $"'{block.Name}.activation.inverse' must have shapes for the weights {text shapes}; got an inverse for {text (SavedFactored.shapes inverse)}."

            for tensor in Curvature.tensors inverse do
                if tensor.dtype <> layers[block.Members[0]].Weight.dtype then
                    invalidArg
                        "state"
                        $"'{block.Name}.activation.inverse' must be of type {layers[block.Members[0]].Weight.dtype}; got {tensor.dtype}."
        | Factored.Woodbury(U, _, _, _) ->
            if U.Shapes <> shapes then
                invalidArg
                    "state"
                    $"'{block.Name}.woodbury' must be for the weights {text shapes}; got {text U.Shapes}."
        | Factored.Blocks _ -> ()

    let blockOf = Dictionary<int, FactoredBlock>()

    do
        for block in blocks do
            for l in block.Members do
                blockOf[l] <- block

    let solve (blocks: FactoredBlock array) (gradients: torch.Tensor voption array) =
        let directions = Array.create gradients.Length ValueNone

        for block in blocks do
            if block.Members |> Array.exists (fun l -> gradients[l].IsSome) then
                let like = block.Members |> Array.pick (fun l -> ValueOption.toOption gradients[l])

                let V =
                    block.Members
                    |> Array.map (fun l ->
                        gradients[l]
                        |> ValueOption.defaultWith (fun () ->
                            torch.zeros (
                                Layer.outputs layers[l],
                                Layer.inputs layers[l],
                                dtype = like.dtype,
                                device = like.device
                            )))

                let solved = Factored.solve block.Factored.Value V

                block.Members
                |> Array.iteri (fun i l ->
                    if gradients[l].IsSome then
                        directions[l] <- ValueSome solved[i])

        directions

    member _.States = states
    member _.Blocks = blocks

    /// lambda as it stands.
    member _.Damping
        with get () = damping
        and set value = damping <- value

    /// Whether a layer's direction can be had.
    member _.HasInverse(l: int) = blockOf[l].Factored.IsSome

    /// Whether an inversion would give layer l's direction, with what is seen now.
    member _.CanInvert(l: int, seen: Observation voption array) =
        isSeen recipe blockOf[l] seen
        || (match recipe.Curvature with
            | Approximation.LowRank _ -> false
            | Approximation.Window _ -> seen |> Array.exists _.IsSome
            | _ -> seen[l].IsSome)

    /// Takes one batch into the moments. Raises, and changes nothing, when something seen is not finite.
    member _.Observe(seen: Observation voption array) =
        for l in 0 .. states.Length - 1 do
            seen[l] |> ValueOption.iter (LayerState.requireSound states[l])

        for l in 0 .. states.Length - 1 do
            seen[l] |> ValueOption.iter (LayerState.observe recipe.Memory states[l])

        window
        |> ValueOption.iter (fun window -> window.Add(seen |> Array.map (ValueOption.bind _.Gradient)))

        match recipe.Curvature with
        | Approximation.Eigenbasis _ ->
            for block in blocks do
                let state = states[block.Members[0]]

                match state.Basis with
                | ValueSome struct (Q_E, Q_A) when state.Spectrum.Value.Weight > 0.0 ->
                    use _scope = torch.NewDisposeScope()
                    let S = Moment.value state.Spectrum.Value
                    let C = Curvature.Eigenbasis(Side.Full(Q_E.alias ()), Side.Full(Q_A.alias ()), S)

                    Factored.attempt recipe.Attempts recipe.Rule recipe.Power ignore damping C
                    |> Option.iter (fun fresh -> block.Replace(ValueSome fresh))
                | _ -> ()
        | _ -> ()

    /// Runs `change`; if that raises, everything remembered but the inverses is as before.
    member _.Atomically(change: unit -> unit) =
        match window with
        | ValueSome window -> window.Atomically change
        | ValueNone -> LayerState.atomically states change

    /// Inverts what is due; all inverses are made before the first one is replaced.
    member _.Invert(seen: Observation voption array, report: string -> string -> unit) =
        use _scope = torch.NewDisposeScope()

        let due =
            blocks |> Array.filter (fun block -> isSeen recipe block seen && isDue block)

        let fresh = due |> Array.map (invert recipe damping report seen)

        let grafted =
            match recipe.Trust with
            | Trust.Graft other ->
                grafts
                |> Array.filter (fun block -> isSeen other block seen)
                |> Array.map (fun block -> struct (block, invert other other.Damping report seen block))
            | _ -> [||]

        Array.iter2
            (fun (block: FactoredBlock) (fresh: Factored voption) ->
                if fresh.IsSome then
                    block.Replace fresh

                    if block.Members.Length = 1 && recipe.Trigger <> Trigger.Always then
                        block.Trace <- LayerState.trace states[block.Members[0]])
            due
            fresh

        for struct (block, fresh) in grafted do
            if fresh.IsSome then
                block.Replace fresh

    /// Whether an inversion can end in an error: only then is there something to go back to.
    member _.MayRaise =
        match recipe.OnFailure with
        | OnFailure.Raise -> true
        | OnFailure.KeepLast -> blocks |> Array.exists _.Factored.IsNone
        | OnFailure.Diagonal
        | OnFailure.Identity -> false

    /// The two sides of layer l's inverse, where it is a Kronecker product on a layer without groups and no trust rule
    /// needs the gradient: then factors can be preconditioned instead of gradients.
    member _.Sides(l: int) =
        match blockOf[l].Factored with
        | ValueSome(Factored.Structured(Curvature.Kronecker(E, A), _)) when
            recipe.Trust.IsRaw
            && Layer.groups layers[l] = 1L
            && max (Side.groups E) (Side.groups A) = 1L
            ->
            ValueSome struct (E, A)
        | _ -> ValueNone

    /// C^-1 grad for the layers that have a gradient [d_out; d_in], trusted as the recipe says; `rate` is each layer's
    /// learning rate. The results belong to the caller's scope.
    member _.Directions(gradients: torch.Tensor voption array, rate: int -> float) =
        let directions = solve blocks gradients
        let norm (x: torch.Tensor) = x.norm ()

        /// direction |target| / |direction|, and as it is where that is zero.
        let scaledTo (direction: torch.Tensor) (target: torch.Tensor) =
            let size = norm direction
            let isZero = size.eq((0.0).ToScalar()).``to`` size.dtype
            direction * (norm target / (size + isZero))

        let matching (targets: torch.Tensor voption array) =
            Array.map2 (ValueOption.map2 scaledTo) directions targets

        match recipe.Trust with
        | Trust.Raw -> directions
        | Trust.MatchNorm -> matching gradients
        | Trust.Graft _ -> matching (solve grafts gradients)
        | Trust.KlClip kappa ->
            let products =
                Array.mapi2
                    (fun l direction gradient ->
                        ValueOption.map2
                            (fun (d: torch.Tensor) (g: torch.Tensor) -> (d * g).sum() * (rate l * rate l))
                            direction
                            gradient)
                    directions
                    gradients
                |> Array.choose ValueOption.toOption

            if products.Length = 0 then
                directions
            else
                let total = products |> Array.reduce (fun x y -> x + y)

                let nu =
                    (total.clamp_min((1e-300).ToScalar()).reciprocal() * kappa)
                        .sqrt()
                        .clamp_max((1.0).ToScalar())

                directions |> Array.map (ValueOption.map (fun direction -> direction * nu))

    /// Everything remembered, by name; the moments' and inverses' tensors stay the state's.
    member _.Tensors() : (string * torch.Tensor) list = [
        if recipe.Adaptive.IsSome then
            "damping", torch.tensor damping
        for state in states do
            yield! LayerCheckpoint.tensors recipe state
        for block in Array.append blocks grafts do
            match block.Factored with
            // It is made of the window again.
            | ValueSome _ when recipe.Curvature.IsWindow -> ()
            | ValueSome factored -> yield! SavedFactored.tensors block.Name factored
            | ValueNone -> ()

            if recipe.Trigger <> Trigger.Always then
                $"{block.Name}.trace", torch.tensor block.Trace
        match window with
        | ValueSome window ->
            "window.next", torch.tensor (int64 window.Next)

            for layer, columns in Array.zip layers window.Columns do
                $"{layer.Name}.window", columns
        | ValueNone -> ()
    ]

    /// Reads what `Tensors` named with `find`, which checks shape and type and raises, and `tryFind`, and gives the
    /// change that goes back to it.
    member _.Restoring
        (find: string -> int64 array -> torch.ScalarType -> torch.Tensor, tryFind: string -> torch.Tensor)
        =
        let number name =
            (find name [||] torch.ScalarType.Float64).item<float>()

        let moments = states |> Array.map (LayerCheckpoint.restoring recipe find tryFind)

        let saved =
            Array.append blocks grafts
            |> Array.map (fun block -> struct (block, SavedFactored.read tryFind block.Name))

        let lambda = if recipe.Adaptive.IsSome then number "damping" else damping

        let windows =
            match window with
            | ValueSome window ->
                let next = (find "window.next" [||] torch.ScalarType.Int64).item<int64>()

                ValueSome
                    struct (int next,
                            Array.map2
                                (fun (layer: Layer) (columns: torch.Tensor) ->
                                    find $"{layer.Name}.window" columns.shape columns.dtype)
                                layers
                                window.Columns)
            | ValueNone -> ValueNone

        let traces =
            if recipe.Trigger <> Trigger.Always then
                Array.append blocks grafts
                |> Array.map (fun block -> number $"{block.Name}.trace")
            else
                [||]

        for struct (block, factored) in saved do
            factored |> ValueOption.iter (requireFit block)

        fun () ->
            damping <- lambda

            for change in moments do
                change ()

            for struct (block, factored) in saved do
                block.Replace factored

            Array.append blocks grafts
            |> Array.iteri (fun i block ->
                if traces.Length > 0 then
                    block.Trace <- traces[i])

            match window, windows with
            | ValueSome window, ValueSome struct (next, columns) ->
                window.Next <- next

                Array.iter2
                    (fun (own: torch.Tensor) (saved: torch.Tensor) -> own.copy_ saved |> ignore)
                    window.Columns
                    columns

                let inverse =
                    curvatureOf recipe blocks[0] [||]
                    |> Option.filter (fun _ -> next > 0)
                    |> Option.bind (Factored.attempt recipe.Attempts recipe.Rule recipe.Power ignore damping)

                blocks[0].Replace(inverse |> Option.map ValueSome |> Option.defaultValue ValueNone)
            | _ -> ()

    interface IDisposable with
        member _.Dispose() =
            for state in states do
                (state :> IDisposable).Dispose()

            for block in Array.append blocks grafts do
                (block :> IDisposable).Dispose()

            window |> ValueOption.iter (fun window -> (window :> IDisposable).Dispose())
