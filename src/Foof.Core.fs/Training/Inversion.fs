namespace Foof

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open TorchSharp

/// The damped inverse in use for some of the layers.
/// Owns its tensors.
[<Sealed>]
type internal InverseBlock(name: string, members: int array) =
    let mutable factored: Factored voption = ValueNone

    /// For the names of tensors and for messages.
    member _.Name = name

    /// The layers' indices.
    member _.Members = members

    /// The trace of the statistics that were inverted last.
    member val Trace = 0.0 with get, set

    /// The damped inverse, if there was one yet.
    member _.Factored = factored

    /// Takes over `fresh`, whose tensors must be nobody else's; the old inverse is freed.
    member _.Replace(fresh: Factored voption) =
        factored
        |> ValueOption.iter (fun old ->
            for tensor in Factored.tensors old do
                tensor.Dispose())
        fresh
        |> ValueOption.iter (fun fresh ->
            for tensor in Factored.tensors fresh do
                Scope.detach tensor |> ignore)
        factored <- fresh

    /// The blocks that a recipe inverts: one for all layers together or one for each, by names that begin with
    /// `prefix`; an empty array without layers.
    static member OfRecipe(layers: Layer array, recipe: Recipe, prefix: string) =
        match recipe.Curvature with
        | _ when layers.Length = 0 -> [||]
        | Approximation.LowRank Extent.Network
        | Approximation.Window _ -> [| new InverseBlock($"{prefix}network", [| 0 .. layers.Length - 1 |]) |]
        | _ -> layers |> Array.mapi (fun l layer -> new InverseBlock($"{prefix}{layer.Name}", [| l |]))

    interface IDisposable with
        member block.Dispose() = block.Replace ValueNone

/// The inversion of one block with all that it takes, so that it may run on another thread.
[<ReferenceEquality>]
type internal Inversion = {
    /// Where the inverse is used, and its last one until then.
    Block: InverseBlock
    /// The block's layers.
    Layers: Layer array
    /// The method whose damping and power the inverse has.
    Recipe: Recipe
    /// The attempts in their order, one that only solves in front of them where that is shorter.
    Attempts: Attempt list
    /// The curvature; None where its statistics are not finite.
    Curvature: Curvature option
    /// The inner products of a low-rank curvature's columns, where they are known.
    Gram: torch.Tensor voption
    /// The statistics' trace, where a trigger looks at it.
    Trace: float voption
} with

    /// The curvature's tensors, for their owner.
    member inversion.Tensors =
        (inversion.Curvature |> Option.map Curvature.tensors |> Option.defaultValue [])
        @ (inversion.Gram |> ValueOption.toList)

/// The fresh inverse of one block, ValueNone where the last one stays.
[<ReferenceEquality>]
type internal Inverted = {
    /// Whose inverse it is.
    Block: InverseBlock
    /// The inverse; ValueNone where the last one stays.
    Fresh: Factored voption
    /// The trace of the statistics that it was made of.
    Trace: float voption
    /// How it came about, where that is to be reported: sentences by layer.
    Reports: struct (string * string) list
} with

    /// The fresh tensors, for their owner.
    member inverted.Tensors = inverted.Fresh |> ValueOption.map Factored.tensors |> ValueOption.defaultValue []

/// How a recipe's curvature is inverted: which attempts are made, and in which type the inverse is kept.
[<RequireQualifiedAccess>]
module internal Inversion =

    /// The inverse in the type of the recipe's products.
    let private inProductType (recipe: Recipe) factored =
        match recipe.ProductType, factored with
        | ValueSome kind, Factored.Structured(Curvature.Kronecker(E, A), logDet) ->
            Factored.Structured(Curvature.Kronecker(Side.ofType kind E, Side.ofType kind A), logDet)
        | _ -> factored

    /// The recipe's attempts, behind one that only solves where few rows are multiplied before the next inversion: the
    /// inverse written out takes 2/3 d^3 products more, and saves about half of the time of solving for a row. `rows`
    /// is how many a batch shows, 0 where that is not known.
    let attempts (recipe: Recipe) (layer: Layer) (rows: int64) =
        let d_in = Layer.inputs layer
        let uses = 2L * int64 recipe.Cadence.InvertEvery
        // Small inverses take no time worth naming.
        let isForFew = d_in >= 256L && uses < d_in && uses * min rows (Layer.outputs layer) < d_in
        if rows > 0L && recipe.ProductType.IsNone && isForFew then
            { recipe.Attempts.Head with Route = Route.Solve } :: recipe.Attempts
        else
            recipe.Attempts

    /// The recipe's damped inverse of a curvature whose columns' inner products may be known; None when no attempt
    /// succeeds.
    let damped attempts (recipe: Recipe) report (gram: torch.Tensor voption) curvature =
        match curvature, gram with
        | Curvature.LowRank G, ValueSome K -> Factored.attemptKnowing K attempts recipe.Power report recipe.Damping G
        | _ -> Factored.attempt attempts recipe.Rule recipe.Power report recipe.Damping curvature

    /// What is raised where there is no fresh inverse, and no last one or the recipe wants none.
    let private failure (inversion: Inversion) =
        let subject =
            match inversion.Layers with
            | [| layer |] -> Layer.describe layer
            | layers -> $"the curvature of {layers.Length} layers"
        NumericalFailure(
            $"the curvature of '{inversion.Recipe.Name}' + {inversion.Recipe.Damping} I could not be inverted by any attempt",
            subject,
            "check the inputs for NaN or raise the damping"
        )

    /// The fresh inverse; ValueNone where no attempt succeeded and the last one stays. It belongs to the caller's
    /// scope; the caller frees the curvature that it may share tensors with.
    /// Raises a NumericalFailure as the recipe says.
    let run (inversion: Inversion) : Inverted =
        use scope = torch.NewDisposeScope()
        let reports = List<struct (string * string)>()
        let report text = reports.Add(struct (inversion.Layers[0].Name, text))
        let fresh =
            inversion.Curvature
            |> Option.bind (damped inversion.Attempts inversion.Recipe report inversion.Gram)
            |> Option.map (inProductType inversion.Recipe)
        let mayKeep = inversion.Block.Factored.IsSome && inversion.Recipe.OnFailure.IsKeepLast
        if fresh.IsNone && not mayKeep then raise (failure inversion)
        elif fresh.IsNone then report "no attempt succeeded; the last inverse stays in use"
        fresh |> Option.iter (Factored.tensors >> List.iter (scope.MoveToOuter >> ignore))
        {
            Block = inversion.Block
            Fresh = ValueOption.ofOption fresh
            Trace = inversion.Trace
            Reports = List.ofSeq reports
        }

    /// Reports how inverses came about, then gives the blocks those that are fresh.
    let handOver (report: string -> string -> unit) (all: Inverted array) =
        for inverted in all do
            for struct (layer, text) in inverted.Reports do
                report layer text
        for inverted in all do
            if inverted.Fresh.IsSome then
                inverted.Block.Replace inverted.Fresh
                inverted.Trace |> ValueOption.iter (fun trace -> inverted.Block.Trace <- trace)

