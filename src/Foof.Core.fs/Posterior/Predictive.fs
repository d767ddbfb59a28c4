namespace Foof

open System
open TorchSharp

/// What predictions at some inputs need that does not depend on the prior precision.
/// Owns its tensors.
[<Sealed>]
type PreparedOutputs internal (points: int64, entries: int64, parts: PreparedPart array) =
    let tensors = parts |> Seq.collect OutputCovariance.tensors |> Seq.toArray

    /// The number of data points n.
    member internal _.Points = points
    /// The number of outputs C of a data point.
    member internal _.Entries = entries
    /// One for each part of the data precision.
    member internal _.Parts = parts

    /// How many bytes its tensors take, each counted once.
    member _.Bytes =
        System.Collections.Generic.HashSet(tensors, HashIdentity.Reference)
        |> Seq.sumBy (fun tensor -> tensor.numel () * tensor.ElementSize)

    interface IDisposable with
        member _.Dispose() =
            for tensor in tensors do
                tensor.Dispose()

/// A network's outputs under a posterior by linearisation around theta*: f ~ N(f*, J Sigma J^T), and what follows for
/// class probabilities. By cross Grams where a layer's gradients are products of one row each: nothing of size p x C is
/// formed there. Layers with positions, and matrices that are written out, take C p_l numbers a point, for a run of
/// points at a time.
/// Results belong to the caller.
/// (MATH 6)
[<RequireQualifiedAccess>]
module Predictive =

    let private entries (posterior: Posterior) (points: int64) (J: FisherFactor) =
        if J.Shapes <> Posterior.shapes posterior then
            invalidArg (nameof J) "J must be of the posterior's layers; make it with Jacobian.factor of the same ones."
        let columns = int64 (FisherFactor.columns J)
        if points < 1L || J.Parts.Length <> 1 || columns % points <> 0L then
            invalidArg
                (nameof points)
                $"J must have the same number of columns for each of {points} data points; got {columns}."
        columns / points

    /// The Jacobian of each part's layers.
    let private jacobians (posterior: Posterior) (J: FisherFactor) =
        let layersOf (columns: FisherColumns) = DataPrecision.deal columns.Layers posterior.Data
        DataPrecision.deal J.Shapes posterior.Data
        |> Array.mapi (fun i shapes -> {
            Shapes = shapes
            Parts = J.Parts |> Array.map (fun columns -> { columns with Layers = (layersOf columns)[i] })
        })

    let private total (posterior: Posterior) (parts: torch.Tensor array) =
        parts
        |> Array.map _.``to``(torch.ScalarType.Float64)
        |> Array.reduce (fun x y -> x + y)
        |> fun sum -> sum * posterior.Temperature

    let private preparedParts C posterior J =
        Array.map2 (OutputCovariance.prepare C) posterior.Data.Parts (jacobians posterior J)

    let private finished C (prepared: PreparedPart array) (posterior: Posterior) =
        Posterior.byPart posterior (OutputCovariance.blocks C)
        |> Array.map2 (fun prepared blocks -> blocks prepared) prepared
        |> total posterior

    /// The covariance T J_i Sigma J_i^T of each data point's outputs, in float64.
    /// Shapes: J of n C columns -> [n; C; C].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when J is not over the posterior's layers, or its columns are not C for each of n
    /// points.
    /// (MATH 6)
    let covariance (points: int64) (J: FisherFactor) (posterior: Posterior) =
        let C = entries posterior points J
        Scope.tensor (fun () -> finished C (preparedParts C posterior J) posterior)

    /// What `covarianceOf` needs for any prior precision, of the same ratios between layers.
    /// The caller disposes of the result. It may hold tensors of J itself, which it frees then.
    /// Raises an ArgumentException when J is not over the posterior's layers, or its columns are not C for each of n
    /// points.
    let prepare (points: int64) (J: FisherFactor) (posterior: Posterior) =
        let C = entries posterior points J
        let parts =
            Scope.ownedBut
                (FisherFactor.tensors J)
                (fun () -> preparedParts C posterior J)
                (Seq.collect OutputCovariance.tensors)
        for tensor in parts |> Seq.collect OutputCovariance.tensors do
            Scope.detach tensor |> ignore
        new PreparedOutputs(points, C, parts)

    /// The covariance T J_i Sigma J_i^T of each data point's outputs, in float64, for the posterior that outputs were
    /// prepared for or that posterior with another prior precision.
    /// Shapes: -> [n; C; C].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when they were prepared for other columns or eigenvectors.
    let covarianceOf (prepared: PreparedOutputs) (posterior: Posterior) =
        if prepared.Parts.Length <> posterior.Data.Parts.Length then
            invalidArg (nameof prepared) "What was prepared is of another posterior; prepare it for this one."
        Scope.tensor (fun () -> finished prepared.Entries prepared.Parts posterior)

    /// The covariance T J Sigma J^T of all outputs of all data points, in float64, entry c of point i at i C + c.
    /// Shapes: J of n C columns -> [n C; n C].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when J is not over the posterior's layers, or its columns are not C for each of n
    /// points.
    /// (MATH 6)
    let jointCovariance (points: int64) (J: FisherFactor) (posterior: Posterior) =
        let C = entries posterior points J
        Scope.tensor (fun () ->
            let joint =
                Posterior.byPart posterior (OutputCovariance.joint C)
                |> Array.map2 (fun J joint -> joint J) (jacobians posterior J)
                |> total posterior
            joint.view(C, points, C, points).permute(1L, 0L, 3L, 2L).reshape(points * C, points * C))

    let private requireFit (output: torch.Tensor) (covariance: torch.Tensor) =
        if output.dim () <> 2L || covariance.shape <> [| output.size 0; output.size 1; output.size 1 |] then
            invalidArg
                (nameof covariance)
                ($"covariance must be [n; C; C] for an output [n; C]; got [{Shape.text covariance.shape}] "
                 + $"for [{Shape.text output.shape}].")

    /// Raises a NumericalFailure when some number of a covariance of outputs is NaN or infinite.
    let requireFiniteCovariance (covariance: torch.Tensor) =
        Numbers.requireFinite
            "the outputs' covariance"
            "numbers are not finite"
            "scale the inputs down, raise the prior precision or use float64"
            covariance

    let private diagonal (covariance: torch.Tensor) = torch.diagonal (covariance, 0L, 1L, 2L)

    /// softmax(f_c / sqrt(1 + pi/8 v_c)) with v the covariance's diagonal.
    /// Shapes: f [n; C], covariance [n; C; C] -> [n; C], float64.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the shapes do not fit.
    /// (MacKay 1992, by class)
    let probit (output: torch.Tensor) (covariance: torch.Tensor) =
        requireFit output covariance
        Scope.tensor (fun () ->
            let f = output.``to`` torch.ScalarType.Float64
            (f / (diagonal covariance * (Math.PI / 8.0) + 1.0).sqrt()).softmax 1L)

    /// The mean of the Dirichlet distribution whose Laplace approximation in the softmax basis is
    /// N(f, covariance): alpha_c = (1 - 2/C + e^f_c / C^2 sum e^-f) / v_c, after both are projected onto outputs that
    /// sum to zero.
    ///
    /// Shapes: f [n; C], covariance [n; C; C] -> [n; C], float64.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when the shapes do not fit.
    /// (Hobbhahn et al. 2022)
    let bridge (output: torch.Tensor) (covariance: torch.Tensor) =
        requireFit output covariance

        Scope.tensor (fun () ->
            let f = output.``to`` torch.ScalarType.Float64
            let C = float (f.size 1)
            let rows = covariance.sum 2L
            let all = rows.sum(1L, keepdim = true).clamp_min(1e-300.ToScalar())
            let mean = f - rows * f.sum (1L, keepdim = true) / all
            let v = (diagonal covariance - rows.square () / all).clamp_min(1e-12.ToScalar())

            // e^f_c sum_k e^-f_k = sum_k e^(f_c - f_k)
            let ratios = (mean + (mean.neg ()).logsumexp(1L, keepdim = true)).exp()
            let alpha = (ratios / (C * C) + (1.0 - 2.0 / C)) / v
            // One class alone is certain, and its alpha 0.
            if C = 1.0 then torch.ones_like f else alpha / alpha.sum (1L, keepdim = true))

    /// L with L L^T = C, by Cholesky; by eigenvalues, cut off at zero, for those that are not positive definite.
    /// Shapes: C [n; C; C] -> the same.
    let private roots (covariances: torch.Tensor) =
        let struct (L, info) = torch.linalg.cholesky_ex covariances
        let failed = (info.ne(0.0.ToScalar()).nonzero()).squeeze -1L
        if failed.numel () > 0L then
            let struct (values, Q) = torch.linalg.eigh (covariances.index_select (0L, failed))
            let root = Q * values.clamp_min(0.0.ToScalar()).sqrt().unsqueeze 1L
            L.index_copy_ (0L, failed, root) |> ignore
        L

    /// Samples of the outputs, f + L eps with L L^T the covariance, whose eigenvalues are cut off at zero; null is the
    /// default generator.
    /// Shapes: f [n; C], covariance [n; C; C] -> [k; n; C], float64.
    /// The result belongs to the caller.
    /// Raises an ArgumentException for k = 0, a generator on another device and shapes that do not fit, and a
    /// NumericalFailure when the covariance is not finite.
    let sampleOutputs (k: int) (generator: torch.Generator) (output: torch.Tensor) (covariance: torch.Tensor) =
        Require.atLeast (nameof k) 1 k
        Require.generator generator output.device
        requireFit output covariance
        requireFiniteCovariance covariance

        Scope.tensor (fun () ->
            let f = output.``to`` torch.ScalarType.Float64
            let root = roots (covariance.``to`` f.dtype)

            // Point by point, so that what a data point gets does not depend on how many are drawn at once.
            let eps = torch.empty (f.size 0, f.size 1, int64 k, dtype = f.dtype, device = f.device)
            for i in 0L .. f.size 0 - 1L do
                use own = eps.select (0L, i)
                own.normal_ (0.0, 1.0, generator) |> ignore

            (root.bmm eps + f.unsqueeze 2L).permute(2L, 0L, 1L))

    /// The mean of the softmax over k samples of the outputs, 1/k sum_s softmax(f + L eps_s); null is the default
    /// generator.
    /// Shapes: f [n; C], covariance [n; C; C] -> [n; C], float64.
    /// The result belongs to the caller.
    /// Raises an ArgumentException for k = 0, a generator on another device and shapes that do not fit.
    let sampled (k: int) (generator: torch.Generator) (output: torch.Tensor) (covariance: torch.Tensor) =
        Scope.tensor (fun () -> (sampleOutputs k generator output covariance).softmax(2L).mean [| 0L |])
