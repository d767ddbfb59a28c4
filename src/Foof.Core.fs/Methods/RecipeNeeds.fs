namespace Foof

open System
open TorchSharp

/// What recipes need, and checks of them.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Recipe =

    /// What methods differ from: each says what is kept of the curvature, and what else is its own.
    let defaults = {
        Name = "none"
        Curvature = Approximation.Kronecker(SideStatistic.Identity, SideStatistic.Identity)
        Fisher = Fisher.MonteCarlo 1
        IndependentBatches = false
        LearningRate = 0.1
        Damping = 1.0
        Rule = Damping.Tikhonov
        StatisticsShare = 1.0
        PatchBytes = 1L <<< 26
        Power = -1.0
        Memory = Memory.MovingAverage 0.95
        Cadence = Cadence.defaults
        Trigger = Trigger.Always
        Inversions = Inversions.InStep
        Attempts = Factorization.attempts
        OnFailure = OnFailure.KeepLast
        ProductType = ValueNone
        Trust = Trust.Raw
        Momentum = MomentumPlace.After
    }

    /// The statistics that are remembered for each layer, a grafted method's after the method's own, each once; the
    /// identity needs none.
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

        own @ grafted |> List.filter (fun side -> side <> SideStatistic.Identity) |> List.distinct

    /// The method of one layer: positions enter as was chosen for the layer, if that was.
    let rec internal ofLayer (layer: Layer) (recipe: Recipe) =
        let side statistic =
            match statistic with
            | SideStatistic.Activations positions ->
                SideStatistic.Activations(SharedWeights.activations layer.Sharing positions)
            | SideStatistic.Errors positions -> SideStatistic.Errors(SharedWeights.errors layer.Sharing positions)
            | _ -> statistic
        let curvature =
            match recipe.Curvature with
            | Approximation.Kronecker(E, A) -> Approximation.Kronecker(side E, side A)
            | Approximation.Eigenbasis(E, A) -> Approximation.Eigenbasis(side E, side A)
            | other -> other
        let trust =
            match recipe.Trust with
            | Trust.Graft other -> Trust.Graft(ofLayer layer other)
            | other -> other
        if layer.Sharing.IsNone then recipe else { recipe with Curvature = curvature; Trust = trust }

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
        let ofSide side = side = SideStatistic.GradientRows || side = SideStatistic.GradientColumns
        match recipe.Curvature with
        | Approximation.Window _ -> true
        | _ -> sides recipe |> List.exists ofSide

    /// Whether the labels of the data set are needed for statistics.
    let needsLabels (recipe: Recipe) = needsErrors recipe && recipe.Fisher = Fisher.Empirical

    /// Why a method does not cover a layer; ValueNone if it does. Without errors the inputs of scale and shift say
    /// nothing, and a full matrix over an embedding's rows has the order of its vocabulary.
    let objection (recipe: Recipe) (layer: Layer) =
        let isSlim side =
            match side with
            | SideStatistic.Activations Positions.Pooled
            | SideStatistic.WeightedActivations
            | SideStatistic.GradientColumns -> false
            | _ -> true

        let recipe = ofLayer layer recipe
        match layer.Geometry with
        | Geometry.Scale _ when not (needsErrors recipe || recipe.Curvature.IsWindow) ->
            ValueSome "its layer only scales and shifts"
        | Geometry.Lookup _ when recipe.Curvature.IsEigenbasis || not (sides recipe |> List.forall isSlim) ->
            ValueSome "its layer's vocabulary is too large for a full matrix over it"
        | _ -> ValueNone

    /// Raises an InvalidOperationException: nothing was seen of a layer that is to be preconditioned.
    let internal refuse (recipe: Recipe) (layer: Layer) : unit =
        let remedy =
            if needsErrors recipe then
                $"'{recipe.Name}' takes errors: train with Step(input, target), or call UpdateCurvature(input, target) "
                + "before step."
            else
                "call the model and its layers with call(), not forward(), and with gradients enabled."
        invalidOp $"{Layer.describe layer} has a gradient but no recorded input: {remedy}"

    /// Whether batches of inputs alone, without labels, are enough to start from: no labels of the data set and no
    /// gradients are needed.
    let canWarmUp (recipe: Recipe) = not (needsLabels recipe || needsGradients recipe)

    let private checkWindow (recipe: Recipe) =
        match recipe.Curvature with
        | Approximation.Window gradients ->
            Require.atLeast "the number of gradients in the window" 1 gradients
            if recipe.Cadence.InvertEvery <> 1 then
                invalidArg
                    (nameof recipe.Cadence)
                    $"A window of gradients moves at every step, so InvertEvery (T) must be 1; got {recipe.Cadence.InvertEvery}."
        | _ -> ()

    let private checkPower (recipe: Recipe) =
        match recipe.Curvature with
        | Approximation.Kronecker _
        | Approximation.Eigenbasis _ -> ()
        | _ when recipe.Power = -1.0 -> ()
        | _ ->
            invalidArg (nameof recipe.Power) $"Power must be -1 for the columns of '{recipe.Name}'; got {recipe.Power}."

    /// Raises an ArgumentException unless the layers' weights have a type in which libtorch factors matrices, and which
    /// holds the inverse of the damping.
    let internal requireTypes (recipe: Recipe) (layers: Layer array) =
        Layer.requireTypes $"'{recipe.Name}'" layers
        match recipe.Curvature with
        | Approximation.Kronecker _
        | Approximation.Eigenbasis _ -> ()
        | _ when
            recipe.Damping >= Require.leastInvertible torch.ScalarType.Float32
            || layers |> Array.forall (fun layer -> layer.Weight.dtype = torch.ScalarType.Float64)
            ->
            ()
        | _ ->
            invalidArg
                "Damping"
                ($"Damping must be at least 1e-37 for '{recipe.Name}' in Float32, which holds no larger inverse; "
                 + $"got {recipe.Damping}: raise it, or make the weights Float64.")

    let private checkProducts (recipe: Recipe) =
        let isKroneckerInverse =
            match recipe.Curvature, recipe.Rule with
            | Approximation.Kronecker _, Damping.Tikhonov -> (sides recipe).Length = 1
            | Approximation.Kronecker _, _ -> true
            | _ -> false
        match recipe.ProductType with
        | ValueSome kind when kind <> torch.ScalarType.BFloat16 || not isKroneckerInverse ->
            invalidArg
                (nameof recipe.ProductType)
                $"Products may be in BFloat16 where the inverse is a Kronecker product; got {kind} for '{recipe.Name}'."
        | _ -> ()

    let private checkStatistics (recipe: Recipe) =
        if not (recipe.StatisticsShare > 0.0 && recipe.StatisticsShare <= 1.0) then
            invalidArg
                (nameof recipe.StatisticsShare)
                $"StatisticsShare must lie in (0, 1]; got {recipe.StatisticsShare}."
        if recipe.StatisticsShare < 1.0 && needsGradients recipe then
            invalidArg
                (nameof recipe.StatisticsShare)
                ($"StatisticsShare must be 1 for '{recipe.Name}', which is made of gradients of whole batches; "
                 + $"got {recipe.StatisticsShare}.")
        Require.atLeast (nameof recipe.PatchBytes) 1 (int (min recipe.PatchBytes (int64 Int32.MaxValue)))

    let private checkInversions (recipe: Recipe) =
        match recipe.Inversions, recipe.Curvature with
        | Inversions.InStep, _ -> ()
        | Inversions.Background delay, Approximation.Kronecker _ ->
            if delay < 1 || delay > recipe.Cadence.InvertEvery then
                invalidArg
                    "InverseDelay"
                    ($"InverseDelay must lie between 1 and InvertEvery (T = {recipe.Cadence.InvertEvery}), "
                     + $"or be 0 to invert in the step; got {delay}.")
        | _ ->
            invalidArg
                (nameof recipe.Inversions)
                ("Inversions may run beside the steps where the matrix is a Kronecker product; "
                 + $"'{recipe.Name}' inverts in the step.")

        match recipe.Trigger, recipe.Curvature with
        | Trigger.Always, _ -> ()
        | Trigger.TraceMoved share, Approximation.Kronecker _ -> Require.positive (nameof share) share
        | Trigger.TraceMoved _, _ ->
            invalidArg
                (nameof recipe.Trigger)
                $"Traces decide over inversions where the matrix is a Kronecker product; '{recipe.Name}' inverts all layers."

    /// Raises an ArgumentException unless every setting is in its range and goes with the others: rate and damping
    /// positive, beta in [0, 1), 1 <= S <= T, one attempt at least, a share in (0, 1], T = 1 with a window of
    /// gradients, bfloat16 products, inversions beside the steps and traces that decide over them with Kronecker
    /// products alone, a grafted eigenbasis on an eigenbasis alone.
    let rec check (recipe: Recipe) =
        Require.positive (nameof recipe.LearningRate) recipe.LearningRate
        Require.positive (nameof recipe.Damping) recipe.Damping
        Moment.check recipe.Memory
        Cadence.check recipe.Cadence
        if recipe.Attempts.IsEmpty then
            invalidArg (nameof recipe.Attempts) "Attempts must hold at least one attempt; take Factorization.attempts."
        checkPower recipe
        checkWindow recipe
        checkProducts recipe
        checkStatistics recipe
        checkInversions recipe
        match recipe.Trust with
        | Trust.KlClip kappa -> Require.positive (nameof Trust.KlClip) kappa
        | Trust.Graft other ->
            check other

            let fits =
                match recipe.Curvature, other.Curvature with
                | Approximation.Eigenbasis _, Approximation.Eigenbasis _
                | Approximation.Eigenbasis _, Approximation.Kronecker _
                | Approximation.Kronecker _, Approximation.Kronecker _ -> true
                | _ -> false

            if not fits then
                invalidArg
                    (nameof recipe.Trust)
                    ($"'{recipe.Name}' keeps no statistics for '{other.Name}'; graft a Kronecker product on a Kronecker "
                     + "product or an eigenbasis, or an eigenbasis on an eigenbasis.")
        | Trust.Raw -> ()
