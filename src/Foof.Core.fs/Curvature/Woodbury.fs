namespace Foof

open TorchSharp

/// Low-rank matrices plus a diagonal, inverted in the space of the columns: with r = D^-1/2 and U = r o G, (D + G
/// G^T)^-1 = r o (I - U (I + U^T U)^-1 U^T) r o, where I + U^T U = L L^T [m; m] in float64.
/// (Benzing 2022, eq. 20; MATH 4)
[<RequireQualifiedAccess>]
module internal Woodbury =

    /// r and U of growth lambda I.
    let private ofConstant (lambda: float) (G: FisherFactor) growth =
        let like = (FisherFactor.tensors G).Head
        let root = torch.full (1L, 1L, (growth * lambda) ** -0.5, dtype = like.dtype, device = like.device)
        let roots = G.Shapes |> Array.map (fun _ -> root.alias ())
        struct (roots, FisherFactor.scale (1.0 / (growth * lambda)) G)

    /// r and U of growth D.
    let private ofDiagonal (D: torch.Tensor array) (G: FisherFactor) (growth: float) =
        let roots = D |> Array.map (fun D -> (D * growth).rsqrt())
        struct (roots, FisherFactor.weighted roots G)

    let private logDet (L: torch.Tensor) (roots: torch.Tensor array) (shapes: int64 array array) =
        // A constant root counts once for each weight, without a matrix of them.
        let ofLayer (root: torch.Tensor) (shape: int64 array) =
            let times = Array.fold (*) 1L shape / root.numel ()
            root.``to``(torch.ScalarType.Float64).log().sum() * (-2.0 * float times)
        Array.map2 ofLayer roots shapes |> Array.fold (fun (sum: torch.Tensor) x -> sum + x) (Factorization.logDetOf L)

    /// How large the columns' squared norms may be beside the I that is added to their inner products, for these to be
    /// float32 sums: their roundings, 6e-8 of the largest, then are 1e-5 of I at most.
    let private largestSingle = 100.0

    /// U^T U from float32 products, which spare the conversions and products in float64; ValueNone where float64 is
    /// needed.
    let private singleGram (U: FisherFactor) =
        let K = FisherFactor.crossGramOfType torch.ScalarType.Float32 U U
        if Numbers.number (K.diagonal().max()) <= largestSingle then
            ValueSome(K.``to`` torch.ScalarType.Float64)
        else
            ValueNone

    /// U^T U in float64.
    let private gram (U: FisherFactor) =
        if (FisherFactor.tensors U).Head.dtype = torch.ScalarType.Float32 then
            singleGram U |> ValueOption.defaultWith (fun () -> FisherFactor.gram U)
        else
            FisherFactor.gram U

    let private attempt (rooted: float -> struct (torch.Tensor array * FisherFactor)) gram growth =
        let struct (roots, U) = rooted growth
        let K: torch.Tensor = gram growth U
        if Numbers.isFinite K then
            Factorization.cholesky (Factorization.damped K 1.0)
            |> Option.map (fun L -> struct (growth, struct (U, roots, L, logDet L roots U.Shapes)))
            |> Option.filter (fun struct (_, struct (_, _, _, logDet)) -> Numbers.isFinite logDet)
        else
            None

    /// I + U^T U = L L^T; where that fails, with D larger by the attempts' growth, which is reported.
    let private firstOf (attempts: Attempt list) (report: string -> unit) (G: FisherFactor) gram rooted =
        let growths = attempts |> List.map _.Growth |> List.distinct
        growths
        |> List.tryPick (attempt rooted gram)
        |> Option.map (fun struct (growth, found) ->
            if growth <> growths.Head then
                report $"I + U^T U of {FisherFactor.columns G} columns: {growth} times the damping is used"
            found)

    /// U, r, L and the logarithm of the determinant for lambda I + G G^T, lambda > 0; None where no attempt succeeds.
    /// Shapes: G [p; m] -> U [p; m], r one [1; 1] a layer, L [m; m] and log det [] in float64.
    let ofLowRank attempts report (lambda: float) (G: FisherFactor) =
        firstOf attempts report G (fun _ -> gram) (ofConstant lambda G)

    /// `ofLowRank` where K = G^T G is known, [m; m] in float64.
    let ofLowRankKnowing (K: torch.Tensor) attempts report (lambda: float) (G: FisherFactor) =
        firstOf attempts report G (fun growth _ -> K / (growth * lambda)) (ofConstant lambda G)

    /// U, r, L and the logarithm of the determinant for D + G G^T, D > 0; None where no attempt succeeds.
    /// Shapes: G [p; m], D one [d_out; d_in] a layer -> U [p; m], r like D, L [m; m] and log det [] in float64.
    let ofLowRankPlusDiagonal attempts report (D: torch.Tensor array) (G: FisherFactor) =
        firstOf attempts report G (fun _ -> gram) (ofDiagonal D G)

    let private hadamard (x: torch.Tensor array) (y: torch.Tensor array) =
        Array.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> x * y) x y

    /// V - U change(U^T V), with change in float64.
    let private throughColumns (change: torch.Tensor -> torch.Tensor) (U: FisherFactor) (V: torch.Tensor array) =
        let w = (FisherFactor.transposeTimes V U).``to`` torch.ScalarType.Float64
        let less = FisherFactor.times ((change (w.unsqueeze 1L)).squeeze 1L) U
        WeightVector.axpy -1.0 less V

    /// (D + G G^T)^-1 V = r o (I - U (L L^T)^-1 U^T) (r o V).
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    /// (Benzing 2022, eq. 20; MATH 4)
    let solve U (roots: torch.Tensor array) L (V: torch.Tensor array) =
        hadamard roots V |> throughColumns (Factorization.solveBy L) U |> hadamard roots

    /// R V with R R^T = (D + G G^T)^-1: R = r o (I - U M U^T) with M = L^-T (L + I)^-1, for which
    /// M + M^T - M (L L^T - I) M^T = (L L^T)^-1.
    /// Shapes: V one [d_out; d_in] a layer -> the same.
    let rootSolve U (roots: torch.Tensor array) L (V: torch.Tensor array) =
        throughColumns (Factorization.solveByRoots L) U V |> hadamard roots
