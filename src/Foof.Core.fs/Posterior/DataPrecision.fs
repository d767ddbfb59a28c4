namespace Foof

open TorchSharp

/// What the data add to the precision of the weights, N F, with its eigenvectors: then everything that a Laplace
/// posterior says is in closed form of the prior precision. It does not own its tensors: who made it frees
/// `DataPrecision.tensors`.
[<RequireQualifiedAccess; ReferenceEquality>]
type DataPrecision =
    /// U U^T over all layers of U = sqrt(N) G, with U^T R^-1 U = V diag(kappa) V^T in float64, [m; m] and [m]. R is
    /// `relative`_l I on layer l: the ratio of its prior precision to the first layer's.
    | LowRank of U: FisherFactor * relative: float array * V: torch.Tensor * kappa: torch.Tensor
    /// (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T of one layer, S [g; d_out/g; d_in]: Kronecker, EKFAC, FOOF, and with two
    /// identities diagonal.
    | Basis of Q_E: Side * Q_A: Side * S: torch.Tensor
    /// Q diag(kappa) Q^T over all weights of the layers row by row, Q [p; p].
    | Dense of Q: torch.Tensor * kappa: torch.Tensor * shapes: int64 array array
    /// One after the other along the layers; structures may differ.
    | Blocks of DataPrecision array

