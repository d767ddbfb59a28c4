namespace Foof

open TorchSharp

/// Inner products of gradients that are sums over positions of products of an error and an activation, g_i . g'_j =
/// sum_rs (a_ir . a'_js)(e_ir . e'_js), without writing the gradients out.
/// (MATH 3)
[<RequireQualifiedAccess>]
module internal Gram =

    /// (e_r . e'_s)(a_r . a'_s) for all pairs of rows of two sets, those of several columns of a data point over the
    /// same activations.
    /// Shapes: E [g; c n R; k], E' [g; c' n' R'; k] -> as many elements as [g; c n R; c' n' R'].
    let private hadamard (x: Activations) (E: torch.Tensor) (y: Activations) (E': torch.Tensor) =
        let inputs = Activations.gram x y E.dtype
        let g, rows, columns = inputs.size 0, inputs.size 1, inputs.size 2
        let errors = (Products.batched E (E'.transpose (1L, 2L))).view(g, -1L, rows, E'.size 1 / columns, columns)
        errors.mul_ (inputs.view (g, 1L, rows, 1L, columns))

    /// K <- K + [g_i . g'_j], in place, from the activations and errors of both, by sums over pairs of positions:
    /// temporaries take so many bytes at most, but for one data point's.
    /// Shapes: E [g; c n; R; d_out/g], K [m; m'] in one piece.
    /// (MATH 3)
    let add (most: int64) (x: Activations) (E: torch.Tensor) (y: Activations) (E': torch.Tensor) (K: torch.Tensor) =
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
            let summed = if g * R * E'.size 3 = 1L then apart else apart.sum [| 0L; 3L; 6L |]
            rows.narrow(1L, start, count).add_(summed.view (c, count, -1L)) |> ignore

/// Where a layer's errors E meet k vectors side by side, so that products are few and large: with A [n; d_in] and k
/// vectors [d_out; d_in] one product of A with [d_in; k d_out]. The columns of a data point share its activations.
/// Private to the core: no scopes.
[<RequireQualifiedAccess>]
module internal StackedErrors =

    /// The vectors' rows by group.
    /// Shapes: V [k; d_out; d_in], or [d_out; d_in] of one ->
    /// [g; k d_out/g; d_in].
    let rows (groups: int64) (V: torch.Tensor) =
        let d_out, d_in = V.size -2, V.size -1
        if groups = 1L then
            V.reshape (1L, -1L, d_in)
        else
            V.reshape(-1L, groups, d_out / groups, d_in).transpose(0L, 1L).reshape(groups, -1L, d_in)

    /// The vectors of rows by group.
    /// Shapes: [g; k d_out/g; d_in] -> [k; d_out; d_in].
    let vectors (k: int64) (rows: torch.Tensor) =
        if rows.size 0 = 1L then
            rows.view (k, -1L, rows.size 2)
        else
            let byGroup = rows.view (rows.size 0, k, -1L, rows.size 2)
            byGroup.transpose(0L, 1L).reshape(k, -1L, rows.size 2)

    /// sum_r e_cir . z_irs.
    /// Shapes: E [g; c n; R; d], Z [g; n; R; k d], which it may overwrite -> [c n; k], or [c n] of one.
    let inner activations (E: torch.Tensor) (Z: torch.Tensor) =
        let E = ErrorColumns.apart activations E
        let g, c, n, R, d = E.size 0, E.size 1, E.size 2, E.size 3, E.size 4
        let k = Z.size 3 / d
        if k = 1L then
            ErrorColumns.inner E Z
        elif c = 1L then
            let Z = Z.view (g, n, R, k, d)
            (Z.mul_ (E.view (g, n, R, 1L, d))).sum([| 0L; 2L; 4L |]).view(n, k)
        else
            torch.einsum("gcnrd,gnrkd->cnk", E, Z.view (g, n, R, k, d)).reshape(c * n, k)

    /// sum_c w_cis e_cir.
    /// Shapes: E [g; c n; R; d], w [c n; k], or [c n] of one -> [g; n; R; k d].
    let weighed (k: int64) activations (E: torch.Tensor) (w: torch.Tensor) =
        let E = ErrorColumns.apart activations E
        let g, c, n, R, d = E.size 0, E.size 1, E.size 2, E.size 3, E.size 4
        if k = 1L then ErrorColumns.combination E w
        elif c = 1L then (E.view (g, n, R, 1L, d) * w.reshape (1L, n, 1L, k, 1L)).reshape(g, n, R, k * d)
        else torch.einsum("gcnrd,cnk->gnrkd", E, w.reshape (c, n, k)).reshape(g, n, R, k * d)
