namespace Foof

open TorchSharp

/// One factor of a Kronecker product: a square matrix for each group of a layer, symmetric positive semi-definite or a
/// basis of eigenvectors.
[<RequireQualifiedAccess; ReferenceEquality>]
type Side =
    /// c I, of order `size`.
    | Identity of size: int64 * c: float
    /// diag(d), d [g; size].
    | Diagonal of d: torch.Tensor
    /// M [g; size; size].
    | Full of M: torch.Tensor
    /// (L L^T)^-1, not written out: L [g; size; size], lower triangular.
    | Inverse of L: torch.Tensor

/// What a Kronecker factor can do. Matrices of rows have shape [g; k; size].
/// Results belong to the caller, and may share memory with their arguments where nothing is computed. `like` gives the
/// type and the device of results, which a multiple of the identity does not know.
/// (MATH 5)
[<RequireQualifiedAccess>]
module Side =

    /// A statistic as a side: [g; size; size] is a full matrix, [g; size] a diagonal. It shares the tensor.
    let ofTensor (statistic: torch.Tensor) =
        if statistic.dim () = 3L then Side.Full statistic else Side.Diagonal statistic

    /// The order of the matrix.
    let size side =
        match side with
        | Side.Identity(size, _) -> size
        | Side.Diagonal d -> d.size 1
        | Side.Full M
        | Side.Inverse M -> M.size 2

    /// The tensors held, for their owner to free; none of a multiple of the identity.
    let tensors side =
        match side with
        | Side.Identity _ -> []
        | Side.Diagonal x
        | Side.Full x
        | Side.Inverse x -> [ x ]

    /// The number of groups that the side knows of; a multiple of the identity fits any.
    let groups side =
        match side with
        | Side.Identity _ -> 1L
        | Side.Diagonal x
        | Side.Full x
        | Side.Inverse x -> x.size 0

    /// Whether it is the identity itself.
    let isOne side =
        match side with
        | Side.Identity(_, c) -> c = 1.0
        | _ -> false

    /// M^T, a view of M; other sides are symmetric and given back as they are.
    let transpose side =
        match side with
        | Side.Full M -> Side.Full(M.transpose (1L, 2L))
        | _ -> side

    /// The matrix in place of its Cholesky factor, where that is what is held; other sides are given back as they are.
    let written side =
        match side with
        | Side.Inverse L -> Side.Full(Scope.tensor (fun () -> L.cholesky_inverse ()))
        | _ -> side

    /// M o M, element by element.
    /// The result belongs to the caller.
    let square side =
        match written side with
        | Side.Identity(size, c) -> Side.Identity(size, c * c)
        | Side.Diagonal d -> Side.Diagonal(d.square ())
        | Side.Full M -> Side.Full(M.square ())
        | Side.Inverse _ -> side

    /// c M, c >= 0.
    /// The result belongs to the caller.
    let scale (c: float) side =
        match side with
        | Side.Identity(size, c') -> Side.Identity(size, c * c')
        | Side.Diagonal d -> Side.Diagonal(d * c)
        | Side.Full M -> Side.Full(M * c)
        | Side.Inverse L when c > 0.0 -> Side.Inverse(L / sqrt c)
        | Side.Inverse L -> Side.Diagonal(L.new_zeros (L.size 0, L.size 2))

    /// A product in M's type, which may be shorter than X's, in X's type again.
    let private multiplied (M: torch.Tensor) (X: torch.Tensor) (product: torch.Tensor -> torch.Tensor) =
        if M.dtype = X.dtype then product X else (product (X.``to`` M.dtype)).``to`` X.dtype

    /// Converts a full matrix to another type, in which its products are then made; other sides stay.
    /// The result belongs to the caller; where nothing is converted it shares the argument's memory.
    let ofType (kind: torch.ScalarType) side =
        match side with
        | Side.Full M -> Side.Full(M.``to`` kind)
        | _ -> side

    /// X M for rows X. A full matrix of another type multiplies in its own, and the result has X's.
    /// Shapes: X [g; k; size] -> the same.
    /// The result belongs to the caller.
    let times (X: torch.Tensor) side =
        Scope.tensor (fun () ->
            match side with
            | Side.Identity(_, c) -> X * c
            | Side.Diagonal d -> X * d.unsqueeze 1L
            | Side.Full M -> multiplied M X (fun X -> Products.batched X M)
            | Side.Inverse L -> (Factorization.solveBy L (X.transpose (1L, 2L))).transpose(1L, 2L))

    /// M X for columns X. A full matrix of another type multiplies in its own, and the result has X's.
    /// Shapes: X [g; size; k] -> the same.
    /// The result belongs to the caller.
    let timesColumns (X: torch.Tensor) side =
        Scope.tensor (fun () ->
            match side with
            | Side.Identity(_, c) -> X * c
            | Side.Diagonal d -> X * d.unsqueeze 2L
            | Side.Full M -> multiplied M X (Products.batched M)
            | Side.Inverse L -> Factorization.solveBy L X)

    /// The diagonal.
    /// Shapes: -> [g; size], [1; size] of the identity.
    /// The result belongs to the caller and may be a view into M.
    let diagonal (like: torch.Tensor) side =
        match side with
        | Side.Identity(size, c) -> torch.full (1L, size, c, dtype = like.dtype, device = like.device)
        | Side.Diagonal d -> d.alias ()
        | Side.Full M -> torch.diagonal (M, 0L, 1L, 2L)
        | Side.Inverse L -> Scope.tensor (fun () -> torch.diagonal (L.cholesky_inverse (), 0L, 1L, 2L))

    /// The trace by group.
    /// Shapes: -> [g], [1] of the identity.
    /// The result belongs to the caller.
    let trace (like: torch.Tensor) side = Scope.tensor (fun () -> (diagonal like side).sum 1L)

    /// The matrix written out.
    /// Shapes: -> [g; size; size], [1; size; size] of the identity.
    /// The result belongs to the caller; of a full matrix it shares M's memory.
    let dense (like: torch.Tensor) side =
        match side with
        | Side.Identity _
        | Side.Diagonal _ -> Scope.tensor (fun () -> torch.diag_embed (diagonal like side))
        | Side.Full M -> M.alias ()
        | Side.Inverse L -> L.cholesky_inverse ()

    /// M + mu I with a number by group; a fresh matrix, never M itself.
    /// Shapes: mu [g] or [1].
    /// The result belongs to the caller and has as many groups as M and mu.
    let damped (mu: torch.Tensor) side =
        let along (size: int64) = mu.unsqueeze(1L).expand(-1L, size)
        let plusDiagonal (M: torch.Tensor) = Factorization.dampedBy mu (M.expand (max (M.size 0) (mu.size 0), -1L, -1L))
        match side with
        | Side.Identity(size, c) -> Side.Diagonal(Scope.tensor (fun () -> along size + c))
        | Side.Diagonal d -> Side.Diagonal(Scope.tensor (fun () -> d + mu.unsqueeze 1L))
        | Side.Full M -> Side.Full(Scope.tensor (fun () -> plusDiagonal M))
        | Side.Inverse L -> Side.Full(Scope.tensor (fun () -> plusDiagonal (L.cholesky_inverse ())))

    /// R with R R^T = M, as `Factorization.root`.
    /// The result belongs to the caller.
    let root side =
        match written side with
        | Side.Identity(size, c) -> Side.Identity(size, sqrt c)
        | Side.Diagonal d -> Side.Diagonal(d.sqrt ())
        | Side.Full M -> Side.Full(Factorization.root M)
        | Side.Inverse _ -> side

