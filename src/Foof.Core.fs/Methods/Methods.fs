namespace Foof

open TorchSharp

/// The page: each method as short as its equation. A recipe says when and how; where a method is one equation for one
/// batch, the function beside it is that equation, which tests and readers hold against the paper.
///
/// Throughout: lambda is `Damping`, a mean over data points; eta = 0.1; A_bar and E_bar are moving averages with beta = 0.95;
/// statistics in S = 10 steps before an inversion every T = 100, unless a method says otherwise.
[<RequireQualifiedAccess>]
module Methods =

    let private every T S warmUp = { InvertEvery = T; StatisticsSteps = S; WarmUp = warmUp }

    let private kronecker errors activations =
        Approximation.Kronecker(SideStatistic.Errors errors, SideStatistic.Activations activations)

    /// **FOOF**, fast first-order optimisation on neurons: Delta W = grad_W (A_bar + lambda I)^-1.
    ///
    /// No Fisher and no second backward pass: it minimises
    /// 1/n sum_i |Delta W a_i - e_i|^2 + lambda |Delta W|^2, the change of each neuron's weights that comes closest to
    /// a gradient step on the neuron's output.
    /// Defaults: lambda = 1 (a mean over data points), beta = 0.95, T = 100, S = 10.
    /// (Benzing 2022, eq. 6 and Algorithm 1; MATH 5)
    let foof = {
        Recipe.defaults with
            Name = "foof"
            Curvature = Approximation.Kronecker(SideStatistic.Identity, SideStatistic.Activations Positions.Summed)
            LearningRate = 0.3
    }

    /// **K-FAC** with heuristic damping, labels sampled from the model:
    /// Delta W = (E_bar + sqrt(lambda)/pi I)^-1 grad_W (A_bar + pi sqrt(lambda) I)^-1,
    /// pi^2 = (tr A_bar / d_in) / (tr E_bar / d_out). Positions as in K-FAC-expand.
    /// (Martens & Grosse 2015, 6.3; Benzing 2022, eq. 4)
    let kfac = {
        Recipe.defaults with
            Name = "kfac"
            Curvature = kronecker Positions.Summed Positions.Averaged
            LearningRate = 0.003
            Rule = Damping.Heuristic
            Damping = 0.01
    }

    /// **K-FAC** with standard damping: Delta W = Q_E [(Q_E^T grad_W Q_A) / (s_E s_A^T + lambda)] Q_A^T, the inverse of
    /// E_bar (x) A_bar + lambda I.
    /// (Benzing 2022, eq. 3)
    let kfacStandard = { kfac with Name = "kfac-standard"; Rule = Damping.Tikhonov }

    /// **K-FAC-expand**: A_bar = 1/(nR) sum_ir a a^T, E_bar = 1/n sum_ir e e^T. Exact for deep linear networks whose
    /// loss is a sum over positions.
    /// (Eschenhagen et al. 2023)
    let kfacExpand = { kfac with Name = "kfac-expand" }

    /// **K-FAC-reduce**: a' = 1/R sum_r a, e' = sum_r e; A_bar = 1/n sum_i a' a'^T, E_bar = 1/n sum_i e' e'^T. Exact
    /// for deep linear networks that average over positions before the loss.
    /// (Eschenhagen et al. 2023)
    let kfacReduce = { kfac with Name = "kfac-reduce"; Curvature = kronecker Positions.Pooled Positions.Pooled }

    /// **KFC**, K-FAC for convolutions: A_bar = 1/n sum_ir a a^T, E_bar = 1/(nR) sum_ir e e^T. Its product is that of
    /// K-FAC-expand, and so is its update, since pi makes up for the other split of R; damping rules without pi see it.
    /// (Grosse & Martens 2016)
    let kfc = { kfac with Name = "kfc"; Curvature = kronecker Positions.Averaged Positions.Summed }

    /// **EKFAC**: K-FAC's eigenbasis with S = 1/n sum_i (Q_E^T g_i Q_A)^2 in place of s_E s_A^T. The basis is renewed
    /// every T steps, and S, a moving average, at every observation; a new basis takes S over as the diagonal, in it,
    /// of (Q_E (x) Q_A) diag(S) (Q_E (x) Q_A)^T.
    /// (George et al. 2018)
    let ekfac = {
        kfacStandard with
            Name = "ekfac"
            Curvature =
                Approximation.Eigenbasis(
                    SideStatistic.Errors Positions.Summed,
                    SideStatistic.Activations Positions.Averaged
                )
    }

    /// **TKFAC**: F ~ Psi (x) Phi / tr F with Psi = sum g g^T and Phi = sum g^T g of single gradients as matrices: the
    /// Kronecker product with F's trace.
    /// (Gao et al. 2020)
    let tkfac = {
        kfac with
            Name = "tkfac"
            Curvature = Approximation.Kronecker(SideStatistic.WeightedErrors, SideStatistic.WeightedActivations)
    }

    /// **Exact natural gradient**, subsampled: Delta = (lambda I + G G^T)^-1 grad over all layers together, with one
    /// sampled label for each data point of a batch other than the gradient's.
    /// (Benzing 2022, eq. 20 and App. I)
    let natural = {
        Recipe.defaults with
            Name = "natural"
            Curvature = Approximation.LowRank Extent.Network
            IndependentBatches = true
            Memory = Memory.Latest
            Cadence = every 1 1 1
    }

    /// **Exact natural gradient** with the full Fisher: m = n C columns, the generalised Gauss-Newton matrix of the
    /// batch.
    /// (Benzing 2022, App. I; Ren & Goldfarb 2019)
    let naturalFull = { natural with Name = "natural-full"; Fisher = Fisher.Ggn }

    /// **Block-diagonal natural gradient**: Delta_l = (lambda I + G_l G_l^T)^-1 grad_l for each layer l.
    /// (Benzing 2022, App. I)
    let naturalBlocks = { natural with Name = "natural-blocks"; Curvature = Approximation.LowRank Extent.Layer }

    /// **SNGD**: layer by layer with the gradients of the batch itself, the empirical Fisher.
    /// (Mu et al. 2022, HyLo without its reduction)
    let sngd = {
        naturalBlocks with
            Name = "sngd"
            Fisher = Fisher.Empirical
            IndependentBatches = false
            Damping = 0.3
    }

    /// **M-FAC**: Delta = (lambda I + 1/m sum_k g_k g_k^T)^-1 grad over the last m mini-batch gradients, the present
    /// one among them.
    /// (Frantar et al. 2021; their m is 1024, which takes m p numbers of memory)
    let mfac = {
        Recipe.defaults with
            Name = "mfac"
            Curvature = Approximation.Window 32
            LearningRate = 0.03
            Damping = 1e-4
            Cadence = every 1 1 1
    }

    /// **Eva**: Delta W = (b b^T (x) a a^T + lambda I)^-1 grad_W with moving averages of the mean input a and the mean
    /// error b: one division by Sherman-Morrison.
    /// (Zhang et al. 2023)
    let eva = {
        Recipe.defaults with
            Name = "eva"
            Curvature = Approximation.RankOne
            Fisher = Fisher.Empirical
            Damping = 0.03
            Cadence = every 1 1 1
            Trust = Trust.KlClip 1e-3
    }

    /// **Shampoo**: Delta W = (L + epsilon I)^-1/4 grad_W (R + epsilon I)^-1/4, L = sum grad grad^T, R = sum grad^T
    /// grad over all steps so far.
    /// (Gupta et al. 2018)
    let shampoo = {
        Recipe.defaults with
            Name = "shampoo"
            LearningRate = 0.01
            Curvature = Approximation.Kronecker(SideStatistic.GradientRows, SideStatistic.GradientColumns)
            Rule = Damping.EachFactor
            Damping = 1e-4
            Power = -0.25
            Memory = Memory.Sum
            Cadence = every 20 20 1
    }

    /// **FOOF with K-FAC's damping**, the control of the paper: Delta W = grad_W (A_bar + pi sqrt(lambda) I)^-1, scaled
    /// to the norm of K-FAC's update layer by layer.
    /// (Benzing 2022, App. D.9, Fig. 4C)
    let foofKfac = { kfac with Name = "foof-kfac"; Rule = Damping.HeuristicInputs; Trust = Trust.Graft kfac }

    /// Every method, by name.
    let all = [
        foof
        foofKfac
        kfac
        kfacStandard
        kfacExpand
        kfacReduce
        kfc
        ekfac
        tkfac
        natural
        naturalFull
        naturalBlocks
        sngd
        mfac
        eva
        shampoo
    ]

    /// FOOF's update of one batch: Delta W = (1/n E^T A) (1/n A^T A + lambda I)^-1.
    ///
    /// Shapes: A [n R; d_in], E [n R; d_out] (summands, not divided by n) -> [d_out; d_in]. lambda = 0 takes the
    /// pseudo-inverse where it must.
    /// The result belongs to the caller.
    /// (Benzing 2022, eq. 6)
    let foofUpdate (n: int64) (A: torch.Tensor) (E: torch.Tensor) (lambda: float) =
        Scope.tensor (fun () ->
            match Factorization.inverse Factorization.attempts (Statistic.activationFactor n A) lambda with
            | Some damped -> (E.t().mm(A) / float n).mm damped.Inverse
            | None -> raise (NumericalFailure("A_bar is not finite", "FOOF", "check the inputs for NaN")))
