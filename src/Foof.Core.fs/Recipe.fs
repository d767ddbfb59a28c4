namespace Foof

open TorchSharp

/// What a Kronecker factor is made of.
[<RequireQualifiedAccess>]
type SideStatistic =
    /// Nothing: the identity.
    | Identity
    /// A_bar, of the layer's inputs.
    | Activations of Positions
    /// E_bar, of the derivatives with respect to its outputs.
    | Errors of Positions
    /// Phi = sum P^T P of the gradients P of single data points.
    | WeightedActivations
    /// Psi = sum P P^T / tr F of the gradients P of single data points.
    | WeightedErrors
    /// grad^T grad of the mini-batch's gradient.
    | GradientColumns
    /// grad grad^T of the mini-batch's gradient.
    | GradientRows
    /// The mean input a, a vector.
    | MeanActivations
    /// The mean error b, a vector.
    | MeanErrors

/// How far one matrix reaches.
[<RequireQualifiedAccess>]
type Extent =
    /// One matrix for all layers together.
    | Network
    /// One matrix for each layer.
    | Layer

/// What is kept of the curvature, and of what it is made.
[<RequireQualifiedAccess>]
type Approximation =
    /// E (x) A.
    | Kronecker of errors: SideStatistic * activations: SideStatistic
    /// The eigenbasis of E (x) A with the second moments of the gradients in it.
    | Eigenbasis of errors: SideStatistic * activations: SideStatistic
    /// G G^T of the last batch's gradients.
    | LowRank of Extent
    /// b b^T (x) a a^T of the mean error and the mean input.
    | RankOne
    /// 1/m sum_k g_k g_k^T of the last m mini-batches' gradients, all layers together.
    | Window of gradients: int

/// What becomes of a layer whose matrix no attempt could invert.
[<RequireQualifiedAccess>]
type OnFailure =
    /// Go on with the last inverse; raise if there is none.
    | KeepLast
    /// Use the inverse of the diagonal.
    | Diagonal
    /// Use 1/lambda: gradient descent.
    | Identity
    /// Raise a NumericalFailure.
    | Raise

/// Which layers are inverted when the cadence says that it is time.
[<RequireQualifiedAccess>]
type Trigger =
    /// All of them.
    | Always
    /// Those whose statistics' traces have moved by more than this share since their last inversion. (Chen et al. 2021,
    /// THOR)
    | TraceMoved of share: float

/// Where momentum is kept.
[<RequireQualifiedAccess>]
type MomentumPlace =
    /// M <- mu M + grad, and M is preconditioned.
    | Before
    /// M <- mu M + Delta W, on the preconditioned update.
    | After

/// The Levenberg-Marquardt rule: every few steps lambda follows how well the quadratic model foretold the loss.
type AdaptiveDamping = {
    /// Every how many steps.
    Every: int
    /// omega: what lambda is multiplied or divided by.
    Factor: float
    /// lambda stays above it.
    Least: float
}

/// How far a direction is trusted.
[<RequireQualifiedAccess>]
type Trust =
    /// As it is.
    | Raw
    /// Scaled down so that eta^2 sum <Delta W, grad> <= kappa: nu = min(1, sqrt(kappa / ..)).
    | KlClip of kappa: float
    /// Scaled by layer to the gradient's norm.
    | MatchNorm
    /// Scaled by layer to the norm of another method's direction, whose statistics must be this method's own.
    | Graft of Recipe