/// The thread for inversions beside the steps, one after another, for as long as the process lasts. Its operations take
/// no second thread: the steps have the processors.
[<RequireQualifiedAccess>]
module internal InversionThread =

    let private queue = new BlockingCollection<unit -> unit>()
    let mutable private unfinished = 0

    /// A process must not end in the middle of native code.
    let private settle _ =
        SpinWait.SpinUntil((fun () -> Volatile.Read &unfinished = 0), TimeSpan.FromSeconds 10.0) |> ignore

    /// In a frame of its own: while the thread waits, it holds nothing of the work before.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let private one () =
        queue.Take () ()
        Interlocked.Decrement &unfinished |> ignore

    let private work (ready: ManualResetEventSlim) () =
        // libtorch gives a new thread the process's number at its first question or operation, whatever was set before.
        torch.get_num_threads () |> ignore
        torch.set_num_threads 1
        ready.Set()
        while true do
            one ()

    let private started =
        lazy
            (let threads = torch.get_num_threads ()
             use ready = new ManualResetEventSlim()
             Thread(work ready, IsBackground = true, Name = "Foof inversions").Start()
             ready.Wait()
             // The number is kept by thread, and for threads to come by the process: theirs stays what it was.
             torch.set_num_threads threads
             AppDomain.CurrentDomain.ProcessExit.Add settle)

    /// Begins `compute` without gradients; what it makes must leave its scope by itself.
    let run (compute: unit -> 'T) : Task<'T> =
        started.Force()
        let source = TaskCompletionSource<'T>()
        let next () =
            try
                use _quiet = torch.no_grad ()
                use _scope = torch.NewDisposeScope()
                source.SetResult(compute ())
            with error ->
                source.SetException error
        Interlocked.Increment &unfinished |> ignore
        queue.Add next
        source.Task

/// Inversions that were begun and are used from a certain step on. Owns what they give until it is taken.
[<Sealed>]
type internal PendingInversions private (due: int, task: Task<Inverted array>) =

    let free () =
        if task.IsCompletedSuccessfully then
            for inverted in task.Result do
                for tensor in inverted.Tensors do
                    tensor.Dispose()

    /// Begins `inversions` on the thread for such work; it owns their tensors from now on.
    static member Begin(due: int, inversions: Inversion array) =
        for inversion in inversions do
            inversion.Tensors |> List.iter (Scope.detach >> ignore)
        let compute () =
            try
                let found = inversions |> Array.map Inversion.run
                for inverted in found do
                    inverted.Tensors |> List.iter (Scope.detach >> ignore)
                found
            finally
                for inversion in inversions do
                    for tensor in inversion.Tensors do
                        tensor.Dispose()
        new PendingInversions(due, InversionThread.run compute)

    /// Inversions that were made before, as a checkpoint keeps them; it takes their tensors over.
    static member Made(struct (due: int, found: Inverted array)) =
        for inverted in found do
            inverted.Tensors |> List.iter (Scope.detach >> ignore)
        new PendingInversions(due, Task.FromResult found)

    /// The position of the step from which on they are used.
    member _.Due = due

    /// Whether they ended in an error.
    member _.HasFailed = task.IsFaulted

    /// What they give, once it is made; an empty array after an error. It stays the owner's.
    member _.Found =
        (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore
        if task.IsFaulted then [||] else task.Result

    /// Hands them over to their blocks, once they are made, and reports what was reported.
    /// Raises the error that they ended in.
    member _.HandOver(report: string -> string -> unit) = Inversion.handOver report (task.GetAwaiter().GetResult())

    interface IDisposable with
        /// For inversions that nobody will take.
        member _.Dispose() =
            (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore
            free ()
