namespace Foof

open TorchSharp

/// The curvature of a whole data set from that of its batches, each a mean over its data points.
[<RequireQualifiedAccess>]
module DataCurvature =

    let private averaged (share: float) (x: torch.Tensor) (y: torch.Tensor) =
        (x * (1.0 - share)).add_(y, share.ToScalar())

    let private averagedSides (share: float) x y =
        match x, y with
        | Side.Identity(size, c), Side.Identity(_, c') -> Side.Identity(size, (1.0 - share) * c + share * c')
        | Side.Diagonal d, Side.Diagonal d' -> Side.Diagonal(averaged share d d')
        | Side.Full M, Side.Full M' -> Side.Full(averaged share M M')
        | _ -> invalidArg "y" "The factors of both batches must be of one kind; got different ones."

    let rec private mean (share: float) x y =
        match x, y with
        | Curvature.Kronecker(E, A), Curvature.Kronecker(E', A') ->
            Curvature.Kronecker(averagedSides share E E', averagedSides share A A')
        | Curvature.Blocks parts, Curvature.Blocks parts' when parts.Length = parts'.Length ->
            Curvature.Blocks(Array.map2 (mean share) parts parts')
        | Curvature.Dense(F, shapes), Curvature.Dense(F', shapes') when shapes = shapes' && F.dtype = F'.dtype ->
            Curvature.Dense(averaged share F F', shapes)
        | Curvature.Eigenbasis _, _
        | _, Curvature.Eigenbasis _ ->
            invalidArg "y" "Two eigenbases have no mean; average the Kronecker factors and decompose those."
        | _ -> Curvature.add (Curvature.scale (1.0 - share) x) (Curvature.scale share y)

    /// (1 - share) C + share C' of two batches of one data set, share = n' / (n + n').
    ///
    /// Kronecker factors are averaged each by itself, E_bar and A_bar being means over data points, as the
    /// factors of both batches together are: the mean of the two products is another matrix, and not what
    /// K-FAC is. Other matrices are averaged themselves, exactly. The result may share tensors with low-rank
    /// arguments; its others belong to the caller. Raises an ArgumentException when share is outside [0, 1],
    /// the structures differ, or of two eigenbases.
    let average (share: float) x y =
        if not (share >= 0.0 && share <= 1.0) then
            invalidArg (nameof share) $"share must lie in [0, 1]; got {share}."

        Scope.ownedBut
            (Curvature.tensors x @ Curvature.tensors y)
            (fun () -> mean share x y)
            (Curvature.tensors >> Seq.ofList)

    let private ownedLayer (factor: LayerFactor) =
        match factor with
        | LayerFactor.Product(activations, E) -> LayerFactor.Product(Activations.map _.clone() activations, E)
        | _ -> factor

    /// The same factor with activations of its own: those of a first layer without a bias are the batch's own
    /// memory, which a caller may fill anew. The errors are shared; the rest belongs to the caller.
    let ownActivations (G: FisherFactor) : FisherFactor = {
        G with
            Parts =
                G.Parts
                |> Array.map (fun part -> {
                    part with
                        Layers = Array.map ownedLayer part.Layers
                })
    }
