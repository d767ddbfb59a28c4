namespace Foof

open System
open System.Collections.Concurrent
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open TorchSharp

/// The thread for inversions beside the steps, one after another, for as long as the process lasts. Its operations take no
/// second thread: the steps have the processors.
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

    /// What they give, once it is made; none after an error. It stays the owner's.
    member _.Found =
        (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore

        if task.IsFaulted then [||] else task.Result

    /// Hands them over to their blocks, once they are made, and reports what was reported. Raises the error that they
    /// ended in.
    member _.HandOver(report: string -> string -> unit) =
        Inversion.handOver report (task.GetAwaiter().GetResult())

    interface IDisposable with
        /// For inversions that nobody will take.
        member _.Dispose() =
            (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore
            free ()
