namespace Foof

open TorchSharp

/// Products of a layer's columns with several vectors at once, side by side, so that they are few and large: with
/// A [n; d_in] and k vectors [d_out; d_in] one product of A with [d_in; k d_out]. The columns of a data point share
/// its activations. Nothing here is weighted. Private to the core: no scopes.
[<RequireQualifiedAccess>]
module internal StackedProducts =

    /// g_j . v_s for all columns and vectors. Shapes: V [k; d_out; d_in] -> [m; k].
    let rec transposeTimes (V: torch.Tensor) factor : torch.Tensor =
        match factor with
        | LayerFactor.Columns P -> P.flatten(1L).mm(V.flatten(1L).t())
        | LayerFactor.Weighted(inner, S) -> transposeTimes (V * S) inner
        | LayerFactor.Product(activations, E) ->
            let E = ErrorColumns.apart activations E
            let g, c, n, R, d = E.size 0, E.size 1, E.size 2, E.size 3, E.size 4
            let k = V.size 0

            let rows = V.view(k, g, d, -1L).transpose(0L, 1L).reshape(g, k * d, -1L)

            let outputs = (Activations.times rows activations).view(g, n, R, k, d)

            if c = 1L then
                (outputs.mul_ (E.view (g, n, R, 1L, d))).sum([| 0L; 2L; 4L |]).view(n, k)
            else
                torch.einsum("gcnrd,gnrkd->cnk", E, outputs).reshape(c * n, k)

    /// The errors that w weighs, [g; n; R; k d].
    let private weighed (w: torch.Tensor) activations (E: torch.Tensor) =
        let E = ErrorColumns.apart activations E
        let g, c, n, R, d = E.size 0, E.size 1, E.size 2, E.size 3, E.size 4
        let k = w.size 1

        if c = 1L then
            (E.view (g, n, R, 1L, d) * w.reshape (1L, n, 1L, k, 1L)).reshape(g, n, R, k * d)
        else
            torch.einsum("gcnrd,cnk->gnrkd", E, w.reshape (c, n, k)).reshape(g, n, R, k * d)

    /// target_s <- target_s + sum_j w_js g_j. Shapes: w [m; k], target [k; d_out; d_in] in one piece.
    let rec addTimes (w: torch.Tensor) factor (target: torch.Tensor) : unit =
        match factor with
        | LayerFactor.Columns P -> target.add_ (w.t().mm(P.flatten 1L).view target.shape) |> ignore
        | LayerFactor.Weighted(inner, S) ->
            let sum = torch.zeros_like target
            addTimes w inner sum
            target.add_ (sum.mul_ S) |> ignore
        | LayerFactor.Product(activations, E) ->
            let errors = weighed w activations E

            match activations with
            | Activations.Rows A when A.size 0 = 1L ->
                let rows = target.view (-1L, target.size 2)
                rows.addmm_ (errors.flatten(0L, 2L).t(), A.flatten (0L, 2L)) |> ignore
            | _ ->
                let k, g = target.size 0, E.size 0
                let sums = Activations.gradient errors activations

                target.add_ (sums.view(g, k, -1L, target.size 2).transpose(0L, 1L).reshape(target.shape))
                |> ignore

    /// The most numbers that products with k vectors hold beside their arguments.
    let rec footprint (factor: LayerFactor) =
        match factor with
        | LayerFactor.Columns P -> P.size 1 * P.size 2
        | LayerFactor.Weighted(inner, S) -> footprint inner + S.numel ()
        | LayerFactor.Product(activations, E) ->
            E.size 0 * Activations.dataPoints activations * E.size 2 * E.size 3
