namespace Foof

open System
open System.Collections.Concurrent
open System.Threading
open System.Threading.Tasks
open TorchSharp

/// Work beside the caller's, on one thread for the whole process, in the order in which it came. That thread multiplies
/// with half of the threads that the first caller had, one at least, so that steps that go on meanwhile keep theirs, and
/// so that the same work gives the same bits.
[<RequireQualifiedAccess>]
module internal Background =

    let private queue = new BlockingCollection<unit -> unit>()
    let mutable private unfinished = 0

    /// A process must not end in the middle of native code.
    let private settle _ =
        SpinWait.SpinUntil((fun () -> Volatile.Read &unfinished = 0), TimeSpan.FromSeconds 10.0)
        |> ignore

    let private work (threads: int) (ready: ManualResetEventSlim) () =
        torch.set_num_threads threads
        ready.Set()

        for next in queue.GetConsumingEnumerable() do
            next ()
            Interlocked.Decrement &unfinished |> ignore

    let private started =
        lazy
            (let threads = torch.get_num_threads ()
             use ready = new ManualResetEventSlim()

             let thread =
                 Thread(work (max 1 (threads / 2)) ready, IsBackground = true, Name = "Foof inversions")

             thread.Start()
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
