namespace Foof

open System
open System.Threading.Tasks
open TorchSharp

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
