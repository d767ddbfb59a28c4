namespace Foof

open TorchSharp

/// Inverses of large symmetric positive definite matrices by halves: nearly all of the arithmetic is
/// in products of matrices, and takes 20 instead of 22 to 26 ms at order 1000 in float32. (Cholesky factors
/// gain nothing that way: the triangular solves between the halves are no faster than the factorisation.)
///
/// M = [[A, B], [B^T, D]] with S = D - B^T A^-1 B is positive definite if A and S are. `cholesky` factors small matrices,
/// and gives None where one is not positive definite.
[<RequireQualifiedAccess>]
module internal Blockwise =

    /// Matrices up to this order are left to the library.
    [<Literal>]
    let Smallest = 256L

    // The meta device has no kernel for it; its result has the shape of its argument.
    let private inverseOf (L: torch.Tensor) =
        if L.is_meta then L.clone () else L.cholesky_inverse ()

    /// One of the four parts of a matrix.
    let private block (X: torch.Tensor) row column =
        let d = X.size 0

        let part i =
            if i = 0 then
                struct (0L, d / 2L)
            else
                struct (d / 2L, d - d / 2L)

        let struct (top, height) = part row
        let struct (left, width) = part column
        X.narrow(0L, top, height).narrow(1L, left, width)

    /// S = D - X^T Y.
    let private complement (M: torch.Tensor) (X: torch.Tensor) (Y: torch.Tensor) =
        (block M 1 1).addmm(X.t (), Y, alpha = -1.0f)

    /// Writes M^-1 into `target`, and gives the logarithms of the determinants of the blocks at the end of the recursion.
    let rec private inverseInto
        (cholesky: torch.Tensor -> torch.Tensor option)
        (target: torch.Tensor)
        (M: torch.Tensor)
        : torch.Tensor list option =
        if M.size 0 <= Smallest then
            cholesky M
            |> Option.map (fun L ->
                target.copy_ (inverseOf L) |> ignore
                [ torch.linalg.diagonal(L).log().sum() * 2.0 ])
        else
            let inverseA, inverseS = block target 0 0, block target 1 1

            inverseInto cholesky inverseA (block M 0 0)
            |> Option.bind (fun ofA ->
                let B = block M 0 1
                let W = inverseA.mm B

                inverseInto cholesky inverseS (complement M B W)
                |> Option.map (fun ofS ->
                    let V = W.mm inverseS
                    inverseA.addmm_ (V, W.t ()) |> ignore
                    (block target 0 1).copy_(V.neg_ ()) |> ignore
                    (block target 1 0).copy_(V.t ()) |> ignore
                    ofA @ ofS))

    /// M^-1 = [[A^-1 + W S^-1 W^T, -W S^-1], [.., S^-1]] with W = A^-1 B, and log det M = log det A + log det S; None where
    /// M is not positive definite. (Banachiewicz 1937)
    let inverse cholesky (M: torch.Tensor) =
        let inverse = torch.empty_like M

        inverseInto cholesky inverse M
        |> Option.map (fun logDets ->
            struct (inverse, List.reduce (fun (x: torch.Tensor) y -> x + y) logDets))
