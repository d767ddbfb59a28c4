namespace Foof

open System
open TorchSharp

/// A Laplace posterior N(theta*, T (P + N F)^-1) over the weights of some layers; all others stay at their values. It
/// does not own its tensors: who made them frees them.
[<ReferenceEquality>]
type Posterior = {
    /// theta*, one [d_out; d_in] a layer.
    Mean: torch.Tensor array
    /// N F with its eigenvectors.
    Data: DataPrecision
    /// P and the prior's mean.
    Prior: Prior
    /// T: what the covariance is multiplied by.
    Temperature: float
} with

    /// The structures of N F, their sizes, the prior's precisions and the temperature on one line.
    override posterior.ToString() =
        let precisions = posterior.Prior.Precision |> Seq.distinct |> Seq.map string |> String.concat ", "
        $"{posterior.Data}; prior precision {precisions}, temperature {posterior.Temperature}"

/// What every structure of posterior can do. Vectors are one [d_out; d_in] a layer.
/// Results belong to the caller. Functions raise an ArgumentException for layers, shapes, types or devices that do not
/// fit, and a NumericalFailure for a result that is not finite.
/// (Benzing 2022, App. C; MATH 6)
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Posterior =

    /// The most bytes that temporaries of several vectors take, unless one vector's take more: larger ones leave the
    /// cache, and the system gives their memory page by page each time. With four times as many, 100 samples of 952,410
    /// weights took a tenth more time.
    let internal budget = 4L <<< 20

    /// The tensors held: theta*, the prior's mean and those of N F; they stay the posterior's.
    let tensors (posterior: Posterior) =
        List.ofArray posterior.Mean @ List.ofArray posterior.Prior.Mean @ DataPrecision.tensors posterior.Data

    /// [d_out; d_in] of each layer.
    let shapes (posterior: Posterior) = DataPrecision.shapes posterior.Data

    /// The number of weights p.
    let weights (posterior: Posterior) = DataPrecision.weights posterior.Data

    let private requirePrior (layers: int) (mean: torch.Tensor array) (prior: Prior) =
        Array.iter (Require.invertible "prior precision" mean[0].dtype) prior.Precision
        if prior.Precision.Length <> layers then
            invalidArg
                (nameof prior)
                $"prior must have {layers} precisions, one per layer; got {prior.Precision.Length}."
        if prior.Mean.Length > 0 then
            WeightVector.check "the prior's mean" (WeightVector.shapes mean) prior.Mean
            Array.iter2 (Require.alike "the prior's mean") mean prior.Mean

    /// The posterior N(theta*, (P + N F)^-1), at temperature 1.
    /// Shapes: mean one [d_out; d_in] a layer of `data`.
    /// It shares the tensors; where N F is made ready for other ratios of precisions, the new ones belong to the
    /// caller.
    /// Raises an ArgumentException for shapes, types or devices that do not fit or precisions that are not positive, and
    /// a NumericalFailure for weights or a data precision that are not finite.
    let make (mean: torch.Tensor array) (data: DataPrecision) (prior: Prior) =
        WeightVector.check (nameof mean) (DataPrecision.shapes data) mean

        for part, own in Array.zip data.Parts (DataPrecision.deal mean data) do
            Array.iter (Require.alike (nameof mean) (Covariance.like part)) own

        requirePrior mean.Length mean prior

        for theta in mean do
            Numbers.requireFinite
                "the posterior's mean"
                "weights are not finite"
                "train the network again, or restore weights that are finite"
                theta

        for part in data.Parts do
            Numbers.requireFinite
                "the data precision N F"
                "eigenvalues are not finite"
                "scale the data down or use float64"
                (PrecisionPart.spectrum part).Kappa

        { Mean = mean; Data = DataPrecision.fitTo prior.Precision data; Prior = prior; Temperature = 1.0 }

    /// The posterior for another prior, without a new fit: O(1), but where layers of a joint low-rank or dense
    /// posterior get precisions of other ratios than before, one eigendecomposition.
    /// It shares tensors; those of a new eigendecomposition belong to the caller.
    /// Raises an ArgumentException when the prior has not one positive precision a layer, or its mean does not fit
    /// theta*.
    let withPrior (prior: Prior) (posterior: Posterior) =
        requirePrior posterior.Mean.Length posterior.Mean prior
        { posterior with Prior = prior; Data = DataPrecision.fitTo prior.Precision posterior.Data }

    /// The posterior for one prior precision of all layers, P = delta I.
    /// It shares tensors; those of a new eigendecomposition, after precisions that differed, belong to the caller.
    /// Raises an ArgumentException when delta is not positive.
    let withPrecision (delta: float) (posterior: Posterior) =
        Require.positive "prior precision" delta
        withPrior (Prior.withPrecision (Array.create posterior.Mean.Length delta) posterior.Prior) posterior

    /// The posterior with its covariance multiplied by T, in place of the factor before.
    /// It shares tensors.
    /// Raises an ArgumentException when T is not positive.
    let withTemperature (temperature: float) (posterior: Posterior) =
        Require.positive (nameof temperature) temperature
        { posterior with Temperature = temperature }

    /// What is made of each part and its layers' prior precisions.
    let internal byPart (posterior: Posterior) (ofPart: float array -> PrecisionPart -> 'T) =
        Array.map2 ofPart (DataPrecision.deal posterior.Prior.Precision posterior.Data) posterior.Data.Parts

    /// What is made of each part, its layers' prior precisions and its share of a vector.
    let private onPart (posterior: Posterior) (v: torch.Tensor array) ofPart =
        Array.map3
            ofPart
            (DataPrecision.deal posterior.Prior.Precision posterior.Data)
            posterior.Data.Parts
            (DataPrecision.deal v posterior.Data)

    let private failure subject what =
        NumericalFailure(what, subject, "scale the data, the prior precision or the temperature, or use float64")

    /// Gives `value` back; raises a NumericalFailure when it is not finite.
    let private finite subject (value: float) =
        if Double.IsFinite value then value else raise (failure subject $"it is {value}")

    /// Gives the tensors back; raises a NumericalFailure when a number is not finite.
    let internal finiteTensors subject (tensors: torch.Tensor array) =
        if Array.forall Numbers.isFinite tensors then
            tensors
        else
            raise (failure subject $"some of its numbers exceed what {tensors[0].dtype} holds")

    let private requireVector name (posterior: Posterior) (v: torch.Tensor array) =
        WeightVector.check name (shapes posterior) v
        Array.iter2 (fun like x -> Require.alike name like x) posterior.Mean v

    /// T Sigma v with Sigma = (P + N F)^-1.
    /// Shapes: v one [d_out; d_in] a layer -> the same.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when layers, shapes, types or devices are not those of theta*.
    /// (MATH 6)
    let covarianceProduct (v: torch.Tensor array) (posterior: Posterior) =
        requireVector (nameof v) posterior v
        Scope.owned
            (fun () ->
                let single (v: torch.Tensor) = v.unsqueeze 0L
                onPart posterior (Array.map single v) Covariance.product
                |> Array.concat
                |> Array.map (fun found -> found.squeeze (0L) * posterior.Temperature)
                |> finiteTensors "the covariance times a vector")
            Seq.ofArray

    /// diag (T Sigma), the weights' marginal variances. A low-rank posterior takes 2 m^2 p operations, a dense one p^2,
    /// a Kronecker one p (d_out + d_in), a diagonal one p.
    /// Shapes: -> [d_out; d_in] a layer.
    /// The result belongs to the caller.
    /// (MATH 6)
    let variances (posterior: Posterior) =
        Scope.owned
            (fun () ->
                let most = budget / posterior.Mean[0].ElementSize
                byPart posterior (Covariance.variances most)
                |> Array.concat
                |> Array.map (fun found -> found * posterior.Temperature)
                |> finiteTensors "the weights' variances")
            Seq.ofArray

    let private sumOverParts posterior (ofPart: float array -> PrecisionPart -> float) =
        Scope.value (fun () -> byPart posterior ofPart |> Array.sum)

    /// sum log(1 + kappa / delta) over all parts: log det (I + P^-1 N F).
    let internal gain (posterior: Posterior) =
        sumOverParts posterior (fun delta part ->
            let spectrum = PrecisionPart.spectrum part
            Evidence.logDet delta[0] spectrum - float spectrum.Weights * log delta[0])
        |> finite "log det (I + P^-1 N F)"

    let private layerWeights (posterior: Posterior) = shapes posterior |> Array.map (Array.fold (*) 1L >> float)

    /// log det P = sum_l p_l log delta_l.
    let private priorLogDet (posterior: Posterior) =
        Array.map2 (fun p delta -> p * log delta) (layerWeights posterior) posterior.Prior.Precision |> Array.sum

    /// log det of the precision (P + N F) / T.
    /// (MATH 6)
    let logDet (posterior: Posterior) =
        priorLogDet posterior + gain posterior - float (weights posterior) * log posterior.Temperature

    /// tr (T Sigma), the sum of `variances`, without them.
    /// (MATH 6)
    let trace (posterior: Posterior) =
        posterior.Temperature * sumOverParts posterior Covariance.trace |> finite "the trace of the covariance"

    /// gamma = tr(Sigma N F) = sum kappa / (kappa + delta) at T = 1: how many weights the data determine.
    /// (MacKay 1992; MATH 6)
    let effectiveParameters (posterior: Posterior) =
        sumOverParts posterior (fun delta part -> Evidence.effectiveParameters delta[0] (PrecisionPart.spectrum part))
        |> finite "the effective number of parameters"

    /// The number of eigenvalues that are held, m of low-rank parts and p of others: gamma cannot exceed it.
    let columns (posterior: Posterior) =
        byPart posterior (fun _ part -> (PrecisionPart.spectrum part).Kappa.size 0) |> Array.sum

    /// delta_l |theta*_l - mean_l|^2, summed.
    let private penalty (posterior: Posterior) =
        Array.map2 (*) posterior.Prior.Precision (Prior.distances posterior.Mean posterior.Prior) |> Array.sum

    /// (theta - theta*)^T (P + N F) (theta - theta*) / T, which is chi-squared with p degrees of freedom for samples.
    /// Shapes: theta one [d_out; d_in] a layer.
    /// Raises an ArgumentException when layers, shapes, types or devices are not those of theta*.
    let squaredDistance (theta: torch.Tensor array) (posterior: Posterior) =
        requireVector (nameof theta) posterior theta
        Scope.value (fun () ->
            let v = WeightVector.axpy -1.0 posterior.Mean theta
            let data = onPart posterior v (fun _ part v -> Numbers.number (Covariance.quadratic part v)) |> Array.sum
            let prior =
                Prior.distances v { posterior.Prior with Mean = [||] }
                |> Array.map2 (*) posterior.Prior.Precision
                |> Array.sum
            (data + prior) / posterior.Temperature |> finite "the squared distance from theta*")

    /// log q(theta) = 1/2 (log det ((P + N F) / T) - p log(2 pi) - `squaredDistance`), the posterior's logarithmic
    /// density.
    /// Shapes: theta one [d_out; d_in] a layer.
    /// Raises an ArgumentException when layers, shapes, types or devices are not those of theta*.
    let logDensity (theta: torch.Tensor array) (posterior: Posterior) =
        0.5 * (logDet posterior - float (weights posterior) * log (2.0 * Math.PI) - squaredDistance theta posterior)

    /// KL(q || prior) = 1/2 (T (p - gamma) + sum delta d - p - p log T + log det (I + P^-1 N F)), with
    /// d_l = |theta*_l - mean_l|^2.
    /// (MATH 6, at T = 1)
    let divergence (posterior: Posterior) =
        let p, T = float (weights posterior), posterior.Temperature
        0.5 * (T * (p - effectiveParameters posterior) + penalty posterior - p - p * log T + gain posterior)
        |> finite "KL(posterior || prior)"

    /// log p(D | theta*) - 1/2 sum delta d + 1/2 log det P - 1/2 log det (P + N F), d_l = |theta*_l - mean_l|^2: the
    /// logarithm of the evidence, at T = 1.
    /// (MATH 6)
    let logEvidence (logLikelihood: float) (posterior: Posterior) =
        logLikelihood - 0.5 * (penalty posterior + gain posterior) |> finite "the log evidence"

    /// The eigenvalues of all parts together, for one prior precision: kappa in float64, [count]. The tensor belongs to
    /// the caller.
    let spectrum (posterior: Posterior) =
        let one = Array.create posterior.Mean.Length 1.0
        Scope.owned
            (fun () ->
                let kappas =
                    (DataPrecision.fitTo one posterior.Data).Parts
                    |> Array.map (fun part -> (PrecisionPart.spectrum part).Kappa.``to`` torch.ScalarType.Float64)
                { Kappa = torch.cat (kappas, 0L); Weights = weights posterior })
            (fun spectrum -> [ spectrum.Kappa ])

    /// |theta* - mean|^2, over all layers.
    let distance (posterior: Posterior) = Prior.distances posterior.Mean posterior.Prior |> Array.sum