/// N F made ready for posteriors. Results belong to the caller.
[<RequireQualifiedAccess>]
module DataPrecision =

    /// The tensors held.
    let rec tensors data =
        match data with
        | DataPrecision.LowRank(U, _, V, kappa) -> V :: kappa :: FisherFactor.tensors U
        | DataPrecision.Basis(Q_E, Q_A, S) -> S :: Side.tensors Q_E @ Side.tensors Q_A
        | DataPrecision.Dense(Q, kappa, _) -> [ Q; kappa ]
        | DataPrecision.Blocks parts -> parts |> Seq.collect tensors |> List.ofSeq

    /// [d_out; d_in] of each layer.
    let rec shapes data =
        match data with
        | DataPrecision.LowRank(U, _, _, _) -> U.Shapes
        | DataPrecision.Basis(_, _, S) -> [| [| S.size 0 * S.size 1; S.size 2 |] |]
        | DataPrecision.Dense(_, _, shapes) -> shapes
        | DataPrecision.Blocks parts -> Array.collect shapes parts

    /// The parts of a block-diagonal matrix, each with the place of its first layer and the number of its layers.
    let parts data =
        let rec flat data =
            match data with
            | DataPrecision.Blocks parts -> Array.collect flat parts
            | part -> [| part |]

        let found = flat data
        let counts = found |> Array.map (fun part -> (shapes part).Length)
        let starts = Array.scan (+) 0 counts
        Array.init found.Length (fun i -> struct (found[i], starts[i], counts[i]))

    /// The number of weights p.
    let weights data =
        shapes data |> Array.sumBy (Array.fold (*) 1L)

    let private failed (subject: string) =
        raise (
            NumericalFailure("its eigenvalues cannot be found", subject, "check the data and weights for NaN")
        )

    /// Eigenvalues, cut off at zero, and eigenvectors, in float64.
    let private eigen subject (matrix: torch.Tensor) : struct (torch.Tensor * torch.Tensor) =
        match Factorization.eigen (matrix.``to`` torch.ScalarType.Float64) with
        // In one piece by rows, as files give them back: products depend on the order in their last bits.
        | Some struct (values, Q) -> struct (values, Q.contiguous ())
        | None -> failed subject

    /// U with its columns' errors divided by sqrt(relative_l).
    let private scaledBy (relative: float array) (U: FisherFactor) =
        if relative |> Array.forall (fun ratio -> ratio = 1.0) then
            U
        else
            let like = (FisherFactor.tensors U).Head

            let roots =
                relative
                |> Array.map (fun ratio ->
                    torch.full (1L, 1L, ratio ** -0.5, dtype = like.dtype, device = like.device))

            FisherFactor.weighted roots U

    let private lowRank (relative: float array) (U: FisherFactor) =
        let own () =
            let K = FisherFactor.gram (scaledBy relative U)

            let struct (kappa, V) =
                eigen $"the Gram matrix of {FisherFactor.columns U} columns" K

            struct (V, kappa)

        let struct (V, kappa) = Scope.owned own (fun struct (V, kappa) -> [ V; kappa ])

        DataPrecision.LowRank(U, relative, V, kappa)

    /// U U^T for U = sqrt(N) G: one Gram matrix and its eigenvectors, O(m^2 (d_in + d_out) + m^3). It shares U's tensors.
    let ofFactor (U: FisherFactor) =
        lowRank (Array.create U.Shapes.Length 1.0) U

    /// A side's eigenvalues [g; size] and its basis.
    let private ofSide (like: torch.Tensor) side : struct (torch.Tensor * Side) =
        match Side.written side with
        | Side.Full M ->
            let struct (values, Q) = eigen "a Kronecker factor" M
            struct (values.``to`` like.dtype, Side.Full(Q.``to`` like.dtype))
        | other -> struct (Side.diagonal like other, Side.Identity(Side.size other, 1.0))

    let private ofKronecker (N: float) E A =
        let like = Kronecker.like E A
        let struct (s_E, Q_E) = ofSide like E
        let struct (s_A, Q_A) = ofSide like A
        let S = s_E.unsqueeze 2L * (s_A * N).unsqueeze 1L
        DataPrecision.Basis(Q_E, Q_A, S.expand(Kronecker.groups E A, -1L, -1L).contiguous())

    let private ofDiagonal (N: float) (D: torch.Tensor) =
        let identity (size: int64) = Side.Identity(size, 1.0)
        let d_out, d_in = D.size 0, D.size 1
        DataPrecision.Basis(identity d_out, identity d_in, (D * N).unsqueeze 0L)

    let rec private made (N: float) curvature =
        match curvature with
        | Curvature.LowRank G -> ofFactor (FisherFactor.scale N G)
        | Curvature.Kronecker(E, A) -> ofKronecker N E A
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> DataPrecision.Basis(Q_E, Q_A, S * N)
        | Curvature.Diagonal D -> DataPrecision.Blocks(Array.map (ofDiagonal N) D)
        | Curvature.Dense(F, shapes) ->
            let struct (kappa, Q) = eigen $"a matrix of {F.size 0} weights" F
            DataPrecision.Dense(Q.``to`` F.dtype, kappa * N, shapes)
        | Curvature.Blocks parts -> DataPrecision.Blocks(Array.map (made N) parts)
        | Curvature.Units _
        | Curvature.LowRankPlusDiagonal _
        | Curvature.Sum _ ->
            invalidArg
                (nameof curvature)
                ("A posterior needs a low-rank, Kronecker, diagonal or dense curvature, or blocks of these; "
                 + "merge sums with Curvature.merge.")

    /// N F for a curvature F, a mean over data points, of N data points. It may share tensors with F, which must
    /// outlive it. Raises an ArgumentException for sums and unit-wise curvature, and a NumericalFailure when a matrix is
    /// not finite.
    let ofCurvature (N: float) curvature =
        Require.positive (nameof N) N

        Scope.ownedBut (Curvature.tensors curvature) (fun () -> made N curvature) (tensors >> Seq.ofList)

    let rec private scaled (c: float) data =
        match data with
        | DataPrecision.LowRank(U, relative, V, kappa) ->
            DataPrecision.LowRank(FisherFactor.scale c U, relative, V, kappa * c)
        | DataPrecision.Basis(Q_E, Q_A, S) -> DataPrecision.Basis(Q_E, Q_A, S * c)
        | DataPrecision.Dense(Q, kappa, shapes) -> DataPrecision.Dense(Q, kappa * c, shapes)
        | DataPrecision.Blocks parts -> DataPrecision.Blocks(Array.map (scaled c) parts)

    /// c N F, c > 0: another number of data points, or another noise of a normal likelihood. It shares tensors.
    let scale (c: float) data =
        Require.positive (nameof c) c
        Scope.ownedBut (tensors data) (fun () -> scaled c data) (tensors >> Seq.ofList)

    let private ratios (precision: float array) =
        precision |> Array.map (fun delta -> delta / precision[0])

    /// Q diag(kappa) Q^T as U U^T: the columns sqrt(kappa_j) q_j, layer by layer, without those of eigenvalues that are
    /// nothing but rounding.
    let internal columnsOf (Q: torch.Tensor) (kappa: torch.Tensor) (shapes: int64 array array) =
        let own () =
            let least = kappa.max () * (float (Q.size 0) * 2.3e-16)
            let kept = (kappa.ge least).nonzero().squeeze -1L
            let roots = kappa.index_select(0L, kept).sqrt().``to`` Q.dtype
            let columns = (Q.index_select (1L, kept) * roots).t()

            FisherFactor.ofColumns {
                Layers =
                    WeightVector.unflattenRows shapes columns
                    |> Array.map (_.contiguous() >> LayerFactor.Columns)
                Weight = 1.0
            }

        Scope.owned own (FisherFactor.tensors >> Seq.ofList)

    let private fit (precision: float array) part =
        let wanted = ratios precision

        match part with
        | DataPrecision.LowRank(U, relative, _, _) when relative <> wanted -> lowRank wanted U
        | DataPrecision.Dense(Q, kappa, shapes) when wanted |> Array.exists (fun ratio -> ratio <> 1.0) ->
            columnsOf Q kappa shapes |> lowRank wanted
        | _ -> part

    /// The same, ready for prior precisions of these ratios, one a layer: a low-rank part over several layers is
    /// decomposed anew where the ratios differ from what it was made for, and a dense one over several layers goes over
    /// into as many columns as its rank; all else is shared.
    let fitTo (precision: float array) data =
        let found = parts data

        let fitted =
            Scope.ownedBut
                (tensors data)
                (fun () ->
                    found
                    |> Array.map (fun struct (part, first, count) ->
                        fit (Array.sub precision first count) part))
                (Seq.collect tensors)

        if Array.forall2 (fun struct (part, _, _) fit -> obj.ReferenceEquals(part, fit)) found fitted then
            data
        elif fitted.Length = 1 then
            fitted[0]
        else
            DataPrecision.Blocks fitted

    /// E and A of a basis whose spectrum is a product: its margins, E (x) A = N F exactly then.
    let private kroneckerOf Q_E Q_A (S: torch.Tensor) =
        let back Q (values: torch.Tensor) =
            match Q with
            | Side.Full Q -> Side.Full((Q * values.unsqueeze 1L).bmm(Q.transpose (1L, 2L)))
            | _ -> Side.Diagonal values

        let all = S.sum ([| 1L; 2L |], keepdim = true)

        let rows, columns =
            S.sum 2L, S.sum 1L / all.squeeze(2L).clamp_min(1e-300.ToScalar())

        Curvature.Kronecker(back Q_E rows, back Q_A columns)

    let private isIdentity side =
        match side with
        | Side.Identity _ -> true
        | _ -> false

    let rec private curvatureOf data =
        match data with
        | DataPrecision.LowRank(U, _, _, _) -> Curvature.LowRank U
        | DataPrecision.Basis(Q_E, Q_A, S) when isIdentity Q_E && isIdentity Q_A ->
            Curvature.Diagonal [| S.reshape (-1L, S.size 2) |]
        | DataPrecision.Basis(Q_E, Q_A, S) -> kroneckerOf Q_E Q_A S
        | DataPrecision.Dense(Q, kappa, shapes) ->
            Curvature.Dense((Q * kappa.``to`` Q.dtype).mm(Q.t ()), shapes)
        | DataPrecision.Blocks parts -> Curvature.Blocks(Array.map curvatureOf parts)

    /// N F as a curvature; of a basis with a spectrum that is no product (EKFAC) the Kronecker product with its margins.
    /// It may share tensors.
    let toCurvature data =
        Scope.ownedBut (tensors data) (fun () -> curvatureOf data) (Curvature.tensors >> Seq.ofList)
