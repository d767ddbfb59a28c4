namespace Foof

open TorchSharp

/// The block of F of one layer written out, of a last layer above all.
[<RequireQualifiedAccess>]
module internal DenseBlock =

    /// sum_i h_i,oo' a_i a_i^T for all pairs of outputs o, o', h_i = weight sum_c e_ci e_ci^T: the columns of a data point
    /// are added up first, which saves their number's share of the products. A [n; d_in], E [c; n; d].
    let private ofRows (weight: float) (A: torch.Tensor) (E: torch.Tensor) =
        let d, d_in = E.size 2, A.size 1
        let byPoint = E.transpose (0L, 1L)
        let h = byPoint.transpose(1L, 2L).bmm(byPoint).mul_(weight.ToScalar())
        let F = torch.empty (d, d_in, d, d_in, dtype = A.dtype, device = A.device)

        for o in 0L .. d - 1L do
            use _row = torch.NewDisposeScope()
            let weights = h.select(1L, o).narrow(1L, o, d - o)
            let weighted = (weights.unsqueeze -1L * A.unsqueeze 1L).flatten 1L
            let block = A.t().mm(weighted).view(d_in, d - o, d_in)
            F.select(0L, o).narrow(1L, o, d - o).copy_ block |> ignore
            // Each block is symmetric, so those below the diagonal are those right of it, in an order that lies row by row.
            F.select(2L, o).narrow(0L, o, d - o).copy_(block.transpose (0L, 1L)) |> ignore

        F.view (d * d_in, d * d_in)

    /// G G^T of a factor of one layer. Shapes: -> [p; p].
    let ofFactor (G: FisherFactor) =
        let ofPart (part: FisherColumns) =
            match part.Layers with
            | [| LayerFactor.Product(Activations.Rows A, E) |] when A.size 0 = 1L && A.size 2 = 1L ->
                let n = A.size 1
                ofRows part.Weight (A.view (n, -1L)) (E.view (E.size 1 / n, n, E.size 3))
            | _ -> FisherFactor.dense { G with Parts = [| part |] }

        FisherFactor.requireDense (FisherFactor.rows G)

        Scope.tensor (fun () -> G.Parts |> Array.map ofPart |> Array.reduce (fun x y -> x + y))
