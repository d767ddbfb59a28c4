namespace Foof

open System
open System.Collections.Generic
open TorchSharp

/// The damped inverse in use for some of the layers, for `steps` steps as a rule, and what a checkpoint keeps of it. Owns
/// its tensors.
[<Sealed>]
type internal FactoredBlock(name: string, members: int array, steps: int) =
    let mutable factored: Factored voption = ValueNone
    let mutable trace = 0.0

    // The inverse's matrices, by their handles, as products with few rows want them, from the first such product on.
    let packed = Dictionary<nativeint, PackedMatrix voption>()

    let pack (M: torch.Tensor) =
        if steps >= PackedMatrix.LeastUses && M.size 0 = 1L then
            M.squeeze 0L |> PackedMatrix.TryPack
        else
            ValueNone

    let packedOf side =
        match side with
        | Side.Full M ->
            match packed.TryGetValue M.Handle with
            | true, found -> found
            | _ ->
                let fresh = pack M
                packed[M.Handle] <- fresh
                fresh
        | _ -> ValueNone

    /// Frees the packed matrices, but for those of tensors that stay, as EKFAC's bases do while their spectrum changes.
    let freePackedBut (stay: torch.Tensor list) =
        let handles = stay |> List.map _.Handle

        for KeyValue(handle, matrix) in Seq.toArray packed do
            if not (List.contains handle handles) then
                matrix |> ValueOption.iter (fun own -> (own :> IDisposable).Dispose())
                packed.Remove handle |> ignore

    /// For the names of tensors and for messages.
    member _.Name = name

    /// The layers' indices.
    member _.Members = members

    /// The trace of the statistics that were inverted last.
    member _.Trace
        with get () = trace
        and set value = trace <- value

    /// The damped inverse, if there was one yet.
    member _.Factored = factored

    /// X M of one side of the inverse in use, which has one group. The result belongs to the caller's scope.
    ///
    /// Shapes: X [k; size] -> the same.
    member _.Times(X: torch.Tensor, side: Side) =
        (if PackedMatrix.Suits X then packedOf side else ValueNone)
        |> ValueOption.bind _.TryTimes(X)
        |> ValueOption.defaultWith (fun () -> Preconditioning.times (X, side))

    /// Takes over `fresh`, whose tensors must be nobody else's; the old inverse is freed.
    member _.Replace(fresh: Factored voption) =
        fresh
        |> ValueOption.map Factored.tensors
        |> ValueOption.defaultValue []
        |> freePackedBut

        factored
        |> ValueOption.iter (fun old ->
            for tensor in Factored.tensors old do
                tensor.Dispose())

        fresh
        |> ValueOption.iter (fun fresh ->
            for tensor in Factored.tensors fresh do
                Scope.detach tensor |> ignore)

        factored <- fresh

    interface IDisposable with
        member block.Dispose() = block.Replace ValueNone

/// The blocks that a method inverts.
[<RequireQualifiedAccess>]
module internal FactoredBlocks =

    /// One for all layers together or one for each, by names that begin with `prefix`; none without layers.
    let ofRecipe (layers: Layer array) (recipe: Recipe) prefix =
        let steps = recipe.Cadence.InvertEvery

        match recipe.Curvature with
        | _ when layers.Length = 0 -> [||]
        | Approximation.LowRank Extent.Network
        | Approximation.Window _ -> [|
            new FactoredBlock($"{prefix}network", [| 0 .. layers.Length - 1 |], steps)
          |]
        | _ ->
            layers
            |> Array.mapi (fun l layer -> new FactoredBlock($"{prefix}{layer.Name}", [| l |], steps))

