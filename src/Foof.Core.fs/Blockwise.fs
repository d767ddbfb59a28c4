namespace Foof

open TorchSharp

/// Inverses of large symmetric positive definite matrices by halves: nearly all of the arithmetic is
/// in products of matrices, and takes 20 instead of 22 to 26 ms at order 1000 in float32. (Cholesky factors
/// gain nothing that way: the triangular solves between the halves are no faster than the factorisation.)
///
/// M = [[A, B], [B^T, D]] with S = D - B^T A^-1 B is positive definite if A and S are. `small` inverts small matrices, with
/// log det, and gives None where one is not positive definite.
[<RequireQualifiedAccess>]
module internal Blockwise =

    /// Matrices up to this order are left to the library.
    [<Literal>]
    let Smallest = 256L

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

    /// Writes M^-1 into `target`, and gives log det M.
    let rec private inverseInto
        (small: torch.Tensor -> struct (torch.Tensor * torch.Tensor) option)
        (target: torch.Tensor)
        (M: torch.Tensor)
        : torch.Tensor option =
        if M.size 0 <= Smallest then
            small M
            |> Option.map (fun struct (inverse, logDet) ->
                target.copy_ inverse |> ignore
                logDet)
        else
            let inverseA, inverseS = block target 0 0, block target 1 1

            inverseInto small inverseA (block M 0 0)
            |> Option.bind (fun ofA ->
                let B = block M 0 1
                let W = inverseA.mm B

                let S = (block M 1 1).addmm(B.t (), W, alpha = -1.0f)

                inverseInto small inverseS S
                |> Option.map (fun ofS ->
                    let V = W.mm inverseS
                    inverseA.addmm_ (V, W.t ()) |> ignore
                    (block target 0 1).copy_(V.neg_ ()) |> ignore
                    (block target 1 0).copy_(V.t ()) |> ignore
                    ofA + ofS))

    /// M^-1 = [[A^-1 + W S^-1 W^T, -W S^-1], [.., S^-1]] with W = A^-1 B, and log det M = log det A + log det S; None where
    /// M is not positive definite. (Banachiewicz 1937)
    let inverse small (M: torch.Tensor) =
        let inverse = torch.empty_like M

        inverseInto small inverse M
        |> Option.map (fun logDet -> struct (inverse, logDet))
