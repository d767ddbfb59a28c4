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
