namespace Foof

open TorchSharp

/// The inversion of one block with all that it takes, so that it may go on elsewhere.
[<ReferenceEquality>]
type internal BlockInversion = {
    Block: FactoredBlock
    /// The block's layers.
    Layers: Layer array
    Recipe: Recipe
    /// lambda as it stood.
    Damping: float
    Attempts: Attempt list
    /// The curvature, copied; None where its statistics are not finite.
    Curvature: Curvature option
    /// The inner products of a low-rank curvature's columns, where they are known.
    Gram: torch.Tensor voption
    /// The statistics' trace, where a trigger looks at it.
    Trace: float voption
} with

    /// The curvature's tensors, for their owner.
    member inversion.Tensors =
        (inversion.Curvature |> Option.map Curvature.tensors |> Option.defaultValue [])
        @ (inversion.Gram |> ValueOption.toList)

/// How a recipe's curvature is inverted: what of a batch goes into it, which attempts are made, and in which type the
/// inverse is kept.
[<RequireQualifiedAccess>]
module internal Inversion =

    /// The columns of a low-rank curvature of some layers; copies, since the next batch may overwrite this one's memory.
    let columns (members: int array) (seen: Observation voption array) =
        let factor l =
            match seen[l] with
            | ValueSome({ Errors = ValueSome E } as own) when own.Calls.Length > 0 ->
                Some(LayerFactor.Product(Activations.map _.clone() (Observation.activations own), E.alias ()))
            | _ -> None

        let factors = members |> Array.map factor

        if Array.forall Option.isSome factors then
            Some {
                Layers = Array.map Option.get factors
                Weight = seen[members[0]].Value.Weight
            }
        else
            None

    /// The inverse in the type of the recipe's products.
    let inProductType (recipe: Recipe) factored =
        match recipe.ProductType, factored with
        | ValueSome kind, Factored.Structured(Curvature.Kronecker(E, A), logDet) ->
            Factored.Structured(Curvature.Kronecker(Side.ofType kind E, Side.ofType kind A), logDet)
        | _ -> factored

    /// The recipe's attempts, behind one that only solves where few rows are multiplied before the next inversion: the
    /// inverse written out takes 2/3 d^3 products more, and saves about half of the time of solving for a row.
    let attempts (recipe: Recipe) (layer: Layer) (seen: Observation voption) =
        let isForFew (own: Observation) =
            let d_in = Layer.inputs layer
            let uses = 2L * int64 recipe.Cadence.InvertEvery

            // Small inverses take no time worth naming.
            d_in >= 256L
            && uses < d_in
            && uses * min (Observation.rowCount own) (Layer.outputs layer) < d_in

        match seen with
        | ValueSome own when recipe.ProductType.IsNone && own.Calls.Length > 0 && isForFew own ->
            {
                recipe.Attempts.Head with
                    Route = Route.Solve
            }
            :: recipe.Attempts
        | _ -> recipe.Attempts

    /// The recipe's inverse of a curvature whose columns' inner products may be known.
    let attempt attempts (recipe: Recipe) report lambda (gram: torch.Tensor voption) curvature =
        match curvature, gram with
        | Curvature.LowRank G, ValueSome K -> Factored.attemptKnowing K attempts recipe.Power report lambda G
        | _ -> Factored.attempt attempts recipe.Rule recipe.Power report lambda curvature

    let private afterLastAttempt (inversion: BlockInversion) report =
        let recipe, lambda = inversion.Recipe, inversion.Damping

        match recipe.OnFailure with
        | OnFailure.KeepLast when inversion.Block.Factored.IsSome ->
            report "no attempt succeeded; the last inverse stays in use"
            ValueNone
        | OnFailure.Diagonal when inversion.Curvature.IsSome ->
            report "no attempt succeeded; the diagonal is used"
            Fallback.ofDiagonal recipe lambda inversion.Curvature.Value
        | OnFailure.Identity ->
            report "no attempt succeeded; 1/lambda is used"
            ValueSome(Fallback.identity lambda inversion.Layers)
        | _ -> raise (Fallback.failure recipe lambda inversion.Layers)

    /// The fresh inverse, or what the recipe has in its place: none where the last one stays. The caller frees the
    /// curvature that it may share tensors with.
    let run (report: string -> string -> unit) (inversion: BlockInversion) =
        use scope = torch.NewDisposeScope()
        let recipe = inversion.Recipe
        let report = report inversion.Layers[0].Name

        let fresh =
            inversion.Curvature
            |> Option.bind (attempt inversion.Attempts recipe report inversion.Damping inversion.Gram)
            |> Option.map ValueSome
            |> Option.defaultWith (fun () -> afterLastAttempt inversion report)
            |> ValueOption.map (inProductType recipe)

        fresh
        |> ValueOption.iter (Factored.tensors >> List.iter (scope.MoveToOuter >> ignore))

        fresh
