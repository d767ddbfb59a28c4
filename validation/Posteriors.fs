/// Laplace posteriors of every structure against explicit precision matrices. (MATH 6)
module internal Foof.Validation.Posteriors

open System
open Foof
open MathNet.Numerics.LinearAlgebra

/// How many data points the posteriors are of.
let private N = 50.0

/// The prior precisions, with their names.
let private deltas = [ "1e-2", 1e-2; "1", 1.0; "1e2", 1e2 ]

/// P + N F, its inverse and its determinant.
[<ReferenceEquality>]
type private Inverted = {
    Data: Matrix<float>
    Delta: float
    Sigma: Matrix<float>
    LogDet: float
}

let private inverted (F: Matrix<float>) (delta: float) =
    let factors = (Dense.shifted delta (F * N)).Cholesky()

    {
        Data = F * N
        Delta = delta
        Sigma = factors.Solve(Dense.identity F.RowCount)
        LogDet = factors.DeterminantLn
    }

/// A posterior around vectors that do not come from libtorch.
let private posterior (setup: Setup) curvature (delta: float) =
    let mean = Comparison.unflatten setup.G.Shapes setup.Vectors[0]
    let prior = Prior.isotropic setup.G.Shapes.Length delta
    Posterior.make mean (DataPrecision.ofCurvature N curvature) prior

let private flatten weights =
    Dense.values (WeightVector.flatten weights)

/// The errors of J Sigma J^T between all outputs, and of its blocks by data point.
let private ofOutputs (setup: Setup) (J: Matrix<float>) (covariance: Matrix<float>) (posterior: Posterior) =
    let problem = setup.Problem

    let struct (output, factor) =
        Jacobian.factor (Setup.asGiven problem setup.Layers null) problem.Input

    let wanted, n = J * covariance * J.Transpose(), output.size 0
    let C = wanted.RowCount / int n

    let blocks =
        Array.init (int n) (fun i -> (Dense.block (i * C) C wanted).ToRowMajorArray())
        |> Array.concat

    max
        (Dense.distanceOf wanted (Dense.ofTensor (Predictive.jointCovariance n factor posterior)))
        (Dense.distance blocks (Dense.values (Predictive.covariance n factor posterior)))

let private checks
    (setup: Lazy<Setup>)
    (J: Lazy<Matrix<float>>)
    curvature
    (F: Setup -> Matrix<float>)
    (name, delta)
    =
    let actual = lazy (posterior setup.Value (curvature setup.Value) delta)
    let wanted = lazy (inverted (F setup.Value) delta)

    let check what (error: Posterior -> Inverted -> float) : Check =
        let own =
            Comparison.check $"delta={name} / {what}" (fun () -> error actual.Value wanted.Value)

        {
            own with
                // What the checks share is made in the scope around theirs.
                Error =
                    Func<float>(fun () ->
                        actual.Force() |> ignore
                        own.Error.Invoke())
        }

    let number what (found: Posterior -> float) (expected: Inverted -> float) =
        check what (fun posterior wanted -> Dense.distance [| expected wanted |] [| found posterior |])

    [
        check "covariance product" (fun posterior wanted ->
            Comparison.ofMap setup.Value.G.Shapes setup.Value.Vectors wanted.Sigma (fun v ->
                Posterior.covarianceProduct v posterior))
        check "variances" (fun posterior wanted ->
            Dense.distance (wanted.Sigma.Diagonal().ToArray()) (flatten (Posterior.variances posterior)))
        number "trace" Posterior.trace _.Sigma.Trace()
        number "log det" Posterior.logDet _.LogDet
        number "effective parameters" Posterior.effectiveParameters (fun wanted ->
            (wanted.Sigma * wanted.Data).Trace())
        number "log evidence" (Posterior.logEvidence -10.0) (fun wanted ->
            let theta = setup.Value.Vectors[0]
            let p = float theta.Count

            -10.0 - 0.5 * wanted.Delta * (theta * theta) + 0.5 * p * log wanted.Delta
            - 0.5 * wanted.LogDet)
        number
            "squared distance"
            (fun posterior ->
                let zero = Comparison.unflatten setup.Value.G.Shapes (setup.Value.Vectors[0] * 0.0)
                Posterior.squaredDistance zero posterior)
            (fun wanted ->
                let theta = setup.Value.Vectors[0]
                theta * ((Dense.shifted wanted.Delta wanted.Data) * theta))
        check "output covariance" (fun posterior wanted ->
            ofOutputs setup.Value J.Value wanted.Sigma posterior)
        check "sampler" (fun posterior wanted ->
            PosteriorSampler.error setup.Value.Vectors[0] wanted.Sigma posterior)
    ]

