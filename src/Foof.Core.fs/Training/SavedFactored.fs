namespace Foof

open TorchSharp

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

        let solving L = Side.Inverse(Factorization.byColumns L)

        let identity () =
            find $"{name}.identity"
            |> Option.ofObj
            |> Option.map (fun identity ->
                let values = identity.data<float>().ToArray()
                Side.Identity(int64 values[0], values[1]))

        identity ()
        |> Option.orElseWith (fun () -> copied Side.Diagonal ".diagonal")
        |> Option.orElseWith (fun () -> copied solving ".cholesky")
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

        Factored.Woodbury(U, roots, (L.clone () |> Factorization.byColumns), logDet.clone ())

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
