/// Laplace posteriors of every structure against explicit precision matrices. (MATH 6)
module internal Foof.Validation.Posteriors

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra

/// How many data points the posteriors are of.
let private N = 50.0

/// The prior precisions, with their names.
let private deltas = [ "1e-2", 1e-2; "1", 1.0; "1e2", 1e2 ]

/// A posterior, and its explicit matrices.
[<ReferenceEquality>]
type private Compared = {
    Posterior: Posterior
    /// The prior's precision.
    P: Matrix<float>
    /// P + N F.
    Lambda: Matrix<float>
    /// Lambda^-1 times the temperature.
    Sigma: Matrix<float>
}

let private compared posterior (P: Matrix<float>) (F: Matrix<float>) (temperature: float) =
    let Lambda = P + F * N

    {
        Posterior = posterior
        P = P
        Lambda = Lambda
        Sigma = Lambda.Cholesky().Solve(Dense.identity F.RowCount) * temperature
    }

/// A posterior around vectors that do not come from libtorch.
let private plain (setup: Setup) curvature (F: Matrix<float>) (delta: float) =
    let mean = Weights.unflatten setup.G.Shapes setup.Vectors[0]
    let prior = Prior.isotropic setup.G.Shapes.Length delta
    let posterior = Posterior.make mean (DataPrecision.ofCurvature N curvature) prior
    compared posterior (Dense.identity F.RowCount * delta) F 1.0

/// A check by name; all checks share what was made.
let private checkOf prefix (made: Lazy<Compared>) what (error: Compared -> float) =
    Comparison.check $"{prefix} / {what}" (fun () -> error made.Value) |> Comparison.after made

/// A check of one number.
let private numberOf prefix made what (found: Posterior -> float) (expected: Compared -> float) =
    checkOf prefix made what (fun compared -> Dense.distance [| expected compared |] [| found compared.Posterior |])

let private variances compared =
    Dense.distance (compared.Sigma.Diagonal().ToArray()) (Weights.numbers (Posterior.variances compared.Posterior))

let private sampler (setup: Setup) compared = PosteriorSampler.error setup.Vectors[0] compared.Sigma compared.Posterior

/// The errors of J Sigma J^T between all outputs, and of its blocks by data point.
let private ofOutputs (setup: Setup) (J: Matrix<float>) compared =
    let problem = setup.Problem

    let { Output = output; Jacobian = factor } = Jacobian.factor (Setup.asGiven problem setup.Layers null) problem.Input

    let wanted, n = J * compared.Sigma * J.Transpose(), output.size 0
    let C = wanted.RowCount / int n

    let blocks = Array.init (int n) (fun i -> (Dense.block (i * C) C wanted).ToRowMajorArray()) |> Array.concat

    max
        (Dense.distanceOf wanted (Dense.ofTensor (Predictive.jointCovariance n factor compared.Posterior)))
        (Dense.distance blocks (Dense.values (Predictive.covariance n factor compared.Posterior)))

let private checks (setup: Lazy<Setup>) (J: Lazy<Matrix<float>>) curvature (F: Setup -> Matrix<float>) (name, delta) =
    let made = lazy (plain setup.Value (curvature setup.Value) (F setup.Value) delta)

    let check what = checkOf $"delta={name}" made what
    let number what = numberOf $"delta={name}" made what
    let theta () = setup.Value.Vectors[0]

    [
        check "covariance product" (fun compared ->
            Comparison.ofMap setup.Value.G.Shapes setup.Value.Vectors compared.Sigma (fun v ->
                Posterior.covarianceProduct v compared.Posterior))
        check "variances" variances
        number "trace" Posterior.trace _.Sigma.Trace()
        number "log det" Posterior.logDet (fun compared -> Dense.logDet compared.Lambda)
        number "effective parameters" Posterior.effectiveParameters (fun compared ->
            (compared.Sigma * (compared.Lambda - compared.P)).Trace())
        number "log evidence" (Posterior.logEvidence -10.0) (fun compared ->
            Gaussians.logEvidence -10.0 compared.P compared.Lambda (theta ()))
        number
            "squared distance"
            (fun posterior ->
                let zero = Weights.unflatten setup.Value.G.Shapes (theta () * 0.0)
                Posterior.squaredDistance zero posterior)
            (fun compared -> Gaussians.squared compared.Lambda (theta ()))
        check "output covariance" (ofOutputs setup.Value J.Value)
        check "sampler" (sampler setup.Value)
    ]

