namespace Foof

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open TorchSharp

/// The fresh inverse of one block, none where the last one stays.
[<ReferenceEquality>]
type internal Inverted = {
    Block: FactoredBlock
    Fresh: Factored voption
    /// The trace of the statistics that it was made of.
    Trace: float voption
    /// What is to be told of how it came about, by layer.
    Reports: struct (string * string) list
} with

    /// Inverts; the fresh tensors belong to the caller's scope. The caller frees the curvature that they may share tensors
    /// with.
    static member Of(inversion: BlockInversion) =
        let reports = List<struct (string * string)>()

        let fresh =
            Inversion.run (fun layer text -> reports.Add(struct (layer, text))) inversion

        {
            Block = inversion.Block
            Fresh = fresh
            Trace = inversion.Trace
            Reports = List.ofSeq reports
        }

    /// The fresh tensors, for their owner.
    member inverted.Tensors =
        inverted.Fresh
        |> ValueOption.map Factored.tensors
        |> ValueOption.defaultValue []

    /// Tells what is to be told, then gives the blocks their fresh inverses.
    static member HandOver(report: string -> string -> unit, all: Inverted array) =
        for inverted in all do
            for struct (layer, text) in inverted.Reports do
                report layer text

        for inverted in all do
            if inverted.Fresh.IsSome then
                inverted.Block.Replace inverted.Fresh
                inverted.Trace |> ValueOption.iter (fun trace -> inverted.Block.Trace <- trace)

/// The thread for inversions beside the steps, one after another, for as long as the process lasts. Its operations take no
/// second thread: the steps have the processors.
[<RequireQualifiedAccess>]
module internal InversionThread =

    let private queue = new BlockingCollection<unit -> unit>()
    let mutable private unfinished = 0

    /// A process must not end in the middle of native code.
    let private settle _ =
        SpinWait.SpinUntil((fun () -> Volatile.Read &unfinished = 0), TimeSpan.FromSeconds 10.0)
        |> ignore

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

/// Inversions that were begun and serve from a certain step on. Owns what they give until it is taken.
[<Sealed>]
type internal PendingInversions private (due: int, task: Task<Inverted array>) =

    let free () =
        if task.IsCompletedSuccessfully then
            for inverted in task.Result do
                for tensor in inverted.Tensors do
                    tensor.Dispose()

    /// Begins `inversions` on the thread for such work; `waits` until they are made.
    static member Begin(due: int, waits: bool, inversions: BlockInversion array) =
        for inversion in inversions do
            inversion.Tensors |> List.iter (Scope.detach >> ignore)

        let compute () =
            try
                let found = inversions |> Array.map Inverted.Of

                for inverted in found do
                    inverted.Tensors |> List.iter (Scope.detach >> ignore)

                found
            finally
                for inversion in inversions do
                    for tensor in inversion.Tensors do
                        tensor.Dispose()

        let task = InversionThread.run compute

        if waits then
            (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore

        new PendingInversions(due, task)

    /// Inversions that were made before, as a checkpoint keeps them.
    static member Made(due: int, found: Inverted array) =
        new PendingInversions(due, Task.FromResult found)

    /// The position of the step from which on they serve.
    member _.Due = due

    /// Whether they ended in an error.
    member _.HasFailed = task.IsFaulted

    /// What they give, once it is made; none after an error. It stays the owner's.
    member _.Found =
        (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore

        if task.IsFaulted then [||] else task.Result

    /// Hands them over to their blocks, once they are made, and reports what was reported. Raises the error that they
    /// ended in.
    member _.HandOver(report: string -> string -> unit) =
        Inverted.HandOver(report, task.GetAwaiter().GetResult())

    interface IDisposable with
        /// For inversions that nobody will take.
        member _.Dispose() =
            (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore
            free ()