/// A method as a value: what `Methods` lists and the optimiser interprets.
and Recipe = {
    /// The method's name, for messages and tables.
    Name: string
    /// What is kept of the curvature.
    Curvature: Approximation
    /// Whose labels the errors are taken at, where the curvature has errors.
    Fisher: Fisher
    /// Whether gradient and Fisher come from different batches: the Fisher of a step's batch serves from the next step
    /// on. (Benzing 2022, App. I.5)
    IndependentBatches: bool
    /// lambda, added to matrices that are means over data points.
    Damping: float
    /// How lambda enters.
    Rule: Damping
    /// Whether lambda adapts.
    Adaptive: AdaptiveDamping voption
    /// The power of the damped matrix: -1, or -1/4 on each factor for Shampoo.
    Power: float
    /// What is remembered of earlier batches.
    Memory: Memory
    /// S, T and the warm-up.
    Cadence: Cadence
    /// Which layers are inverted then.
    Trigger: Trigger
    /// How a damped matrix is inverted.
    Attempts: Attempt list
    /// What comes after the last attempt.
    OnFailure: OnFailure
    /// The type of the products with a Kronecker product's inverse, bfloat16 where the processor multiplies it faster, at
    /// a relative error of the update of 0.3 % where the damping is of the statistic's size and of more where it is small;
    /// none: the model's own.
    ProductType: torch.ScalarType voption
    /// How far a direction is trusted.
    Trust: Trust
    /// Where momentum is kept.
    Momentum: MomentumPlace
} with

    /// The same method with another damping, for languages without `with`.
    member recipe.WithDamping(damping: float) = { recipe with Damping = damping }

    /// The same method with other S and T, for languages without `with`.
    member recipe.WithCadence(invertEvery: int, statisticsSteps: int) =
        let cadence = {
            recipe.Cadence with
                InvertEvery = invertEvery
                StatisticsSteps = statisticsSteps
        }

        { recipe with Cadence = cadence }

    /// The same method with products in bfloat16, for languages without `with`.
    member recipe.WithBFloat16Products() = {
        recipe with
            ProductType = ValueSome torch.ScalarType.BFloat16
    }

    /// The same method with a warm-up of so many batches, for languages without `with`.
    member recipe.WithWarmUp(batches: int) = {
        recipe with
            Cadence = { recipe.Cadence with WarmUp = batches }
    }

/// The Levenberg-Marquardt rule at work.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal AdaptiveDamping =

    /// lambda after a step. Directions that are foretold to raise the loss say nothing for the model: rho is no number
    /// then.
    let next (rule: AdaptiveDamping) (decrease: float) (foretold: float) (lambda: float) =
        let rho = if foretold > 0.0 then decrease / foretold else nan
        max rule.Least (Damping.adapted rule.Factor rho lambda)

