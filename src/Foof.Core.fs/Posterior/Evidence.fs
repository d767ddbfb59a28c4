namespace Foof

open System
open TorchSharp

/// A normal prior over the weights: N(mean, 1/delta_l I) for each layer l.
[<ReferenceEquality>]
type Prior = {
    /// delta_l > 0, one a layer.
    Precision: float array
    /// The mean, one [d_out; d_in] a layer; an empty array is zero. It stays its owner's.
    Mean: torch.Tensor array
}

/// Priors over the weights of layers.
[<RequireQualifiedAccess>]
module Prior =

    /// Raises an ArgumentException unless delta and the variance 1/delta are positive and finite.
    let internal requirePrecision (delta: float) =
        Require.positive "prior precision" delta
        if not (Double.IsFinite(1.0 / delta)) then
            raise (
                ArgumentException
                    $"prior precision must have a finite inverse, the prior's variance; got {delta}: use a larger one."
            )

    /// N(0, 1/delta I) over so many layers.
    /// Raises an ArgumentException when `layers` is below 1 or delta is not positive.
    let isotropic (layers: int) (delta: float) =
        Require.atLeast (nameof layers) 1 layers
        requirePrecision delta
        { Precision = Array.create layers delta; Mean = [||] }

    /// N(0, 1/delta_l I), one delta_l a layer.
    /// It keeps the array itself.
    /// Raises an ArgumentException when the array is empty or one of its numbers is not positive.
    let perLayer (precision: float array) =
        Require.atLeast "the number of layers" 1 precision.Length
        Array.iter requirePrecision precision
        { Precision = Array.copy precision; Mean = [||] }

    /// The prior around another mean, N(mean, 1/delta_l I).
    /// Shapes: mean one [d_out; d_in] a layer, or an empty array for zero.
    /// It shares the mean's tensors.
    /// Raises a NumericalFailure when the mean is not finite.
    let withMean (mean: torch.Tensor array) (prior: Prior) =
        for matrix in mean do
            Numbers.requireFinite
                "the prior's mean"
                "numbers are not finite"
                "give the weights that the prior is to be around"
                matrix
        { prior with Mean = mean }

    /// A prior around the mean of this one, with other precisions.
    /// It shares the mean's tensors.
    /// Raises an ArgumentException when `precision` is empty or one of its numbers is not positive.
    let withPrecision (precision: float array) (prior: Prior) = { perLayer precision with Mean = prior.Mean }

    /// How many numbers are taken to float64 at a time: fresh memory for all of them would cost more than the sum.
    let private run = 1L <<< 15

    /// |theta_l - mean_l|^2, one a layer, in float64.
    /// Shapes: theta one [d_out; d_in] a layer -> one number a layer.
    /// Raises an ArgumentException when the prior has a mean whose shapes are not those of theta, and a
    /// NumericalFailure when a sum of squares is not finite.
    let distances (theta: torch.Tensor array) (prior: Prior) =
        let squared (x: torch.Tensor) =
            let x = x.flatten ()
            let sum = torch.zeros ([||], dtype = torch.ScalarType.Float64, device = x.device)

            for struct (start, count) in Runs.ofAtMost run (x.size 0) do
                use _part = torch.NewDisposeScope()
                let part = x.narrow(0L, start, count).``to`` torch.ScalarType.Float64
                sum.add_ (part.dot part) |> ignore

            let number = Numbers.number sum
            if not (Double.IsFinite number) then
                raise (
                    NumericalFailure(
                        "the sum of their squares exceeds what Float64 holds",
                        "the weights of a posterior",
                        "fit it to a network with smaller weights, or set a prior mean close to them"
                    )
                )
            number

        Scope.value (fun () ->
            if prior.Mean.Length = 0 then
                Array.map squared theta
            else
                WeightVector.check "the prior's mean" (WeightVector.shapes theta) prior.Mean
                Array.map2 (fun (x: torch.Tensor) (mean: torch.Tensor) -> squared (x - mean)) theta prior.Mean)

/// The eigenvalues kappa of a data precision N F over p weights; those that are not listed are zero. It does not own
/// its tensor.
[<ReferenceEquality>]
type Spectrum = {
    /// kappa >= 0, of any floating-point type: [count]. With more columns than weights, count > p, some of them are
    /// zero.
    Kappa: torch.Tensor
    /// The number of weights p.
    Weights: int64
}

