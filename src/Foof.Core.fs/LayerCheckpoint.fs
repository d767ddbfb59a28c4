namespace Foof

open System.Collections.Generic
open TorchSharp

/// What a checkpoint keeps of a layer's moments.
[<RequireQualifiedAccess>]
module internal LayerCheckpoint =

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

    let private named (recipe: Recipe) (state: LayerState) : (string * Moment ref) list = [
        for entry in state.Moments do
            $"{state.Layer.Name}.{word entry.Key}", entry.Value
        if recipe.Curvature.IsEigenbasis then
            $"{state.Layer.Name}.spectrum", state.Spectrum
    ]

    /// The moments by name; the sums stay the state's.
    let tensors (recipe: Recipe) (state: LayerState) : (string * torch.Tensor) list = [
        for name, moment in named recipe state do
            $"{name}.sum", moment.Value.Sum
            $"{name}.weight", torch.tensor moment.Value.Weight
        match state.Basis with
        | ValueSome struct (Q_E, Q_A) ->
            $"{state.Layer.Name}.error.eigenvectors", Q_E
            $"{state.Layer.Name}.activation.eigenvectors", Q_A
        | ValueNone -> ()
    ]

    /// Reads the moments with `find`, which checks shape and type and raises, and gives the change that goes back to
    /// them.
    let restoring
        (recipe: Recipe)
        (find: string -> int64 array -> torch.ScalarType -> torch.Tensor)
        (tryFind: string -> torch.Tensor)
        (state: LayerState)
        =
        let moments = [
            for name, moment in named recipe state do
                let sum = moment.Value.Sum
                let saved = find $"{name}.sum" sum.shape sum.dtype
                let weight = (find $"{name}.weight" [||] torch.ScalarType.Float64).item<float>()
                struct (moment, saved, weight)
        ]

        let basis =
            let name = state.Layer.Name
            let like = state.Layer.Weight: torch.Tensor
            let g, d_in = Layer.groups state.Layer, Layer.inputs state.Layer
            let d_out = Layer.outputs state.Layer / g
            let sides = [ "error", d_out; "activation", d_in ]

            if sides |> List.forall (fun (side, _) -> isNull (tryFind $"{name}.{side}.eigenvectors")) then
                ValueNone
            else
                let find side d =
                    find $"{name}.{side}.eigenvectors" [| g; d; d |] like.dtype

                ValueSome struct (find "error" d_out, find "activation" d_in)

        fun () ->
            for struct (moment, saved, weight) in moments do
                moment.Value.Sum.copy_ saved |> ignore
                moment.Value <- { moment.Value with Weight = weight }

            state.Basis <-
                basis
                |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Q_E.clone (), Q_A.clone ()))