/// What recipes need, and checks of them.
[<RequireQualifiedAccess>]
module Recipe =

    /// The statistics that are remembered for each layer.
    let rec sides (recipe: Recipe) =
        let own =
            match recipe.Curvature with
            | Approximation.Kronecker(E, A)
            | Approximation.Eigenbasis(E, A) -> [ E; A ]
            | Approximation.RankOne -> [ SideStatistic.MeanErrors; SideStatistic.MeanActivations ]
            | Approximation.LowRank _
            | Approximation.Window _ -> []

        let grafted =
            match recipe.Trust with
            | Trust.Graft other -> sides other
            | _ -> []

        own @ grafted
        |> List.filter (fun side -> side <> SideStatistic.Identity)
        |> List.distinct

    /// Whether derivatives with respect to layers' outputs are needed for statistics.
    let needsErrors (recipe: Recipe) =
        let ofSide side =
            match side with
            | SideStatistic.Errors _
            | SideStatistic.WeightedErrors
            | SideStatistic.WeightedActivations -> true
            | _ -> false

        match recipe.Curvature with
        | Approximation.LowRank _
        | Approximation.RankOne
        | Approximation.Eigenbasis _ -> true
        | Approximation.Window _ -> false
        | Approximation.Kronecker _ -> sides recipe |> List.exists ofSide

    /// Whether the mini-batch's gradient is a statistic.
    let needsGradients (recipe: Recipe) =
        let ofSide side =
            side = SideStatistic.GradientRows || side = SideStatistic.GradientColumns

        match recipe.Curvature with
        | Approximation.Window _ -> true
        | _ -> sides recipe |> List.exists ofSide

    /// Whether the labels of the data set are needed for statistics.
    let needsLabels (recipe: Recipe) =
        needsErrors recipe && recipe.Fisher = Fisher.Empirical

    /// Why a method does not cover a layer, if it does not: scale and shift have no inputs to speak of without errors, and
    /// an embedding's rows are as many as its vocabulary, so nothing of that order squared is made of them.
    let objection (recipe: Recipe) (layer: Layer) =
        let isSlim side =
            match side with
            | SideStatistic.Activations Positions.Pooled
            | SideStatistic.WeightedActivations
            | SideStatistic.GradientColumns -> false
            | _ -> true

        match layer.Geometry with
        | Geometry.Scale _ when not (needsErrors recipe || recipe.Curvature.IsWindow) ->
            ValueSome "its layer only scales and shifts"
        | Geometry.Lookup _ when recipe.Curvature.IsEigenbasis || not (sides recipe |> List.forall isSlim) ->
            ValueSome "its layer's vocabulary is too large for a full matrix over it"
        | _ -> ValueNone

    /// Raises that a layer cannot be preconditioned: nothing was seen of it.
    let internal refuse (recipe: Recipe) (layer: Layer) : unit =
        let remedy =
            if needsErrors recipe then
                $"'{recipe.Name}' takes errors: train with Step(input, target), or call Observe(input, target) before step."
            else
                "call the model and its layers with call(), not forward(), in training mode."

        invalidOp $"{Layer.describe layer} has a gradient but no recorded input: {remedy}"

    /// Whether batches of inputs alone, without labels, are enough to start from.
    let canWarmUp (recipe: Recipe) =
        not (needsLabels recipe || needsGradients recipe)

    /// Raises an ArgumentException unless the damping is positive, the memory's beta in [0, 1), the cadence sound and
    /// there is an attempt.
    let rec check (recipe: Recipe) =
        Require.positive (nameof recipe.Damping) recipe.Damping
        Moment.check recipe.Memory
        Cadence.check recipe.Cadence
        Require.atLeast (nameof recipe.Attempts) 1 recipe.Attempts.Length

        match recipe.Curvature with
        | Approximation.Window gradients ->
            Require.atLeast (nameof gradients) 1 gradients

            if recipe.Cadence.InvertEvery <> 1 then
                invalidArg
                    (nameof recipe.Cadence)
                    $"A window of gradients moves at every step, so InvertEvery (T) must be 1; got {recipe.Cadence.InvertEvery}."
        | _ -> ()

        let isKroneckerInverse =
            match recipe.Curvature, recipe.Rule with
            | Approximation.Kronecker _, (Damping.Tikhonov | Damping.Blend _) -> (sides recipe).Length = 1
            | Approximation.Kronecker _, _ -> true
            | _ -> false

        match recipe.ProductType with
        | ValueSome kind when kind <> torch.ScalarType.BFloat16 || not isKroneckerInverse ->
            invalidArg
                (nameof recipe.ProductType)
                $"Products may be in BFloat16 where the inverse is a Kronecker product; got {kind} for '{recipe.Name}'."
        | _ -> ()

        match recipe.Trigger with
        | Trigger.TraceMoved share -> Require.positive (nameof share) share
        | Trigger.Always -> ()

        match recipe.Rule with
        | Damping.Blend share when not (share > 0.0 && share <= 1.0) ->
            invalidArg (nameof share) $"The share of the identity must lie in (0, 1]; got {share}."
        | _ -> ()

        match recipe.Adaptive with
        | ValueSome adaptive ->
            Require.atLeast (nameof adaptive.Every) 1 adaptive.Every
            Require.positive (nameof adaptive.Least) adaptive.Least

            if not recipe.Trust.IsRaw then
                invalidArg
                    (nameof recipe.Adaptive)
                    "Adaptive damping foretells the loss of directions as they are; Trust must be Raw."

            if not (adaptive.Factor > 0.0 && adaptive.Factor < 1.0) then
                invalidArg (nameof adaptive.Factor) $"The factor must lie in (0, 1); got {adaptive.Factor}."
        | ValueNone -> ()

        match recipe.Trust with
        | Trust.KlClip kappa -> Require.positive (nameof kappa) kappa
        | Trust.Graft other ->
            check other

            if other.Curvature.IsEigenbasis && not recipe.Curvature.IsEigenbasis then
                invalidArg
                    (nameof recipe.Trust)
                    $"'{recipe.Name}' keeps no eigenbasis, which '{other.Name}' needs; graft a method without one."
        | _ -> ()
