namespace Foof

open TorchSharp

/// Products E (x) A, V -> E V A for each group of one layer, and Q_E (x) Q_A as a change of basis. Where one
/// side has a single group and the other has several, it stands for all of them.
[<RequireQualifiedAccess>]
module internal Kronecker =

    /// A tensor whose type and device those of results are.
    let like E A =
        match Side.tensors E @ Side.tensors A with
        | first :: _ -> first
        | [] ->
            invalidArg
                "curvature"
                "A product of two identities has no type and no device; use Curvature.Diagonal."

    /// The number of groups.
    let groups E A = max (Side.groups E) (Side.groups A)

    /// [d_out; d_in].
    let shape E A = [| groups E A * Side.size E; Side.size A |]

    /// V as [g; d_out/g; d_in].
    let grouped (groups: int64) (V: torch.Tensor) = V.reshape (groups, -1L, V.size -1)

    /// E V A. Shapes: V [d_out; d_in] -> the same.
    let product E A (V: torch.Tensor) =
        let V' = grouped (groups E A) V
        (A |> Side.times (E |> Side.timesColumns V')).reshape V.shape

    /// Q_E change(Q_E^T V Q_A) Q_A^T. Shapes: V [d_out; d_in] -> the same.
    let inBasis Q_E Q_A (groups: int64) (change: torch.Tensor -> torch.Tensor) (V: torch.Tensor) =
        let rotated =
            Q_A |> Side.times (Side.transpose Q_E |> Side.timesColumns (grouped groups V))

        (Side.transpose Q_A |> Side.times (Q_E |> Side.timesColumns (change rotated))).reshape V.shape

    /// The diagonal, [d_out; d_in].
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
        let group (i: int64) (M: torch.Tensor) = M.select (0L, min i (M.size 0 - 1L))
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
    /// pi^2 = tr E tr A' / (tr E' tr A), scaled by group to the trace of the sum; a product whose trace is
    /// zero is left out. (MATH 7)
    let merged E A E' A' =
        let like = like E A
        let one = torch.ones (1L, dtype = like.dtype, device = like.device)
        let first, second = traces like E A, traces like E' A'
        let positive (x: torch.Tensor) = x.gt(0.0.ToScalar()).``to`` x.dtype
        let both = positive first * positive second

        let ratio =
            (Side.trace like E * Side.trace like A')
            / (Side.trace like E' * Side.trace like A * both + (one - both))

        let pi = (ratio * both + (one - both)).sqrt().view(-1L, 1L, 1L)
        let kept (traces: torch.Tensor) = (positive traces).view(-1L, 1L, 1L)
        let left = Side.dense like E * kept first + Side.dense like E' * kept second * pi
        let right = Side.dense like A * kept first + Side.dense like A' * kept second / pi
        let found = traces like (Side.Full left) (Side.Full right)
        let scale = (first + second) / (found + (one - positive found))
        struct (left * scale.view (-1L, 1L, 1L), right)
