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

    let private named (state: LayerState) : (string * Moment ref) list = [
        for entry in state.Moments do
            $"{state.Layer.Name}.{word entry.Key}", entry.Value
        match state.Eigenbasis with
        | ValueSome own -> $"{state.Layer.Name}.spectrum", own.Spectrum
        | ValueNone -> ()
    ]

    /// The moments by name; the sums stay the state's.
    let tensors (state: LayerState) : (string * torch.Tensor) list = [
        for name, moment in named state do
            $"{name}.sum", Moment.sum moment.Value
            $"{name}.weight", torch.tensor moment.Value.Weight
        match state.Eigenbasis |> ValueOption.bind _.Basis with
        | ValueSome struct (Q_E, Q_A) ->
            $"{state.Layer.Name}.error.eigenvectors", Q_E
            $"{state.Layer.Name}.activation.eigenvectors", Q_A
        | ValueNone -> ()
    ]

    /// Reads an eigenbasis, if one was kept, and gives the change that goes back to it.
    let private restoringBasis find (tryFind: string -> torch.Tensor) (layer: Layer) (own: EigenbasisState) =
        let name side = $"{layer.Name}.{side}.eigenvectors"

        let read side (shape: int64 array) : torch.Tensor =
            find (name side) shape layer.Weight.dtype

        let basis =
            if [ "error"; "activation" ] |> List.forall (name >> tryFind >> isNull) then
                ValueNone
            else
                let struct (ofErrors, ofActivations) = own.Shapes
                ValueSome struct (read "error" ofErrors, read "activation" ofActivations)

        fun () ->
            own.Basis <-
                basis
                |> ValueOption.map (fun struct (Q_E, Q_A) -> struct (Q_E.clone (), Q_A.clone ()))

    /// Reads the moments with `find`, which checks shape and type and raises, and gives the change that goes back to
    /// them.
    let restoring find (tryFind: string -> torch.Tensor) (state: LayerState) =
        let moments = [
            for name, moment in named state do
                let sum = moment.Value.Total
                let saved: torch.Tensor = find $"{name}.sum" sum.shape sum.dtype
                let weight: torch.Tensor = find $"{name}.weight" [||] torch.ScalarType.Float64
                struct (moment, struct (saved, weight.item<float>()))
        ]

        let basis =
            state.Eigenbasis |> ValueOption.map (restoringBasis find tryFind state.Layer)

        fun () ->
            for struct (moment, snapshot) in moments do
                moment.Value <- Moment.restored snapshot moment.Value

            basis |> ValueOption.iter (fun change -> change ())
