namespace Foof

open System
open TorchSharp

/// What is remembered of one layer. Owns its tensors.
[<Sealed>]
type internal LayerState(layer: Layer) =
    let mutable average = MovingAverage.init (Layer.inputs layer) layer.Weight
    let mutable inverse: torch.Tensor = null

    member _.Layer = layer

    member _.Average
        with get () = average
        and set value = average <- value

    /// (A_bar + lambda I)^-1, or null before the first inversion.
    member _.Inverse = inverse

    /// Takes over `fresh`, or goes back to none for null; the old inverse is freed.
    member _.Replace(fresh: torch.Tensor) =
        if not (isNull inverse) then
            inverse.Dispose()

        inverse <- if isNull fresh then null else Scope.detach fresh

    interface IDisposable with
        member _.Dispose() =
            average.Sum.Dispose()

            if not (isNull inverse) then
                inverse.Dispose()

/// What happens to the states of all layers in a step: statistics, the way back, checkpoints.
[<RequireQualifiedAccess>]
module internal LayerState =

    /// Raises that `layer` cannot be preconditioned.
    let noInverse (layer: Layer) : unit =
        invalidOp (
            $"{Layer.describe layer} has a gradient but no recorded input: "
            + "call the model and its layers with call(), not forward(), in training mode."
        )

    /// Raises unless each layer that is to move has an inverse or gets one in this step.
    let requireInverses (plan: Plan) (moved: LayerState seq) (records: Record array) =
        let isRecorded (layer: Layer) =
            records |> Array.exists (fun record -> obj.ReferenceEquals(record.Layer, layer))

        for state in moved do
            let seen = state.Average.Weight > 0.0 || (plan.Observe && isRecorded state.Layer)

            if isNull state.Inverse && not (plan.Invert && seen) then
                noInverse state.Layer

    /// Raises unless all recorded inputs are finite.
    let requireFinite (records: Record array) =
        for record in records do
            if not (Scope.value (fun () -> record.Input.isfinite().all().item<bool>())) then
                raise (
                    NumericalFailure(
                        "an input is not finite",
                        Layer.describe record.Layer,
                        "check the data for NaN, lower the learning rate or raise the damping"
                    )
                )

    /// Takes the calls of one layer into its average as one batch: each pass of the model counts its data
    /// points once, and a layer called several times in a pass adds up over them.
    let observe (beta: float) (calls: Record array) (state: LayerState) =
        let points =
            calls
            |> Array.groupBy _.Pass
            |> Array.sumBy (fun (_, pass) ->
                pass
                |> Array.map (fun call -> Layer.dataPoints state.Layer call.Input)
                |> Array.max)

        calls
        |> Array.iteri (fun i call ->
            use rows = Layer.rows state.Layer call.Input

            let take =
                if i = 0 then
                    MovingAverage.accumulate
                else
                    MovingAverage.add

            state.Average <- take beta points rows state.Average)

    /// Runs `change`; if that raises, the averages are as before.
    let atomically (states: LayerState array) (change: unit -> unit) =
        let before =
            states
            |> Array.map (fun state ->
                struct (state, state.Average, state.Average.Sum.clone () |> Scope.detach))

        try
            try
                change ()
            with _ ->
                for struct (state, average, sum) in before do
                    average.Sum.copy_ sum |> ignore
                    state.Average <- average

                reraise ()
        finally
            for struct (_, _, sum) in before do
                sum.Dispose()

    let private prefix (state: LayerState) = $"{state.Layer.Name}.activation"

    /// What is remembered, by name, for a checkpoint.
    let tensors (state: LayerState) = [
        $"{prefix state}.sum", state.Average.Sum
        $"{prefix state}.weight", torch.tensor state.Average.Weight
        if not (isNull state.Inverse) then
            $"{prefix state}.inverse", state.Inverse
    ]

    /// Reads a checkpoint with `find` (which checks shape and type) and gives the change that goes back to
    /// it.
    let restoring find (exists: string -> bool) (state: LayerState) =
        let sum = state.Average.Sum

        let matrix part =
            find $"{prefix state}.{part}" sum.shape sum.dtype: torch.Tensor

        let saved = matrix "sum"

        let weight =
            (find $"{prefix state}.weight" [||] torch.ScalarType.Float64).item<float>()

        let inverse =
            if exists $"{prefix state}.inverse" then
                matrix "inverse"
            else
                null

        fun () ->
            sum.copy_ saved |> ignore
            state.Average <- { state.Average with Weight = weight }
            state.Replace(if isNull inverse then null else inverse.clone ())
