namespace Foof

open TorchSharp

/// Damped inverses times directions: what `Factored.solve` gives, by way of a product's factors wherever that is
/// shorter.
/// (MATH 5, where the arithmetic goes)
[<RequireQualifiedAccess>]
module internal Preconditioning =

    /// X M for rows X [k; size] and a side M of one group.
    let private times (X: torch.Tensor) side = (side |> Side.times (X.unsqueeze 0L)).squeeze 0L

    /// X M for rows X and a symmetric M, as (M X^T)^T: libtorch's product reads a matrix that is in no cache faster
    /// from the left.
    let private timesSymmetric (X: torch.Tensor) M = (M |> Side.timesColumns (X.t().unsqueeze 0L)).squeeze(0L).t()

    /// P_E (left^T right) P_A of symmetric sides: both factors by themselves.
    let private bySides P_E P_A (left: torch.Tensor) (right: torch.Tensor) =
        Direction.Product((if P_E |> Side.isOne then left else timesSymmetric left P_E), timesSymmetric right P_A)

    /// P_E M P_A of sides of one group.
    let private onMatrix P_E P_A (M: torch.Tensor) =
        let left = if Side.isOne P_E then M else (P_E |> Side.timesColumns (M.unsqueeze 0L)).squeeze 0L
        Direction.Matrix(if Side.isOne P_A then left else times left P_A)

    /// Q_E [S o (Q_E^T left^T right Q_A)] Q_A^T: the way into the basis is on the factors.
    let private inBasis Q_E Q_A (S: torch.Tensor) (left: torch.Tensor) (right: torch.Tensor) =
        let rotated = (times left Q_E).t().mm(times right Q_A).mul_(S.squeeze 0L)
        let back = Q_E |> Side.timesColumns (rotated.unsqueeze 0L)
        Direction.Matrix((Side.transpose Q_A |> Side.times back).squeeze 0L)

    /// sum_j w_j g_j of one layer's columns as a product, where these are products of few rows: weights [k; 1] for the
    /// rows of the errors, these, and the inputs.
    let private combination (w: torch.Tensor) factor =
        match factor with
        | LayerFactor.Product(Activations.Rows(A, _), E) when A.size 0 = 1L ->
            let n, R = A.size 1, A.size 2
            let inputs = A.flatten (0L, 2L)

            if E.size 1 = n then
                let weights = w.view(n, 1L).expand(n, R).reshape(-1L, 1L)
                ValueSome struct (weights, E.flatten (0L, 2L), inputs)
            else
                // The columns of a data point share its inputs.
                let weighted = E.view (-1L, n, R, E.size 3) * w.view (-1L, n, 1L, 1L)
                ValueSome struct (inputs.new_ones (n * R, 1L), weighted.sum(0L).flatten(0L, 1L), inputs)
        | _ -> ValueNone

    /// g_j . V for every column of one layer: computed in their type, as gradients are, given in float64.
    let private inner factor (V: Direction) =
        match V with
        | Direction.Matrix M -> (LayerFactor.transposeTimes M factor).``to`` torch.ScalarType.Float64
        | Direction.Product(left, _) ->
            let K = torch.zeros (LayerFactor.columns factor, 1L, dtype = left.dtype, device = left.device)
            LayerFactor.addGram factor (Direction.column V) K
            (K.squeeze 1L).``to`` torch.ScalarType.Float64

    /// c (V - sum_j w_j g_j), c a scalar tensor.
    let private less (w: torch.Tensor) factor (c: torch.Tensor) (V: Direction) =
        let written () = Direction.Matrix((Direction.matrix V - LayerFactor.times w factor) * c)
        match V with
        | Direction.Matrix _ -> written ()
        | Direction.Product(left, right) ->
            match combination (w * -c) factor with
            | ValueNone -> written ()
            | ValueSome struct (weights, errors, inputs) ->
                // Weighed where they stand together, while the caches hold them.
                let weights = torch.cat ([| c.view(1L, 1L).expand(left.size 0, 1L); weights |], 0L)
                let all = torch.cat([| left; errors |], 0L).mul_ weights
                Direction.Product(all, torch.cat ([| right; inputs |], 0L))

    /// (lambda I + G G^T)^-1 V = r^2 (V - U (I + U^T U)^-1 U^T V), for the columns of one batch: nothing of the
    /// weights' size is formed.
    let private byWoodbury (part: FisherColumns) (roots: torch.Tensor array) L (V: Direction array) =
        let root = sqrt part.Weight
        let projected = Array.map2 inner part.Layers V |> Array.reduce (fun (x: torch.Tensor) y -> x + y)
        let w = (Factorization.solveBy L (projected.unsqueeze 1L * root)).squeeze 1L * root
        let w = w.``to`` (Direction.like V[0]).dtype
        let ofLayer l factor = less w factor (roots[l].square().squeeze()) V[l]
        Array.mapi ofLayer part.Layers

    let private hasOneRoot (root: torch.Tensor) = root.numel () = 1L

    /// (C + lambda I)^-1 V.
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    /// The results belong to the caller's scope.
    let solve (factored: Factored) (V: Direction array) : Direction array =
        match factored, V with
        | Factored.Structured(Curvature.Kronecker(E, A), _), [| Direction.Product(left, right) |] when
            Kronecker.groups E A = 1L
              ->
              [| bySides E A left right |]
        | Factored.Structured(Curvature.Kronecker(E, A), _), [| Direction.Matrix M |] when M.shape = Kronecker.shape E A ->
            if Kronecker.groups E A = 1L then
                [| onMatrix E A M |]
            else
                [| Direction.Matrix(Kronecker.product E A M) |]
        | Factored.Structured(Curvature.Eigenbasis(Q_E, Q_A, S), _), [| Direction.Product(left, right) |] when
            S.size 0 = 1L
              ->
              [| inBasis Q_E Q_A S left right |]
        | Factored.Woodbury({ Parts = [| part |] }, roots, L, _), _ when Array.forall hasOneRoot roots ->
            byWoodbury part roots L V
        | _ -> V |> Array.map Direction.matrix |> Factored.solve factored |> Array.map Direction.Matrix
