namespace Foof

open TorchSharp

/// The inverse of a large symmetric positive definite matrix by halves: nearly all of the arithmetic is in products of
/// matrices, which run several times as fast as a library's factorisation of the whole.
///
/// With M = [[A, B], [B^T, D]], W = A^-1 B and S = D - B^T W: M^-1 = [[A^-1 + W S^-1 W^T, -W S^-1], [.., S^-1]], and
/// det M = det A det S. M is positive definite if A and S are. (Banachiewicz 1937)
[<RequireQualifiedAccess>]
module internal BlockInverse =

    /// Matrices up to this order are left to the library.
    [<Literal>]
    let Smallest = 256L

    // The meta device has no kernel for it; its result has the shape of its argument.
    let private inverseOf (L: torch.Tensor) =
        if L.is_meta then L.clone () else L.cholesky_inverse ()

    /// Writes M^-1 into `target`, and gives the logarithms of the determinants of the blocks at the end of the recursion;
    /// None where one of them is not positive definite.
    let rec private into
        (cholesky: torch.Tensor -> torch.Tensor option)
        (target: torch.Tensor)
        (M: torch.Tensor)
        : torch.Tensor list option =
        let d = M.size 0

        if d <= Smallest then
            cholesky M
            |> Option.map (fun L ->
                target.copy_ (inverseOf L) |> ignore
                [ torch.linalg.diagonal(L).log().sum() * 2.0 ])
        else
            let half = d / 2L
            let rest = d - half

            let block (X: torch.Tensor) row column =
                let part i =
                    if i = 0 then struct (0L, half) else struct (half, rest)

                let struct (top, height) = part row
                let struct (left, width) = part column
                X.narrow(0L, top, height).narrow(1L, left, width)

            let B = block M 0 1
            let inverseA, inverseS = block target 0 0, block target 1 1

            into cholesky inverseA (block M 0 0)
            |> Option.bind (fun ofA ->
                let W = inverseA.mm B
                let S = (block M 1 1).addmm(B.t (), W, alpha = -1.0f)

                into cholesky inverseS S
                |> Option.map (fun ofS ->
                    let V = W.mm inverseS
                    inverseA.addmm_ (V, W.t ()) |> ignore
                    (block target 0 1).copy_(V.neg_ ()) |> ignore
                    (block target 1 0).copy_(V.t ()) |> ignore
                    ofA @ ofS))

    /// M^-1 and log det M; None where M is not positive definite, which `cholesky` says of small matrices.
    let ofMatrix cholesky (M: torch.Tensor) =
        let inverse = torch.empty_like M

        into cholesky inverse M
        |> Option.map (fun logDets ->
            struct (inverse, List.reduce (fun (x: torch.Tensor) y -> x + y) logDets))
