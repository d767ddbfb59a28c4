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
            // Rows go on waiting: when they are taken in is seen in the last bits.
            moment.Value.Rows.Mirror moment.Value.Total
            $"{name}.sum", moment.Value.Total
            $"{name}.weight", torch.tensor moment.Value.Weight

            for part, tensor in moment.Value.Rows.Waiting do
                $"{name}.rows.{part}", tensor
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

    /// Reads the rows that waited, if any did, and gives the change that goes back to them.
    let private restoringRows
        (find: string -> int64 array -> torch.ScalarType -> torch.Tensor)
        (tryFind: string -> torch.Tensor)
        name
        (sum: torch.Tensor)
        =
        match tryFind $"{name}.rows.shares" with
        | null -> ignore
        | found ->
            let numbers: torch.Tensor =
                find $"{name}.rows.shares" [| found.numel () |] torch.ScalarType.Float64

            let numbers = numbers.data<float>().ToArray()

            let counts =
                numbers
                |> Array.indexed
                |> Array.filter (fun (i, _) -> i % 2 = 1)
                |> Array.map snd

            if
                numbers.Length % 2 = 0
                || counts
                   |> Array.exists (fun count -> not (count >= 1.0 && count <= float RowBuffer.Capacity))
                || Array.sum counts > float RowBuffer.Capacity
            then
                invalidArg "state" $"'{name}.rows.shares' must hold a share for each batch that waits."

            let values: torch.Tensor =
                find $"{name}.rows.values" [| int64 (Array.sum counts); sum.size -1 |] sum.dtype

            fun (buffer: RowBuffer) -> buffer.Restore(numbers, values)

    /// Reads the moments with `find`, which checks shape and type and raises, and gives the change that goes back to
    /// them.
    let restoring find (tryFind: string -> torch.Tensor) (state: LayerState) =
        let moments = [
            for name, moment in named state do
                let sum = moment.Value.Total
                let saved: torch.Tensor = find $"{name}.sum" sum.shape sum.dtype
                let weight: torch.Tensor = find $"{name}.weight" [||] torch.ScalarType.Float64
                struct (moment, struct (saved, weight.item<float>()), restoringRows find tryFind name sum)
        ]

        let basis =
            state.Eigenbasis |> ValueOption.map (restoringBasis find tryFind state.Layer)

        fun () ->
            for struct (moment, snapshot, rows) in moments do
                moment.Value <- Moment.restored snapshot moment.Value
                rows moment.Value.Rows

            basis |> ValueOption.iter (fun change -> change ())
