namespace Foof

open TorchSharp

/// One factor of a Kronecker product: a square matrix for each group of a layer, symmetric positive
/// semi-definite or a basis of eigenvectors.
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

/// What a Kronecker factor can do. Matrices of rows have shape [g; k; size]. Results belong to the caller,
/// and may share memory with their arguments where nothing is computed. `like` tells the type and the device
/// of results, which a multiple of the identity does not know. (MATH 5)
[<RequireQualifiedAccess>]
module Side =

    /// A statistic as a side: [g; size; size] is a full matrix, [g; size] a diagonal. It shares the tensor.
    let ofTensor (statistic: torch.Tensor) =
        if statistic.dim () = 3L then
            Side.Full statistic
        else
            Side.Diagonal statistic

    /// The order of the matrix.
    let size side =
        match side with
        | Side.Identity(size, _) -> size
        | Side.Diagonal d -> d.size 1
        | Side.Full M
        | Side.Inverse M -> M.size 2

    /// The tensors held.
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

    /// M^T.
    let transpose side =
        match side with
        | Side.Full M -> Side.Full(M.transpose (1L, 2L))
        | _ -> side

    /// The matrix in place of its Cholesky factor, where that is what is held.
    let written side =
        match side with
        | Side.Inverse L -> Side.Full(Scope.tensor (fun () -> L.cholesky_inverse ()))
        | _ -> side

    /// M o M.
    let square side =
        match written side with
        | Side.Identity(size, c) -> Side.Identity(size, c * c)
        | Side.Diagonal d -> Side.Diagonal(d.square ())
        | Side.Full M -> Side.Full(M.square ())
        | Side.Inverse _ -> side

    /// c M.
    let scale (c: float) side =
        match side with
        | Side.Identity(size, c') -> Side.Identity(size, c * c')
        | Side.Diagonal d -> Side.Diagonal(d * c)
        | Side.Full M -> Side.Full(M * c)
        | Side.Inverse L -> Side.Inverse(L / sqrt c)

    /// A product in M's type, which may be shorter than X's, in X's type again.
    let private multiplied (M: torch.Tensor) (X: torch.Tensor) (product: torch.Tensor -> torch.Tensor) =
        if M.dtype = X.dtype then
            product X
        else
            (product (X.``to`` M.dtype)).``to`` X.dtype

    /// The same in another type, where it is a full matrix: products with it are then in that type.
    let ofType (kind: torch.ScalarType) side =
        match side with
        | Side.Full M -> Side.Full(M.``to`` kind)
        | _ -> side

    /// X M for rows X. Shapes: X [g; k; size] -> the same.
    let times (X: torch.Tensor) side =
        Scope.tensor (fun () ->
            match side with
            | Side.Identity(_, c) -> X * c
            | Side.Diagonal d -> X * d.unsqueeze 1L
            | Side.Full M -> multiplied M X (fun X -> Products.batched X M)
            | Side.Inverse L -> (Factorization.solveBy L (X.transpose (1L, 2L))).transpose(1L, 2L))

    /// M X for columns X. Shapes: X [g; size; k] -> the same.
    let timesColumns (X: torch.Tensor) side =
        Scope.tensor (fun () ->
            match side with
            | Side.Identity(_, c) -> X * c
            | Side.Diagonal d -> X * d.unsqueeze 2L
            | Side.Full M -> multiplied M X (Products.batched M)
            | Side.Inverse L -> Factorization.solveBy L X)

    /// The diagonal. Shapes: -> [g; size], [1; size] of the identity.
    let diagonal (like: torch.Tensor) side =
        match side with
        | Side.Identity(size, c) -> torch.full (1L, size, c, dtype = like.dtype, device = like.device)
        | Side.Diagonal d -> d.alias ()
        | Side.Full M -> torch.diagonal (M, 0L, 1L, 2L)
        | Side.Inverse L -> torch.diagonal (L.cholesky_inverse (), 0L, 1L, 2L)

    /// The trace by group. Shapes: -> [g].
    let trace (like: torch.Tensor) side =
        Scope.tensor (fun () -> (diagonal like side).sum 1L)

    /// The matrix written out. Shapes: -> [g; size; size].
    let dense (like: torch.Tensor) side =
        match side with
        | Side.Identity _
        | Side.Diagonal _ -> Scope.tensor (fun () -> torch.diag_embed (diagonal like side))
        | Side.Full M -> M.alias ()
        | Side.Inverse L -> L.cholesky_inverse ()

    /// M + mu I with a number by group; a fresh matrix, never M itself. Shapes: mu [g] or [1].
    let damped (mu: torch.Tensor) side =
        let along (size: int64) = mu.unsqueeze(1L).expand(-1L, size)

        let onDiagonal (M: torch.Tensor) =
            Scope.value (fun () -> torch.diagonal(M, 0L, 1L, 2L).add_(mu.unsqueeze 1L) |> ignore)
            M

        match side with
        | Side.Identity(size, c) -> Side.Diagonal(Scope.tensor (fun () -> along size + c))
        | Side.Diagonal d -> Side.Diagonal(Scope.tensor (fun () -> d + mu.unsqueeze 1L))
        | Side.Full M -> Side.Full(onDiagonal (M.clone ()))
        | Side.Inverse L -> Side.Full(onDiagonal (L.cholesky_inverse ()))

    /// R with R R^T = M, as `Factorization.root`.
    let root side =
        match written side with
        | Side.Identity(size, c) -> Side.Identity(size, sqrt c)
        | Side.Diagonal d -> Side.Diagonal(d.sqrt ())
        | Side.Full M -> Side.Full(Factorization.root M)
        | Side.Inverse _ -> side