/// Products E (x) A, V -> E V A for each group of one layer, and Q_E (x) Q_A as a change of basis. Where one side has a
/// single group and the other has several, it stands for all of them.
[<RequireQualifiedAccess>]
module internal Kronecker =

    /// A tensor whose type and device those of results are.
    /// Raises an ArgumentException for two multiples of the identity.
    let like E A =
        match Side.tensors E @ Side.tensors A with
        | first :: _ -> first
        | [] -> invalidArg "curvature" "A product of two identities has no type and no device; use Curvature.Diagonal."

    /// The number of groups.
    let groups E A = max (Side.groups E) (Side.groups A)

    /// [d_out; d_in].
    let shape E A = [| groups E A * Side.size E; Side.size A |]

    /// V as [g; d_out/g; d_in].
    let grouped (groups: int64) (V: torch.Tensor) = V.reshape (groups, -1L, V.size -1)

    /// E V A.
    /// Shapes: V [d_out; d_in] -> the same.
    let product E A (V: torch.Tensor) =
        let V' = grouped (groups E A) V
        (A |> Side.times (E |> Side.timesColumns V')).reshape V.shape

    /// Q_E change(Q_E^T V Q_A) Q_A^T.
    /// Shapes: V [d_out; d_in] -> the same.
    let inBasis Q_E Q_A (groups: int64) (change: torch.Tensor -> torch.Tensor) (V: torch.Tensor) =
        let rotated = Q_A |> Side.times (Side.transpose Q_E |> Side.timesColumns (grouped groups V))
        (Side.transpose Q_A |> Side.times (Q_E |> Side.timesColumns (change rotated))).reshape V.shape

    /// The diagonal.
    /// Shapes: -> [d_out; d_in].
    let diagonal E A =
        let like = like E A
        ((Side.diagonal like E).unsqueeze 2L * (Side.diagonal like A).unsqueeze 1L).flatten(0L, 1L)

    /// The diagonal of (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T, [d_out; d_in].
    let diagonalInBasis Q_E Q_A (S: torch.Tensor) =
        let left = Side.square Q_E |> Side.timesColumns S
        (Side.square Q_A |> Side.transpose |> Side.times left).flatten(0L, 1L)

    /// The traces of the groups' products, [g].
    let traces like E A = Side.trace like E * Side.trace like A

    let private ofGroups (g: int64) (E: torch.Tensor) (A: torch.Tensor) =
        // libtorch's kron takes no mixture of matrices by rows and by columns.
        let group (i: int64) (M: torch.Tensor) = M.select(0L, min i (M.size 0 - 1L)).contiguous()
        torch.block_diag [| for i in 0L .. g - 1L -> torch.kron (group i E, group i A) |]

    /// The matrix written out, [p; p].
    let dense E A =
        let like = like E A
        ofGroups (groups E A) (Side.dense like E) (Side.dense like A)

    /// (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T written out, [p; p].
    let denseInBasis Q_E Q_A (S: torch.Tensor) =
        let Q = ofGroups (S.size 0) (Side.dense S Q_E) (Side.dense S Q_A)
        (Q * S.flatten ()).mm(Q.t ())

    /// The sides of one product in place of a sum of two, (E + pi E') (x) (A + A'/pi) with
    /// pi^2 = tr E tr A' / (tr E' tr A), scaled by group to the trace of the sum; a product whose trace is zero is left
    /// out.
    /// (MATH 7)
    let merged E A E' A' =
        let like = like E A
        let one = torch.ones (1L, dtype = like.dtype, device = like.device)
        let first, second = traces like E A, traces like E' A'
        let positive (x: torch.Tensor) = x.gt(0.0.ToScalar()).``to`` x.dtype
        let both = positive first * positive second

        let ratio =
            (Side.trace like E * Side.trace like A') / (Side.trace like E' * Side.trace like A * both + (one - both))

        let pi = (ratio * both + (one - both)).sqrt().view(-1L, 1L, 1L)
        let kept (traces: torch.Tensor) = (positive traces).view(-1L, 1L, 1L)
        let left = Side.dense like E * kept first + Side.dense like E' * kept second * pi
        let right = Side.dense like A * kept first + Side.dense like A' * kept second / pi
        let found = traces like (Side.Full left) (Side.Full right)
        let scale = (first + second) / (found + (one - positive found))
        struct (left * scale.view (-1L, 1L, 1L), right)
