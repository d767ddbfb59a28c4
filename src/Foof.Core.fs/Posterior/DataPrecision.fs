namespace Foof

open TorchSharp

/// What the data add to the precision of the weights of one layer, or of several layers together, with its
/// eigenvectors: then everything that a Laplace posterior says is in closed form of the prior precision. It does not
/// own its tensors: who made it frees `PrecisionPart.tensors`.
[<RequireQualifiedAccess; ReferenceEquality>]
type PrecisionPart =
    /// U U^T over all layers of U = sqrt(N) G, with U^T R^-1 U = V diag(kappa) V^T in float64, [m; m] and [m]. R is
    /// `relative`_l I on layer l: the ratio of its prior precision to the first layer's.
    | LowRank of U: FisherFactor * relative: float array * V: torch.Tensor * kappa: torch.Tensor
    /// (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T of one layer, S [g; d_out/g; d_in]: Kronecker, EKFAC, FOOF, and with two
    /// identities diagonal.
    | Basis of Q_E: Side * Q_A: Side * S: torch.Tensor
    /// Q diag(kappa) Q^T over all weights of the layers row by row, Q [p; p], kappa [p] in float64, and the shapes
    /// [d_out; d_in].
    | Dense of Q: torch.Tensor * kappa: torch.Tensor * shapes: int64 array array

    /// The structure and its size on one line.
    override part.ToString() =
        match part with
        | LowRank(U, _, _, _) -> $"low rank with {FisherFactor.columns U} columns for {FisherFactor.rows U} weights"
        | Basis(Side.Identity _, Side.Identity _, S) -> $"diagonal for {S.numel ()} weights"
        | Basis(_, _, S) -> $"Kronecker eigenbasis for {S.numel ()} weights"
        | Dense(Q, _, _) -> $"dense for {Q.size 0} weights"