/// Several layers written out in one matrix share their prior precision.
let private sharesPrecision (data: DataPrecision) =
    match data.Parts with
    | [| PrecisionPart.Dense(_, _, shapes) |] -> shapes.Length > 1
    | _ -> false

/// The temperature of the checks below.
let private T = 0.3

/// A posterior with a prior mean, a precision for each layer and a temperature, and its precision matrix P and P + N F.
let private withEverything (setup: Setup) curvature (F: Matrix<float>) =
    let shapes = setup.G.Shapes

    let vector i =
        Comparison.unflatten shapes setup.Vectors[i]

    let data = DataPrecision.ofCurvature N curvature

    let precision =
        shapes
        |> Array.mapi (fun l _ -> if sharesPrecision data then 0.7 else 0.3 + 0.4 * float l)

    let prior = Prior.perLayer precision |> Prior.withMean (vector 1)
    let posterior = Posterior.make (vector 0) data prior |> Posterior.withTemperature T

    let P =
        Array.map2 (fun shape delta -> Array.create (int (Array.fold (*) 1L shape)) delta) shapes precision
        |> Array.concat
        |> Matrix<float>.Build.DenseOfDiagonalArray

    struct (posterior, P, P + F * N)

let private logDet (matrix: Matrix<float>) = matrix.Cholesky().DeterminantLn

let private further
    (setup: Lazy<Setup>)
    (J: Lazy<Matrix<float>>)
    curvature
    (F: Setup -> Matrix<float>)
    : Check list =
    let made = lazy (withEverything setup.Value (curvature setup.Value) (F setup.Value))

    let check what (error: Posterior -> Matrix<float> -> Matrix<float> -> float) : Check =
        let own =
            Comparison.check $"mean, precision by layer, temperature / {what}" (fun () ->
                let struct (posterior, P, all) = made.Value
                error posterior P all)

        {
            own with
                Error =
                    Func<float>(fun () ->
                        made.Force() |> ignore
                        own.Error.Invoke())
        }

    let number what found (expected: Matrix<float> -> Matrix<float> -> float) =
        check what (fun posterior P all -> Dense.distance [| expected P all |] [| found posterior |])

    let apart () =
        setup.Value.Vectors[0] - setup.Value.Vectors[1]

    let p (matrix: Matrix<float>) = float matrix.RowCount

    [
        check "variances" (fun posterior _ all ->
            Dense.distance
                ((all.Inverse() * T).Diagonal().ToArray())
                (flatten (Posterior.variances posterior)))
        number "log det" Posterior.logDet (fun _ all -> logDet all - p all * log T)
        number "log evidence" (Posterior.logEvidence -10.0) (fun P all ->
            -10.0 - 0.5 * (apart () * (P * apart ()) - logDet P + logDet all))
        number "divergence" Posterior.divergence (fun P all ->
            0.5
            * (T * (P * all.Inverse()).Trace() + apart () * (P * apart ()) - p P - p P * log T
               + logDet all
               - logDet P))
        number
            "log density"
            (fun posterior ->
                Posterior.logDensity
                    (Comparison.unflatten setup.Value.G.Shapes setup.Value.Vectors[1])
                    posterior)
            (fun _ all ->
                let squared = apart () * (all * apart ()) / T
                0.5 * (logDet all - p all * log T - p all * log (2.0 * Math.PI) - squared))
        check "output covariance" (fun posterior _ all ->
            ofOutputs setup.Value J.Value (all.Inverse() * T) posterior)
        check "sampler" (fun posterior _ all ->
            PosteriorSampler.error setup.Value.Vectors[0] (all.Inverse() * T) posterior)
    ]

let private onlyBlocks setup =
    Dense.onlyBlocks (Explicit.orders setup.Points) setup.F

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
        Factors.kronecker Positions.Summed Positions.Averaged setup.Points
        |> Factors.product)
    "FOOF",
    (fun setup -> Structure.activationFactors Positions.Averaged setup.G),
    (fun setup ->
        Factors.kronecker Positions.Summed Positions.Averaged setup.Points
        |> Array.map (fun struct (E, A) -> struct (Dense.identity E.RowCount, A))
        |> Factors.product)
    "eigenbasis",
    (fun setup -> Structure.eigenbasis Positions.Summed Positions.Averaged setup.G),
    (fun setup ->
        Factors.kronecker Positions.Summed Positions.Averaged setup.Points
        |> Factors.corrected setup.Points)
]

/// The cases of all structures for one network.
let cases (prefix: string) (setup: Lazy<Setup>) =
    let J = lazy (Explicit.jacobian setup.Value.Problem)

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