/// Several layers written out in one matrix share their prior precision.
let private sharesPrecision (data: DataPrecision) =
    match data.Parts with
    | [| PrecisionPart.Dense(_, _, shapes) |] -> shapes.Length > 1
    | _ -> false

/// The temperature of the checks below.
let private T = 0.3

/// A posterior with a prior mean, a precision for each layer and a temperature, and their explicit matrices.
let private withEverything (setup: Setup) curvature (F: Matrix<float>) =
    let shapes = setup.G.Shapes

    let vector i = Weights.unflatten shapes setup.Vectors[i]

    let data = DataPrecision.ofCurvature N curvature

    let precision = shapes |> Array.mapi (fun l _ -> if sharesPrecision data then 0.7 else 0.3 + 0.4 * float l)

    let prior = Prior.perLayer precision |> Prior.withMean (vector 1)
    let posterior = Posterior.make (vector 0) data prior |> Posterior.withTemperature T

    compared posterior (Weights.byLayer shapes precision) F T

let private further (setup: Lazy<Setup>) (J: Lazy<Matrix<float>>) curvature (F: Setup -> Matrix<float>) : Check list =
    let made = lazy (withEverything setup.Value (curvature setup.Value) (F setup.Value))

    let prefix = "mean, precision by layer, temperature"
    let check what = checkOf prefix made what
    let number what = numberOf prefix made what

    let apart () = setup.Value.Vectors[0] - setup.Value.Vectors[1]

    [
        check "variances" variances
        number "log det" Posterior.logDet (fun compared -> Dense.logDet (compared.Lambda / T))
        number "log evidence" (Posterior.logEvidence -10.0) (fun compared ->
            Gaussians.logEvidence -10.0 compared.P compared.Lambda (apart ()))
        number "divergence" Posterior.divergence (fun compared ->
            Gaussians.divergence compared.P (compared.Lambda / T) (apart ()))
        number
            "log density"
            (fun posterior ->
                let theta = Weights.unflatten setup.Value.G.Shapes setup.Value.Vectors[1]
                Posterior.logDensity theta posterior)
            (fun compared -> Gaussians.logDensity (compared.Lambda / T) (apart ()))
        check "output covariance" (ofOutputs setup.Value J.Value)
        check "sampler" (sampler setup.Value)
    ]

let private onlyBlocks setup = Dense.onlyBlocks (PointGradients.orders setup.Points) setup.F

/// Name, the core's matrix, the explicit one.
let private structures: (string * (Setup -> Curvature) * (Setup -> Matrix<float>)) list = [
    "low rank", (fun setup -> Structure.lowRank setup.G), _.F
    "low rank per layer", (fun setup -> Structure.layerwiseLowRank setup.G), onlyBlocks
    "dense", (fun setup -> Structure.dense setup.G), _.F
    "dense per layer", (fun setup -> Structure.layerwiseDense setup.G), onlyBlocks
    "diagonal", (fun setup -> Structure.diagonal setup.G), (fun setup -> Dense.onlyDiagonal setup.F)
    "kronecker",
    (fun setup -> Structure.kronecker Positions.Summed Positions.Averaged setup.G),
    (fun setup ->
        KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points |> KroneckerFactors.product)
    "FOOF",
    (fun setup -> Structure.activationFactors Positions.Averaged setup.G),
    (fun setup ->
        KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points
        |> Array.map (fun struct (E, A) -> struct (Dense.identity E.RowCount, A))
        |> KroneckerFactors.product)
    "eigenbasis",
    (fun setup -> Structure.eigenbasis Positions.Summed Positions.Averaged setup.G),
    (fun setup ->
        KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points
        |> KroneckerFactors.corrected setup.Points)
]

/// The cases of all structures for one network.
let cases (prefix: string) (setup: Lazy<Setup>) =
    let J = lazy (PointGradients.jacobian setup.Value.Problem)

    [|
        for name, curvature, F in structures do
            Case.Exact(
                $"{prefix} / posterior {name}",
                [|
                    for delta in deltas do
                        yield! checks setup J curvature F delta
                    yield! further setup J curvature F
                |]
            )
    |]
