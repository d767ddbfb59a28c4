namespace Foof

open System
open System.Collections.Generic
open System.Threading.Tasks
open TorchSharp

/// The fresh inverse of one block, none where the last one stays, and the statistics' trace that it was made of.
[<ReferenceEquality>]
type internal Inverted = {
    Block: FactoredBlock
    Fresh: Factored voption
    Trace: float voption
} with

    /// The fresh tensors, for their owner.
    member inverted.Tensors =
        inverted.Fresh
        |> ValueOption.map Factored.tensors
        |> ValueOption.defaultValue []

    /// Gives the block its fresh inverse.
    member inverted.HandOver() =
        if inverted.Fresh.IsSome then
            inverted.Block.Replace inverted.Fresh
            inverted.Trace |> ValueOption.iter (fun trace -> inverted.Block.Trace <- trace)

/// Inversions that were begun and serve from a certain step on. Owns what they give until it is taken.
[<Sealed>]
type internal PendingInversions
    private (due: int, task: Task<struct (Inverted array * struct (string * string) list)>) =

    let free () =
        if task.IsCompletedSuccessfully then
            let struct (found, _) = task.Result

            for inverted in found do
                for tensor in inverted.Tensors do
                    tensor.Dispose()

    /// Begins `inversions` on the thread for such work; `waits` until they are made.
    static member Begin(due: int, waits: bool, inversions: BlockInversion array) =
        for inversion in inversions do
            inversion.Tensors |> List.iter (Scope.detach >> ignore)

        let compute () =
            try
                let reports = List<struct (string * string)>()

                let invert (inversion: BlockInversion) = {
                    Block = inversion.Block
                    Fresh = Inversion.run (fun layer text -> reports.Add(struct (layer, text))) inversion
                    Trace = inversion.Trace
                }

                let found = inversions |> Array.map invert

                for inverted in found do
                    inverted.Tensors |> List.iter (Scope.detach >> ignore)

                struct (found, List.ofSeq reports)
            finally
                for inversion in inversions do
                    for tensor in inversion.Tensors do
                        tensor.Dispose()

        let task = Background.run compute

        if waits then
            (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore

        new PendingInversions(due, task)

    /// Inversions that were made before, as a checkpoint keeps them.
    static member Made(due: int, found: Inverted array) =
        new PendingInversions(due, Task.FromResult struct (found, []))

    /// The position of the step from which on they serve.
    member _.Due = due

    /// Whether they ended in an error.
    member _.HasFailed = task.IsFaulted

    /// What they give, once it is made; none after an error. It stays the owner's.
    member _.Found =
        (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore

        if task.IsFaulted then
            [||]
        else
            let struct (found, _) = task.Result
            found

    /// Hands them over to their blocks, once they are made, and reports what was reported. Raises the error that they
    /// ended in.
    member _.HandOver(report: string -> string -> unit) =
        let struct (found, reports) = task.GetAwaiter().GetResult()

        for struct (layer, text) in reports do
            report layer text

        for inverted in found do
            inverted.HandOver()

    interface IDisposable with
        /// For inversions that nobody will take.
        member _.Dispose() =
            (task :> IAsyncResult).AsyncWaitHandle.WaitOne() |> ignore
            free ()
