namespace Foof

open TorchSharp

/// What a Kronecker factor is made of.
[<RequireQualifiedAccess>]
type SideStatistic =
    /// Nothing: the identity.
    | Identity
    /// A_bar, the mean over data points of a a^T, a the layer's inputs, [g; d_in; d_in], or [g; d_in] of an embedding,
    /// whose matrix is diagonal.
    | Activations of Positions
    /// E_bar, the mean over data points of e e^T, e the derivatives with respect to its outputs, [g; d_out/g; d_out/g].
    | Errors of Positions
    /// Phi = 1/n sum_i P_i^T P_i of the gradients P_i of single data points, [g; d_in; d_in].
    | WeightedActivations
    /// Psi / tr Psi with Psi = 1/n sum_i P_i P_i^T, whose trace is that of F, [g; d_out/g; d_out/g].
    | WeightedErrors
    /// grad^T grad of the mini-batch's gradient, which is a mean over data points, [g; d_in; d_in].
    | GradientColumns
    /// grad grad^T of the mini-batch's gradient, which is a mean over data points, [g; d_out/g; d_out/g].
    | GradientRows
    /// The mean input a over data points and positions, a vector [g; d_in].
    | MeanActivations
    /// The mean error b over data points and positions, a vector [g; d_out/g].
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
    /// E (x) A, V -> E V A for each group.
    | Kronecker of errors: SideStatistic * activations: SideStatistic
    /// The eigenbasis of E (x) A with the second moments of the gradients in it, S = 1/n sum_i (Q_E^T g_i Q_A)^2.
    | Eigenbasis of errors: SideStatistic * activations: SideStatistic
    /// G G^T of the last batch's gradients, a mean over its data points.
    | LowRank of Extent
    /// b b^T (x) a a^T of the mean error and the mean input.
    | RankOne
    /// 1/m sum_k g_k g_k^T of the last m mini-batches' gradients, all layers together.
    | Window of gradients: int

/// What becomes of a layer whose matrix no attempt could invert.
[<RequireQualifiedAccess>]
type OnFailure =
    /// Its last inverse stays in use; a layer without one raises.
    | KeepLast
    /// Raise a NumericalFailure.
    | Raise

/// Which layers are inverted when the cadence says that it is time.
[<RequireQualifiedAccess>]
type Trigger =
    /// All of them.
    | Always
    /// Those whose statistics' traces have moved by more than this share since their last inversion.
    /// (Chen et al. 2021, THOR)
    | TraceMoved of share: float

/// Where matrices are inverted, and from which step on the inverses are used.
[<RequireQualifiedAccess>]
type Inversions =
    /// In the step whose statistics are the last to go in: its direction is made by the fresh inverse.
    | InStep
    /// On a thread of its own, while steps use the previous inverse. The new one is always used from `delay` steps
    /// later on, so that runs repeat bit for bit; a step waits only where it is not ready by then.
    | Background of delay: int

/// Where momentum is kept.
[<RequireQualifiedAccess>]
type MomentumPlace =
    /// M <- mu M + grad, and M is preconditioned.
    | Before
    /// M <- mu M + Delta W, on the preconditioned update.
    | After

/// How far a direction is trusted.
[<RequireQualifiedAccess>]
type Trust =
    /// As it is, Delta W.
    | Raw
    /// Scaled down so that eta^2 sum <Delta W, grad> <= kappa: nu = min(1, sqrt(kappa / ..)).
    | KlClip of kappa: float
    /// Scaled by layer to the norm of another method's direction Delta' W: |Delta' W| / |Delta W| Delta W. Its
    /// statistics are taken as this method's are: the other one must be a Kronecker product, or an eigenbasis where
    /// this one is one.
    | Graft of Recipe