/// The derivatives of the log evidence by log delta.
[<Struct>]
type EvidenceSlope = {
    /// d log evidence / d log delta.
    Slope: float
    /// Its own derivative, which is negative.
    Bend: float
}

/// The evidence at several prior precisions.
[<ReferenceEquality>]
type EvidenceCurve = {
    /// The values of delta.
    Precision: float array
    /// log p(D | delta) at each.
    LogEvidence: float array
    /// gamma = sum kappa / (kappa + delta) at each.
    EffectiveParameters: float array
}

/// What a Laplace posterior with precision delta I + N F gives in closed form of delta: all functions of the
/// eigenvalues kappa of N F, in float64, whatever the type of kappa. One value of delta costs O(count), so a thousand
/// values for 1,000 eigenvalues take milliseconds and for a million eigenvalues seconds.
/// (MATH 6)
[<RequireQualifiedAccess>]
module Evidence =

    /// How many numbers a temporary holds: it stays in the processor's cache.
    let private chunk = 1L <<< 17

    let private parts (spectrum: Spectrum) =
        seq {
            for struct (start, count) in Runs.ofAtMost chunk (spectrum.Kappa.size 0) ->
                spectrum.Kappa.narrow(0L, start, count).``to`` torch.ScalarType.Float64
        }

    /// sum over kappa of a function of it.
    let private sum (term: torch.Tensor -> torch.Tensor) spectrum =
        Scope.value (fun () -> parts spectrum |> Seq.sumBy (fun kappa -> Numbers.number (term(kappa).sum())))

    /// sum log(1 + kappa / delta) = log det (I + N F / delta).
    let private gain (delta: float) spectrum = sum (fun kappa -> (kappa / delta).log1p()) spectrum

    /// log det (delta I + N F) = p log delta + sum log(1 + kappa / delta).
    /// Raises an ArgumentException unless delta is positive.
    /// (MATH 6)
    let logDet (delta: float) spectrum =
        Require.positive (nameof delta) delta
        float spectrum.Weights * log delta + gain delta spectrum

    /// tr (delta I + N F)^-1 = (p - count) / delta + sum 1 / (delta + kappa).
    /// Raises an ArgumentException unless delta is positive.
    /// (MATH 6)
    let trace (delta: float) spectrum =
        Require.positive (nameof delta) delta
        let others = float (spectrum.Weights - spectrum.Kappa.size 0)
        others / delta + sum (fun kappa -> (kappa + delta).reciprocal()) spectrum

    /// gamma = sum kappa / (kappa + delta), the number of weights that the data determine.
    /// Raises an ArgumentException unless delta is positive.
    /// (MacKay 1992; MATH 6)
    let effectiveParameters (delta: float) spectrum =
        Require.positive (nameof delta) delta
        sum (fun kappa -> kappa / (kappa + delta)) spectrum

    /// log p(D | theta*) - delta/2 d + p/2 log delta - 1/2 log det (delta I + N F), with d = |theta* - mean|^2,
    /// `distance`.
    /// Raises an ArgumentException unless delta is positive.
    /// (MacKay 1992; MATH 6)
    let logEvidence (logLikelihood: float) (distance: float) (delta: float) spectrum =
        Require.positive (nameof delta) delta
        logLikelihood - 0.5 * (delta * distance + gain delta spectrum)

    /// KL(posterior || prior) = 1/2 (-gamma + delta d + sum log(1 + kappa / delta)), with d = |theta* - mean|^2,
    /// `distance`.
    /// Raises an ArgumentException unless delta is positive.
    /// (MATH 6)
    let divergence (distance: float) (delta: float) spectrum =
        0.5 * (delta * distance + gain delta spectrum - effectiveParameters delta spectrum)

    /// d log evidence / d log delta = 1/2 (gamma - delta d), and its own derivative -1/2 (sum delta kappa / (kappa +
    /// delta)^2 + delta d), with d = |theta* - mean|^2, `distance`.
    /// Raises an ArgumentException unless delta is positive.
    /// (MATH 6)
    let slope (distance: float) (delta: float) spectrum =
        Require.positive (nameof delta) delta
        let gamma = effectiveParameters delta spectrum
        let bend = sum (fun kappa -> kappa * delta / (kappa + delta).square()) spectrum
        { Slope = 0.5 * (gamma - delta * distance); Bend = -0.5 * (bend + delta * distance) }

    /// The delta of the largest evidence, where delta = gamma / d: Newton in log delta, along which the slope falls
    /// everywhere.
    /// Raises a NumericalFailure where no delta is the best: d = |theta* - mean|^2, `distance`, or the trace of N F is
    /// zero or not finite.
    /// (MacKay 1992; MATH 6)
    let optimum (distance: float) spectrum =
        let largest = sum (fun kappa -> kappa) spectrum

        if not (distance > 0.0 && largest > 0.0 && Double.IsFinite(distance + largest)) then
            raise (
                NumericalFailure(
                    $"it has no largest value where |theta* - mean|^2 is {distance} and the trace of N F is {largest}",
                    "the evidence",
                    "give the prior precision, or choose it by validation data"
                )
            )

        // gamma is at most the count and at most the trace over delta.
        let start = min (log (float (spectrum.Kappa.size 0) / distance)) (0.5 * log (largest / distance))

        let rec climb steps (x: float) =
            let found = slope distance (exp x) spectrum
            let step = -found.Slope / found.Bend |> max -3.0 |> min 3.0

            if steps = 0 || abs step <= 1e-12 * max 1.0 (abs x) then
                exp (x + step)
            else
                climb (steps - 1) (x + step)

        climb 200 start

    /// How many numbers a table of eigenvalues by values of delta has in one go, in the processor's cache. A small
    /// table is cut so that libtorch takes one thread for it, since threads would wait for one another longer than they
    /// compute.
    let private tableSize (count: int64) = if count < (1L <<< 22) then 1L <<< 15 else 1L <<< 16

    /// The most halvings of the eigenvalues after which products of 1 + kappa / delta still stay below 1e300.
    let private halvings (kappa: torch.Tensor) (precision: float array) =
        let least = Array.fold min infinity precision
        let most = log10 (1.0 + Numbers.number (kappa.max ()) / least) |> max 1e-2
        if Double.IsFinite most then 300.0 / most |> min 16.0 |> max 1.0 |> Math.Log2 |> int else 0

    /// sum over rows of log X, X >= 1: of the products of 2^k rows, since a product costs a tenth of a logarithm.
    let rec private sumOfLogs k (X: torch.Tensor) : torch.Tensor =
        let half = X.size 0 / 2L
        if k = 0 || half = 0L then
            X.log().sum 0L
        elif X.size 0 % 2L = 1L then
            X.narrow(0L, 0L, 1L).log().squeeze 0L + sumOfLogs k (X.narrow (0L, 1L, X.size 0 - 1L))
        else
            sumOfLogs (k - 1) (X.narrow (0L, 0L, half) * X.narrow (0L, half, half))

    /// log evidence and gamma at each of some values of delta, in one go over the eigenvalues; `distance` is d =
    /// |theta* - mean|^2.
    /// The result holds no tensor and keeps the array `precision` itself.
    /// Raises an ArgumentException unless every delta is positive, and a NumericalFailure for values beyond float64.
    /// (MATH 6)
    let curve (logLikelihood: float) (distance: float) (precision: float array) spectrum =
        for delta in precision do
            Require.positive (nameof precision) delta

        Scope.value (fun () ->
            let delta = torch.tensor (precision, device = spectrum.Kappa.device)
            let inverse = delta.reciprocal ()
            let one = torch.ones_like(delta).unsqueeze 0L
            let gains, gammas = torch.zeros_like delta, torch.zeros_like delta
            let columns = max 1L (int64 precision.Length)
            let rows = tableSize (columns * spectrum.Kappa.size 0) / columns

            for kappa in parts spectrum do
                let k = halvings kappa precision

                for struct (start, count) in Runs.ofAtMost rows (kappa.size 0) do
                    use _part = torch.NewDisposeScope()
                    let some = kappa.narrow(0L, start, count).unsqueeze 1L
                    let ratios = one.addcmul (some, inverse, 1.0.ToScalar())
                    gains.add_ (sumOfLogs k ratios) |> ignore
                    gammas.add_ (ratios.reciprocal_().mul_(some).sum(0L)) |> ignore

            let values (tensor: torch.Tensor) =
                Numbers.requireFinite "the evidence" "values are not finite" "scale the data or the precisions" tensor
                tensor.``to``(torch.CPU).data<double>().ToArray()

            {
                Precision = precision
                LogEvidence =
                    Array.map2
                        (fun delta gain -> logLikelihood - 0.5 * (delta * distance + gain))
                        precision
                        (values gains)
                EffectiveParameters = values (gammas * inverse)
            })
