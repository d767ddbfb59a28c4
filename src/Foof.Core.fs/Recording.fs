namespace Foof

open System
open TorchSharp

/// What to keep of one call of a layer.
[<RequireQualifiedAccess>]
type Keep =
    | Nothing
    /// The input a.
    | Input
    /// The input a and the output z, to differentiate with respect to it. The model goes on with a copy of z,
    /// so that it may change it in place.
    | InputAndOutput

/// One call of a layer in a forward pass. Owns its tensors.
[<ReferenceEquality>]
type Record = {
    Layer: Layer
    /// Which call of the whole model it was in, counted from when the recorder was made.
    Pass: int
    /// The input a, outside the graph; it shares the memory of the model's tensor.
    Input: torch.Tensor
    /// The output z, the variable itself.
    Output: torch.Tensor voption
} with

    interface IDisposable with
        member record.Dispose() =
            record.Input.Dispose()
            record.Output |> ValueOption.iter _.Dispose()

/// Records whose work is done.
[<RequireQualifiedAccess>]
module Record =

    /// Frees the tensors of all of them.
    let release (records: Record array) =
        for record in records do
            (record :> IDisposable).Dispose()

    /// The calls of each layer, in call order; none of a layer that was not called.
    let byLayer (records: Record array) =
        let calls = records |> Array.groupBy _.Layer |> dict

        fun (layer: Layer) ->
            match calls.TryGetValue layer with
            | true, own -> own
            | _ -> [||]

    /// The activations of all recorded calls of one layer: calls in one pass of the model are positions of the same data
    /// points, further passes are further data points.
    let activations (calls: Record array) =
        calls
        |> Array.groupBy _.Pass
        |> Array.map (fun (_, pass) ->
            pass
            |> Array.map (fun call -> Layer.activations call.Layer call.Input)
            |> Activations.joinPositions)
        |> Activations.joinDataPoints

/// Keeps inputs and outputs of layers by forward hooks, which fire through `call`. It holds the hooks until
/// it is disposed and the records until they are taken.
[<Sealed>]
type Recorder(model: torch.nn.Module<torch.Tensor, torch.Tensor>, layers: Layer seq) =
    let records = ResizeArray<Record>()
    let mutable choose: Func<Layer, torch.Tensor, Keep> = null
    let mutable pass = 0

    // A pass that nothing can be differentiated in is no training pass; another thread may run it meanwhile.
    let passes =
        model.register_forward_pre_hook (fun _ _ ->
            if torch.is_grad_enabled () then
                pass <- pass + 1

            null)

    // Sequential disposes the handles that it passes on, and a step's scope everything made in it: the record
    // has handles of its own, outside every scope. An alias is the same variable, so autograd knows it.
    let keep (layer: Layer) (input: torch.Tensor) (output: torch.Tensor) kept =
        let recordOutput = (kept = Keep.InputAndOutput)

        records.Add {
            Layer = layer
            Pass = pass
            Input = input.detach () |> Scope.detach
            Output =
                if recordOutput then
                    ValueSome(output.alias () |> Scope.detach)
                else
                    ValueNone
        }

        if recordOutput then output.clone () else null

    let hooks = [|
        for layer in layers do
            for call in layer.Modules do
                call.register_forward_hook (fun _ input output ->
                    match choose with
                    | null -> null
                    | choose ->
                        match choose.Invoke(layer, output) with
                        | Keep.Nothing -> null
                        | kept -> keep layer input output kept)
    |]

    /// `choice` for the calls of this thread, and nothing for those that another one makes meanwhile.
    static member OnThisThread(choice: Func<Layer, torch.Tensor, Keep>) =
        let thread = Environment.CurrentManagedThreadId

        Func<Layer, torch.Tensor, Keep>(fun layer output ->
            if Environment.CurrentManagedThreadId = thread then
                choice.Invoke(layer, output)
            else
                Keep.Nothing)

    /// Records the calls that follow, as `choice` says for each layer and output.
    member _.Start(choice: Func<Layer, torch.Tensor, Keep>) = choose <- choice

    /// Records no more.
    member _.Stop() = choose <- null

    /// The records since the last time, in call order; they belong to the caller.
    member _.Take() =
        let taken = records.ToArray()
        records.Clear()
        taken

    /// Frees the records since the last time unread.
    member recorder.Discard() = recorder.Take() |> Record.release

    interface IDisposable with
        member recorder.Dispose() =
            recorder.Stop()
            recorder.Discard()
            passes.remove ()

            for hook in hooks do
                hook.remove ()
