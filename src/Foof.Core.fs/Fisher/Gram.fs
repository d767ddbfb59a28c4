namespace Foof

open TorchSharp

/// Inner products of gradients that are sums over positions of products of an error and an activation,
/// g_i . g'_j = sum_rs (a_ir . a'_js)(e_ir . e'_js), without writing the gradients out. (MATH 3)
[<RequireQualifiedAccess>]
module internal Gram =

    /// (e_r . e'_s)(a_r . a'_s) for all pairs of rows of two sets, those of several columns of a data point over the same
    /// activations. Shapes: E [g; c n R; k], E' [g; c' n' R'; k] -> as many elements as [g; c n R; c' n' R'].
    let private hadamard (x: Activations) (E: torch.Tensor) (y: Activations) (E': torch.Tensor) =
        let inputs = Activations.gram x y E.dtype
        let g, rows, columns = inputs.size 0, inputs.size 1, inputs.size 2

        let errors =
            (Products.batched E (E'.transpose (1L, 2L))).view(g, -1L, rows, E'.size 1 / columns, columns)

        errors.mul_ (inputs.view (g, 1L, rows, 1L, columns))

    /// K <- K + [g_i . g'_j], in place, from the activations and errors of both, by sums over pairs of positions: temporaries
    /// take so many bytes at most, but for one data point's. Shapes: E [g; c n; R; d_out/g], K [m; m'] in one piece. (MATH 3)
    let add
        (most: int64)
        (x: Activations)
        (E: torch.Tensor)
        (y: Activations)
        (E': torch.Tensor)
        (K: torch.Tensor)
        =
        let E, E' = ErrorColumns.apart x E, ErrorColumns.apart y E'
        let g, c, n, R, d = E.size 0, E.size 1, E.size 2, E.size 3, E.size 4
        let right = E'.reshape(g, -1L, d).``to`` K.dtype
        let bytes = 8L * g * c * R * right.size 1
        let rows = K.view (c, n, -1L)

        for struct (start, count) in Runs.ofAtMost (most / bytes) n do
            use _scope = torch.NewDisposeScope()
            let left = E.narrow(2L, start, count).reshape(g, -1L, d).``to`` K.dtype
            let inputs = Activations.points start count x
            let products = hadamard inputs left y right
            let apart = products.view [| g; c; count; R; E'.size 1; E'.size 2; E'.size 3 |]

            let summed =
                if g * R * E'.size 3 = 1L then
                    apart
                else
                    apart.sum [| 0L; 3L; 6L |]

            rows.narrow(1L, start, count).add_(summed.view (c, count, -1L)) |> ignore