/// The parts that a data precision N F is put together from.
/// Results belong to the caller.
[<RequireQualifiedAccess>]
module PrecisionPart =

    /// The tensors held, those of U among them; they stay the part's.
    let tensors part =
        match part with
        | PrecisionPart.LowRank(U, _, V, kappa) -> V :: kappa :: FisherFactor.tensors U
        | PrecisionPart.Basis(Q_E, Q_A, S) -> S :: Side.tensors Q_E @ Side.tensors Q_A
        | PrecisionPart.Dense(Q, kappa, _) -> [ Q; kappa ]

    /// [d_out; d_in] of each layer.
    let shapes part =
        match part with
        | PrecisionPart.LowRank(U, _, _, _) -> U.Shapes
        | PrecisionPart.Basis(_, _, S) -> [| [| S.size 0 * S.size 1; S.size 2 |] |]
        | PrecisionPart.Dense(_, _, shapes) -> shapes

    /// The eigenvalues kappa of R^-1 N F, R the layers' precisions relative to the first one's.
    /// Shapes: -> kappa [m] of low rank, [p] of other parts; in float64, of a basis in the type of S.
    /// It may share the part's tensor.
    let spectrum part : Spectrum =
        let kappa =
            match part with
            | PrecisionPart.LowRank(_, _, _, kappa)
            | PrecisionPart.Dense(_, kappa, _) -> kappa
            | PrecisionPart.Basis(_, _, S) -> S.flatten ()
        { Kappa = kappa; Weights = shapes part |> Array.sumBy (Array.fold (*) 1L) }

    /// Eigenvalues, cut off at zero, and eigenvectors, in float64.
    let private eigen (subject: string) (matrix: torch.Tensor) : struct (torch.Tensor * torch.Tensor) =
        match Factorization.eigen (matrix.``to`` torch.ScalarType.Float64) with
        // In one piece by rows, as files give them back: products depend on the order in their last bits.
        | Some struct (values, Q) -> struct (values, Q.contiguous ())
        | None ->
            raise (NumericalFailure("its eigenvalues cannot be found", subject, "check the data and weights for NaN"))

    /// U with its columns' errors divided by sqrt(relative_l).
    let private scaledBy (relative: float array) (U: FisherFactor) =
        if relative |> Array.forall (fun ratio -> ratio = 1.0) then
            U
        else
            let like = (FisherFactor.tensors U).Head
            let roots =
                relative
                |> Array.map (fun ratio -> torch.full (1L, 1L, ratio ** -0.5, dtype = like.dtype, device = like.device))
            FisherFactor.weighted roots U

    let private lowRank (relative: float array) (U: FisherFactor) =
        let own () =
            let K = FisherFactor.gram (scaledBy relative U)
            let struct (kappa, V) = eigen $"the Gram matrix of {FisherFactor.columns U} columns" K
            struct (V, kappa)
        let struct (V, kappa) = Scope.owned own (fun struct (V, kappa) -> [ V; kappa ])
        PrecisionPart.LowRank(U, relative, V, kappa)

    /// U U^T for U = sqrt(N) G: one Gram matrix and its eigenvectors, O(m^2 (d_in + d_out) + m^3).
    /// It shares U's tensors.
    /// The eigenvectors and eigenvalues belong to the caller.
    /// Raises a NumericalFailure when U is not finite.
    /// (MATH 6)
    let ofFactor (U: FisherFactor) = lowRank (Array.create U.Shapes.Length 1.0) U

    /// A side's eigenvalues [g; size] and its basis.
    let private ofSide (like: torch.Tensor) side : struct (torch.Tensor * Side) =
        match Side.written side with
        | Side.Full M ->
            let struct (values, Q) = eigen "a Kronecker factor" M
            struct (values.``to`` like.dtype, Side.Full(Q.``to`` like.dtype))
        | other -> struct (Side.diagonal like other, Side.Identity(Side.size other, 1.0))

    /// N E (x) A in its eigenbasis, S = N s_E s_A^T.
    /// Raises a NumericalFailure when a factor is not finite.
    let internal ofKronecker (N: float) E A =
        let like = Kronecker.like E A
        let struct (s_E, Q_E) = ofSide like E
        let struct (s_A, Q_A) = ofSide like A
        let S = s_E.unsqueeze 2L * (s_A * N).unsqueeze 1L
        PrecisionPart.Basis(Q_E, Q_A, S.expand(Kronecker.groups E A, -1L, -1L).contiguous())

    /// N diag(D).
    /// Shapes: D [d_out; d_in].
    let internal ofDiagonal (N: float) (D: torch.Tensor) =
        let identity (size: int64) = Side.Identity(size, 1.0)
        PrecisionPart.Basis(identity (D.size 0), identity (D.size 1), (D * N).unsqueeze 0L)

    /// N F in its eigenbasis.
    /// Shapes: F [p; p].
    /// Raises a NumericalFailure when F is not finite.
    let internal ofDense (N: float) (F: torch.Tensor) shapes =
        let struct (kappa, Q) = eigen $"a matrix of {F.size 0} weights" F
        PrecisionPart.Dense(Q.``to`` F.dtype, kappa * N, shapes)

    /// c N F.
    let internal scale (c: float) part =
        match part with
        | PrecisionPart.LowRank(U, relative, V, kappa) ->
            PrecisionPart.LowRank(FisherFactor.scale c U, relative, V, kappa * c)
        | PrecisionPart.Basis(Q_E, Q_A, S) -> PrecisionPart.Basis(Q_E, Q_A, S * c)
        | PrecisionPart.Dense(Q, kappa, shapes) -> PrecisionPart.Dense(Q, kappa * c, shapes)

    /// Q diag(kappa) Q^T as U U^T: the columns sqrt(kappa_j) q_j, layer by layer, without those of eigenvalues that are
    /// nothing but rounding.
    /// Shapes: Q [p; p], kappa [p] -> one column for each eigenvalue that is kept.
    let internal columnsOf (Q: torch.Tensor) (kappa: torch.Tensor) (shapes: int64 array array) =
        let own () =
            let least = kappa.max () * (float (Q.size 0) * 2.3e-16)
            let kept = (kappa.ge least).nonzero().squeeze -1L
            let roots = kappa.index_select(0L, kept).sqrt().``to`` Q.dtype
            let columns = (Q.index_select (1L, kept) * roots).t()
            FisherFactor.ofColumns {
                Layers = WeightVector.unflattenRows shapes columns |> Array.map (_.contiguous() >> LayerFactor.Columns)
                Weight = 1.0
            }
        Scope.owned own (FisherFactor.tensors >> Seq.ofList)

    /// The part for prior precisions of these ratios, one a layer; itself where it is ready for them.
    let internal fitTo (precision: float array) part =
        let wanted = precision |> Array.map (fun delta -> delta / precision[0])
        match part with
        | PrecisionPart.LowRank(U, relative, _, _) when relative <> wanted -> lowRank wanted U
        | PrecisionPart.Dense(Q, kappa, shapes) when wanted |> Array.exists (fun ratio -> ratio <> 1.0) ->
            columnsOf Q kappa shapes |> lowRank wanted
        | _ -> part

    /// E and A of a basis whose spectrum is a product: its margins, E (x) A = N F exactly then.
    let private kroneckerOf Q_E Q_A (S: torch.Tensor) =
        let back Q (values: torch.Tensor) =
            match Q with
            | Side.Full Q -> Side.Full((Q * values.unsqueeze 1L).bmm(Q.transpose (1L, 2L)))
            | _ -> Side.Diagonal values
        let all = S.sum([| 1L; 2L |]).unsqueeze 1L
        // One for a group without curvature; float32 has no number as small as 1e-300.
        let rows, columns = S.sum 2L, S.sum 1L / (all + all.eq (0.0.ToScalar()))
        Curvature.Kronecker(back Q_E rows, back Q_A columns)

    /// N F as a curvature, over tensors that it may share.
    let internal toCurvature part =
        match part with
        | PrecisionPart.LowRank(U, _, _, _) -> Curvature.LowRank U
        | PrecisionPart.Basis(Side.Identity _, Side.Identity _, S) -> Curvature.Diagonal [| S.reshape (-1L, S.size 2) |]
        | PrecisionPart.Basis(Q_E, Q_A, S) -> kroneckerOf Q_E Q_A S
        | PrecisionPart.Dense(Q, kappa, shapes) -> Curvature.Dense((Q * kappa.``to`` Q.dtype).mm(Q.t ()), shapes)

