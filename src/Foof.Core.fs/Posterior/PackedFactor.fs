namespace Foof

open TorchSharp

/// Fisher factors of many small batches as one of a few large ones, whose products are large, too.
[<RequireQualifiedAccess>]
module PackedFactor =

    let private fits (x: FisherColumns) (y: FisherColumns) =
        let fitsLayer x y =
            match x, y with
            | LayerFactor.Product(a, E), LayerFactor.Product(b, E') ->
                let perPoint a (E: torch.Tensor) = E.size 1 / Activations.dataPoints a

                Activations.positions a = Activations.positions b
                && perPoint a E = perPoint b E'
            | _ -> false

        abs (x.Weight - y.Weight) <= 1e-12 * x.Weight
        && Array.forall2 fitsLayer x.Layers y.Layers

    let private joined (factors: LayerFactor array) =
        let parts =
            factors
            |> Array.map (fun factor ->
                match factor with
                | LayerFactor.Product(activations, E) -> struct (activations, E)
                | _ -> invalidOp "Only products are joined.")

        let errors =
            parts
            |> Array.map (fun struct (activations, E) ->
                let n = Activations.dataPoints activations
                E.view (E.size 0, E.size 1 / n, n, E.size 2, E.size 3))

        LayerFactor.Product(
            Activations.joinDataPoints (parts |> Array.map (fun struct (activations, _) -> activations)),
            torch.cat(errors, 2L).flatten(1L, 2L)
        )

    let private runs (parts: FisherColumns array) =
        Array.foldBack
            (fun part groups ->
                match groups with
                | (next :: _ as group) :: others when fits part next -> (part :: group) :: others
                | _ -> [ part ] :: groups)
            parts
            []

    /// A factor of F with the parts of neighbouring batches joined where they count alike, data points of one
    /// part after those of the other: columns change their order, and F stays. Tensors that are not joined
    /// are shared; joined ones belong to the caller.
    let pack (G: FisherFactor) =
        let packed (group: FisherColumns list) =
            match group with
            | [ single ] -> single
            | _ ->
                let parts = Array.ofList group

                {
                    Layers = Array.init G.Shapes.Length (fun l -> parts |> Array.map _.Layers[l] |> joined)
                    Weight = parts[0].Weight
                }

        Scope.ownedBut
            (FisherFactor.tensors G)
            (fun () -> {
                G with
                    Parts = runs G.Parts |> Seq.map packed |> Seq.toArray
            })
            (FisherFactor.tensors >> Seq.ofList)