/// Damped inverses in checkpoints: their tensors by name, and back.
[<RequireQualifiedAccess>]
module internal SavedFactored =

    let private side name side =
        match side with
        | Side.Identity(size, c) -> [ $"{name}.identity", torch.tensor [| float size; c |] ]
        | Side.Diagonal d -> [ $"{name}.diagonal", d ]
        | Side.Full M -> [ $"{name}", M ]
        | Side.Inverse L -> [ $"{name}.cholesky", L ]

    let private layerFactor name factor =
        match factor with
        | LayerFactor.Product(Activations.Rows A, E) -> [ $"{name}.rows", A; $"{name}.errors", E ]
        | LayerFactor.Product(Activations.Indices(index, count), E) -> [
            $"{name}.indices", index
            $"{name}.count", torch.tensor count
            $"{name}.errors", E
          ]
        | _ -> invalidOp "Only gradients as products of activations and errors are kept in checkpoints."

    /// The tensors of an inverse by name; small ones that are made here belong to the caller.
    let tensors (name: string) factored : (string * torch.Tensor) list =
        match factored with
        | Factored.Structured(Curvature.Kronecker(E, A), logDet) ->
            side $"{name}.error.inverse" E
            @ side $"{name}.activation.inverse" A
            @ [ $"{name}.logdet", logDet ]
        | Factored.Structured(Curvature.Eigenbasis(Q_E, Q_A, S), logDet) ->
            side $"{name}.error.basis" Q_E
            @ side $"{name}.activation.basis" Q_A
            @ [ $"{name}.spectrum.inverse", S; $"{name}.logdet", logDet ]
        | Factored.Structured(Curvature.Diagonal D, logDet) -> [
            $"{name}.logdet", logDet
            for l, d in Array.indexed D do
                $"{name}.diagonal.{l}", d
          ]
        | Factored.Structured _ -> invalidOp "This structure is not used by any method."
        | Factored.Woodbury(U, roots, L, logDet) -> [
            $"{name}.woodbury", L
            $"{name}.logdet", logDet
            $"{name}.weights", torch.tensor (U.Parts |> Array.map _.Weight)
            for l, root in Array.indexed roots do
                $"{name}.root.{l}", root
            for i, part in Array.indexed U.Parts do
                for l, factor in Array.indexed part.Layers do
                    yield! layerFactor $"{name}.part.{i}.{l}" factor
          ]
        | Factored.Blocks _ -> invalidOp "A block of layers has one inverse."

    /// [d_out; d_in] of each layer of an inverse, [-1; -1] where its parts do not fit one another.
    let shapes inverse =
        let isSquare side =
            match side with
            | Side.Full M
            | Side.Inverse M -> M.dim () = 3L && M.size 1 = M.size 2
            | Side.Diagonal d -> d.dim () = 2L
            | Side.Identity _ -> true

        match inverse with
        | Curvature.Kronecker(E, A)
        | Curvature.Eigenbasis(E, A, _) when not (isSquare E && isSquare A) -> [| [| -1L; -1L |] |]
        | Curvature.Eigenbasis(E, A, S) when
            S.dim () <> 3L || S.size 1 <> Side.size E || S.size 2 <> Side.size A
              ->
              [| [| -1L; -1L |] |]
        | _ -> Curvature.shapes inverse

    let private readSide (find: string -> torch.Tensor) name =
        let copied kind suffix =
            find $"{name}{suffix}" |> Option.ofObj |> Option.map (_.clone() >> kind)

        let identity () =
            find $"{name}.identity"
            |> Option.ofObj
            |> Option.map (fun identity ->
                let values = identity.data<float>().ToArray()
                Side.Identity(int64 values[0], values[1]))

        identity ()
        |> Option.orElseWith (fun () -> copied Side.Diagonal ".diagonal")
        |> Option.orElseWith (fun () -> copied Side.Inverse ".cholesky")
        |> Option.orElseWith (fun () -> copied Side.Full "")

    let private need (find: string -> torch.Tensor) name =
        match find name with
        | null -> invalidArg "state" $"The state has no '{name}', which belongs to its inverse."
        | tensor -> tensor.clone ()

    let private readLayerFactor (find: string -> torch.Tensor) name =
        let rank (dimensions: int64) part =
            let tensor = need find $"{name}.{part}"

            if tensor.dim () <> dimensions then
                invalidArg "state" $"'{name}.{part}' must have {dimensions} dimensions; got {tensor.dim ()}."

            tensor

        let E = rank 4L "errors"

        let activations =
            if isNull (find $"{name}.indices") then
                Activations.Rows(rank 4L "rows")
            else
                let count =
                    Require.like $"{name}.count" [||] torch.ScalarType.Int64 (need find $"{name}.count")

                Activations.Indices(rank 2L "indices", count.item<int64>())

        let factor = LayerFactor.Product(activations, E)
        LayerFactor.check name factor
        factor

    let private readWoodbury (find: string -> torch.Tensor) name (logDet: torch.Tensor) (L: torch.Tensor) =
        let weights = (need find $"{name}.weights").data<float>().ToArray()

        let count =
            Seq.initInfinite (fun l -> find $"{name}.root.{l}")
            |> Seq.takeWhile (isNull >> not)
            |> Seq.length

        let parts =
            weights
            |> Array.mapi (fun i weight -> {
                Layers = Array.init count (fun l -> readLayerFactor find $"{name}.part.{i}.{l}")
                Weight = weight
            })

        let roots = Array.init count (fun l -> need find $"{name}.root.{l}")
        let U = FisherFactor.join (Array.map FisherFactor.ofColumns parts)
        let m = if count = 0 then 0L else FisherFactor.columns U
        let L = Require.like $"{name}.woodbury" [| m; m |] L.dtype L

        for root in roots do
            if root.numel () <> 1L && not (Seq.exists ((=) root.shape) U.Shapes) then
                invalidArg
                    "state"
                    $"'{name}.root' must be one number or of its layer's shape; got {Fit.describe root}."

        Factored.Woodbury(U, roots, L.clone (), logDet.clone ())

    /// The inverse that `tensors` named, from copies; None where there was none. `find` gives null for what is not there.
    let read (find: string -> torch.Tensor) (name: string) : Factored voption =
        let pair kind =
            match readSide find $"{name}.error.{kind}", readSide find $"{name}.activation.{kind}" with
            | Some E, Some A -> ValueSome struct (E, A)
            | _ -> ValueNone

        match find $"{name}.logdet" with
        | null -> ValueNone
        | logDet ->
            let logDet = Require.like $"{name}.logdet" [||] logDet.dtype logDet

            match pair "inverse", pair "basis", find $"{name}.woodbury" with
            | ValueSome struct (E, A), _, _ ->
                ValueSome(Factored.Structured(Curvature.Kronecker(E, A), logDet.clone ()))
            | _, ValueSome struct (Q_E, Q_A), _ ->
                let S = need find $"{name}.spectrum.inverse"
                ValueSome(Factored.Structured(Curvature.Eigenbasis(Q_E, Q_A, S), logDet.clone ()))
            | _, _, null ->
                let D =
                    Seq.initInfinite (fun l -> find $"{name}.diagonal.{l}")
                    |> Seq.takeWhile (isNull >> not)
                    |> Seq.map _.clone()
                    |> Seq.toArray

                if D.Length = 0 then
                    ValueNone
                else
                    ValueSome(Factored.Structured(Curvature.Diagonal D, logDet.clone ()))
            | _, _, L -> ValueSome(readWoodbury find name logDet L)