/// A method as a value: what `Methods` lists and the optimiser interprets.
and Recipe = {
    /// The method's name, for messages and tables.
    Name: string
    /// What is kept of the curvature.
    Curvature: Approximation
    /// Whose labels the errors are taken at, where the curvature has errors.
    Fisher: Fisher
    /// Whether gradient and Fisher come from different batches: the Fisher of a step's batch is used from the next step
    /// on.
    /// (Benzing 2022, App. I.5)
    IndependentBatches: bool
    /// eta, where a search may start.
    LearningRate: float
    /// lambda, added to matrices that are means over data points.
    Damping: float
    /// How lambda enters.
    Rule: Damping
    /// The share of each batch's data points that statistics are made of, in (0, 1]: the first ones, whose mean is
    /// taken; batches are drawn at random. What it saves are products of rows, not the pass that finds errors.
    StatisticsShare: float
    /// How many bytes a convolution's patches may take at a time when its statistics are made.
    PatchBytes: int64
    /// The power of the damped matrix: -1, or -1/4 on each factor for Shampoo.
    Power: float
    /// What is remembered of earlier batches.
    Memory: Memory
    /// S, T and the warm-up.
    Cadence: Cadence
    /// Which layers are inverted then.
    Trigger: Trigger
    /// Where they are inverted.
    Inversions: Inversions
    /// How a damped matrix is inverted.
    Attempts: Attempt list
    /// What comes after the last attempt.
    OnFailure: OnFailure
    /// The type of the products with a Kronecker product's inverse, with sums in float32; bfloat16 where the processor
    /// multiplies it faster, at a relative error of the update of 0.4 % where the damping is of the statistic's size
    /// and of more where it is small; ValueNone is the model's own.
    ProductType: torch.ScalarType voption
    /// How far a direction is trusted.
    Trust: Trust
    /// Where momentum is kept.
    Momentum: MomentumPlace
} with

    // For languages without `with`:

    /// This method with another damping lambda, a mean over data points; a grafted method that had the same one gets it,
    /// too. `Recipe.check` says whether it is possible.
    member recipe.WithDamping(damping: float) =
        let trust =
            match recipe.Trust with
            | Trust.Graft other when other.Damping = recipe.Damping -> Trust.Graft(other.WithDamping damping)
            | trust -> trust
        { recipe with Damping = damping; Trust = trust }

    /// This method with other S and T: an inversion every `invertEvery` steps, statistics in `statisticsSteps` steps
    /// before it.
    member recipe.WithCadence(invertEvery: int, statisticsSteps: int) =
        let cadence = { recipe.Cadence with InvertEvery = invertEvery; StatisticsSteps = statisticsSteps }
        { recipe with Cadence = cadence }

    /// This method with products in bfloat16.
    member recipe.WithBFloat16Products() = { recipe with ProductType = ValueSome torch.ScalarType.BFloat16 }

    /// This method with statistics of a share of each batch's data points, in (0, 1].
    member recipe.WithStatisticsShare(share: float) = { recipe with StatisticsShare = share }

    /// This method with patches of at most so many bytes at a time.
    member recipe.WithPatchBytes(bytes: int64) = { recipe with PatchBytes = bytes }

    /// This method with inversions on a thread of their own, whose results are used from `delay` steps later on; 0: in
    /// the step.
    member recipe.WithInverseDelay(delay: int) = {
        recipe with
            Inversions = if delay = 0 then Inversions.InStep else Inversions.Background delay
    }

    /// This method with another damping rule.
    member recipe.WithRule(rule: Damping) = { recipe with Rule = rule }

    /// This method with moving averages of another beta, in [0, 1).
    member recipe.WithMovingAverage(beta: float) = { recipe with Memory = Memory.MovingAverage beta }

    /// This method with directions trusted in another way.
    member recipe.WithTrust(trust: Trust) = { recipe with Trust = trust }

    /// This method with a warm-up of so many batches.
    member recipe.WithWarmUp(batches: int) = { recipe with Cadence = { recipe.Cadence with WarmUp = batches } }
