namespace Foof

open System
open System.Collections.Generic
open TorchSharp

/// Whose pass a thread runs: while it runs one of Foof's own, other recorders' hooks look away.
[<AbstractClass; Sealed>]
type internal PassOwner private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private current: obj

    /// Whether calls on this thread are for `recorder`: nobody else's.
    static member Admits(recorder: obj) = isNull PassOwner.current || obj.ReferenceEquals(PassOwner.current, recorder)

    /// Runs `work` as a pass of `owner`.
    static member Running(owner: obj, work: unit -> 'T) =
        let before = PassOwner.current
        PassOwner.current <- owner
        try
            work ()
        finally
            PassOwner.current <- before

/// Masks of positions as a call's record holds them.
[<RequireQualifiedAccess>]
module private Mask =

    /// A mask in the order of the rows of an input, [n; R].
    /// The result belongs to the caller and may share the mask's memory.
    /// Raises an ArgumentException when it does not fit the input, and for layers other than Linear and LayerNorm, which
    /// mix positions, or have padding of their own.
    let ofCall (layer: Layer) (input: torch.Tensor) (mask: torch.Tensor) =
        let own =
            match layer.Geometry with
            | Geometry.Dense
            | Geometry.Scale(Normalisation.Last _) -> int (Geometry.dimensions layer.Geometry)
            | _ ->
                invalidArg
                    (nameof mask)
                    $"A mask of positions is for Linear and LayerNorm; {Layer.describe layer} is neither."
        let shape = input.shape
        let wanted = shape[.. shape.Length - own - 1]
        if mask.shape <> wanted then
            invalidArg
                (nameof mask)
                ($"The mask of positions must be {Shape.text wanted}, as the input of {Layer.describe layer} is "
                 + $"{Shape.describe input}; got {Shape.describe mask}.")
        let mask = if layer.IsTimeMajor then mask.transpose (0L, 1L) else mask
        mask.reshape (mask.size 0, -1L)

/// A recorder's records. Hooks hold it weakly, so that they keep nothing alive when nobody holds the recorder.
[<Sealed>]
type internal Log() =
    let records = ResizeArray<Record>()
    let mutable pass = 0
    let mutable depth = 0

    let take (isTaken: Record -> bool) =
        let taken = records.FindAll isTaken
        records.RemoveAll isTaken |> ignore
        taken.ToArray()

    /// A loop without steps must not fill the memory: of a layer's passes the last eight are remembered.
    let forget (layer: Layer) =
        let isOwn (record: Record) = obj.ReferenceEquals(record.Layer, layer)
        let passes = records.FindAll isOwn |> Seq.map _.Pass |> Seq.distinct |> Seq.toArray
        if passes.Length > 8 then
            take (fun record -> isOwn record && record.Pass = passes[0]) |> Record.release

    member val Choose: Func<Layer, torch.Tensor, Keep> = null with get, set

    member _.Take(isTaken) =
        depth <- 0
        take isTaken

    /// A call of the model, or of a module in it, begins. One of the model is the outermost also after a call that
    /// raised an error.
    member _.Enter(isModel: bool) =
        if isModel then depth <- 0
        if depth = 0 then pass <- pass + 1
        depth <- depth + 1

    member _.Leave() = depth <- max 0 (depth - 1)

    // Sequential disposes the handles that it passes on, and a step's scope everything made in it: the record has
    // handles of its own, outside every scope. An alias is the same variable, so autograd knows it.
    /// Keeps of a call what is chosen, and gives what the model continues with; null for the output itself.
    member _.Add(layer: Layer, input: torch.Tensor, output: torch.Tensor, kept: Keep) =
        if depth = 0 then pass <- pass + 1
        let mask =
            ValueOption.ofObj PositionMask.Current
            |> ValueOption.map (Mask.ofCall layer input >> _.clone() >> Scope.detach)
        // Data may be overwritten after the backward pass; what the model computes is guarded by autograd.
        let isData = kept.IsInputAndReach && not input.requires_grad
        let input = (if isData then input.clone () else input.detach ()) |> Layer.pointsFirst layer |> Scope.detach
        let zeros () =
            torch.zeros (
                Layer.shapeOfBias layer output,
                dtype = output.dtype,
                device = output.device,
                requires_grad = true
            )

        let record = {
            Layer = layer
            Pass = pass
            Input = input
            Mask = mask
            Shown = ValueNone
            Rows = lazy (Layer.rows layer input |> Scope.detach)
            Output =
                match kept with
                | Keep.InputAndOutput -> ValueSome(output.alias () |> Scope.detach)
                // The model continues with another tensor, so that nobody else frees this one.
                | Keep.InputAndReach -> ValueSome output
                | _ -> ValueNone
            Reach = if kept.IsInputAndReach then ValueSome(zeros () |> Scope.detach) else ValueNone
        }

        records.Add record
        forget layer
        if kept.IsInputAndOutput then output.clone ()
        elif kept.IsInputAndReach then output + record.Reach.Value
        else null

/// The hooks of a recorder: on its layers, and on the modules around them.
[<RequireQualifiedAccess>]
module private Hooks =

    /// The model, and the modules in it that call a layer's module, at some depth.
    let private around (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (layers: Layer array) =
        let own = layers |> Seq.collect _.Modules |> Seq.cast<torch.nn.Module> |> HashSet
        let isAround (other: torch.nn.Module) = not (own.Contains other) && Seq.exists own.Contains (other.modules ())
        model.modules ()
        |> Seq.filter isAround
        |> Seq.choose (function
            | :? torch.nn.Module<torch.Tensor, torch.Tensor> as other -> Some other
            | _ -> None)
        |> Seq.append [ model ]
        |> Seq.distinct
        |> Seq.toArray

    /// Attaches them, and gives what removes each.
    let attach (model: torch.nn.Module<torch.Tensor, torch.Tensor>) (layers: Layer array) (log: WeakReference<Log>) =
        let admitted (act: Log -> torch.Tensor) =
            match log.TryGetTarget() with
            | true, log when PassOwner.Admits log -> act log
            | _ -> null

        // Without gradients it is not a training pass; another thread may run one meanwhile.
        let inTraining act =
            admitted (fun log ->
                if torch.is_grad_enabled () then act log
                null)

        let record layer input output (log: Log) =
            match log.Choose with
            | null -> null
            | choose ->
                match choose.Invoke(layer, output) with
                | Keep.Nothing -> null
                | kept -> log.Add(layer, input, output, kept)

        [|
            for own in around model layers do
                let isModel = obj.ReferenceEquals(own, model)
                let entered = own.register_forward_pre_hook (fun _ _ -> inTraining _.Enter(isModel))
                let left = own.register_forward_hook (fun _ _ _ -> inTraining _.Leave())
                entered.remove
                left.remove

            for layer in layers do
                for call in layer.Modules do
                    let hook = call.register_forward_hook (fun _ input output -> admitted (record layer input output))
                    hook.remove
        |]

/// Keeps inputs and outputs of layers by forward hooks, which fire through `call`. It holds the hooks until it is
/// disposed and the records until they are taken. It records nothing before `Start`, nor in passes that others of Foof
/// run.
[<Sealed>]
type Recorder(model: torch.nn.Module<torch.Tensor, torch.Tensor>, layers: Layer seq) =
    let log = Log()
    let removals = Hooks.attach model (Seq.toArray layers) (WeakReference<Log> log)

    /// `choice` for the calls of this thread, and nothing for the calls that another thread makes meanwhile.
    static member OnThisThread(choice: Func<Layer, torch.Tensor, Keep>) =
        let thread = Environment.CurrentManagedThreadId
        Func<Layer, torch.Tensor, Keep>(fun layer output ->
            if Environment.CurrentManagedThreadId = thread then choice.Invoke(layer, output) else Keep.Nothing)

    /// What an ordinary loop needs: the inputs of calls that a backward pass can reach, and whether one did.
    static member InLoop =
        Func<Layer, torch.Tensor, Keep>(fun _ output ->
            if torch.is_grad_enabled () && output.requires_grad then Keep.InputAndReach else Keep.Nothing)

    /// Runs a pass of the model that is this recorder's alone.
    member internal _.Running(work: unit -> torch.Tensor) = PassOwner.Running(log, work)

    /// Records the calls that follow, as `choice` says for each layer and output, in place of an earlier choice.
    member _.Start(choice: Func<Layer, torch.Tensor, Keep>) = log.Choose <- choice

    /// Records no more; the hooks and the records so far stay.
    member _.Stop() = log.Choose <- null

    /// The records since the last time, in call order; they belong to the caller.
    member _.Take() = log.Take(fun _ -> true)

    /// Frees the records since the last time unread.
    member recorder.Discard() = recorder.Take() |> Record.release

    /// Frees the records of calls that a backward pass has reached: their gradients are wanted no more.
    member internal _.DiscardReached() = log.Take Record.isReached |> Record.release

    interface IDisposable with
        member recorder.Dispose() =
            recorder.Stop()
            recorder.Discard()
            for remove in removals do
                remove ()