/// What the data add to the precision of the weights, N F: block-diagonal, a part for some layers after the other. It
/// does not own its tensors: who made it frees `DataPrecision.tensors`.
[<ReferenceEquality>]
type DataPrecision = {
    /// One after the other along the layers; their structures may differ.
    Parts: PrecisionPart array
} with

    /// The structures and their sizes on one line, equal ones once.
    override data.ToString() =
        data.Parts
        |> Seq.countBy string
        |> Seq.map (fun (part, count) -> if count = 1 then part else $"{count} times {part}")
        |> String.concat ", "

/// N F made ready for posteriors.
/// Results belong to the caller.
[<RequireQualifiedAccess>]
module DataPrecision =

    /// The tensors held, part after part; they stay the precision's.
    let tensors (data: DataPrecision) = data.Parts |> Seq.collect PrecisionPart.tensors |> List.ofSeq

    /// [d_out; d_in] of each layer.
    let shapes (data: DataPrecision) = Array.collect PrecisionPart.shapes data.Parts

    /// The number of weights p.
    let weights data = shapes data |> Array.sumBy (Array.fold (*) 1L)

    /// Values of all layers dealt out to the parts, those of its layers to each.
    /// Raises an ArgumentException when there are fewer values than layers.
    let deal (values: 'T array) (data: DataPrecision) : 'T array array =
        let counts = data.Parts |> Array.map (PrecisionPart.shapes >> Array.length)
        let starts = Array.scan (+) 0 counts
        counts |> Array.mapi (fun i count -> Array.sub values starts[i] count)

    /// U U^T over all layers of U = sqrt(N) G: one Gram matrix and its eigenvectors, O(m^2 (d_in + d_out) + m^3).
    /// It shares U's tensors; the eigenvectors and eigenvalues belong to the caller.
    /// Raises a NumericalFailure when U is not finite.
    /// (MATH 6)
    let ofFactor (U: FisherFactor) = { Parts = [| PrecisionPart.ofFactor U |] }

    let rec private parts (N: float) curvature =
        match curvature with
        | Curvature.LowRank G -> [| PrecisionPart.ofFactor (FisherFactor.scale N G) |]
        | Curvature.Kronecker(E, A) -> [| PrecisionPart.ofKronecker N E A |]
        | Curvature.Eigenbasis(Q_E, Q_A, S) -> [| PrecisionPart.Basis(Q_E, Q_A, S * N) |]
        | Curvature.Diagonal D -> Array.map (PrecisionPart.ofDiagonal N) D
        | Curvature.Dense(F, shapes) -> [| PrecisionPart.ofDense N F shapes |]
        | Curvature.Blocks blocks -> Array.collect (parts N) blocks
        | Curvature.Units _
        | Curvature.LowRankPlusDiagonal _
        | Curvature.Sum _ ->
            invalidArg
                (nameof curvature)
                ("A posterior needs a low-rank, Kronecker, diagonal or dense curvature, or blocks of these; "
                 + "merge sums with Curvature.merge.")

    /// N F for a curvature F, a mean over data points, of N data points.
    /// It may share tensors with F, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when N is not positive, and for sums, unit-wise curvature, columns plus a diagonal
    /// and products of two identities; a NumericalFailure when a matrix that is factored is not finite.
    /// (MATH 6)
    let ofCurvature (N: float) curvature =
        Require.positive (nameof N) N
        Scope.ownedBut (Curvature.tensors curvature) (fun () -> { Parts = parts N curvature }) (tensors >> Seq.ofList)

    /// c N F, c > 0: another number of data points, or another noise of a normal likelihood.
    /// It shares bases and columns with `data`, which must outlive it; the new spectra belong to the caller.
    /// Raises an ArgumentException when c is not positive.
    let scale (c: float) (data: DataPrecision) =
        Require.positive (nameof c) c
        Scope.ownedBut
            (tensors data)
            (fun () -> { Parts = Array.map (PrecisionPart.scale c) data.Parts })
            (tensors >> Seq.ofList)

    /// N F ready for prior precisions of these ratios, one a layer: a low-rank part over several layers whose ratios
    /// change gets a new eigendecomposition, and a dense one over several layers becomes as many columns as its rank;
    /// all else is shared.
    /// It shares tensors with `data`, and is `data` itself where nothing changes; new tensors belong to the caller.
    /// Raises an ArgumentException when there are fewer precisions than layers, and a NumericalFailure when a Gram
    /// matrix is not finite.
    let fitTo (precision: float array) (data: DataPrecision) =
        let fitted =
            Scope.ownedBut
                (tensors data)
                (fun () -> Array.map2 PrecisionPart.fitTo (deal precision data) data.Parts)
                (Seq.collect PrecisionPart.tensors)
        if Array.forall2 (fun x y -> obj.ReferenceEquals(x, y)) data.Parts fitted then
            data
        else
            { Parts = fitted }

    /// N F as a curvature, of a single part that part itself; of a basis with a spectrum that is no product (EKFAC) the
    /// Kronecker product with its margins.
    /// It may share tensors with `data`; new ones belong to the caller.
    let toCurvature (data: DataPrecision) =
        Scope.ownedBut
            (tensors data)
            (fun () ->
                match Array.map PrecisionPart.toCurvature data.Parts with
                | [| single |] -> single
                | blocks -> Curvature.Blocks blocks)
            (Curvature.tensors >> Seq.ofList)
