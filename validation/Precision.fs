/// What rounding, ignored labels and noise may not change: float32 against float64, batches against definitions.
module internal Foof.Validation.Precision

open System
open System.Threading
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private single, double = torch.ScalarType.Float32, torch.ScalarType.Float64

/// Directions may be off by this many roundings of the matrix times its condition number.
let private mostRoundings = 50.0 * 1.2e-7

/// An error in units of the largest that is allowed, as a case that is exact has it.
let private within (most: float) (error: float) = error / most * Case.Rounding

let private distance (expected: torch.Tensor) (found: torch.Tensor) =
    ((found.``to`` double - expected).norm() / expected.norm ()).ToDouble()

/// Q diag(s) Q^T in float32, s falling from 1 to 1/condition in equal ratios.
let private withSpectrum (Q: torch.Tensor) (condition: float) =
    let s = torch.logspace (0.0, -(log10 condition), Q.size 0, dtype = double)
    let M = (Q * s).mm(Q.t ())
    ((M + M.t ()) / 2.0).``to`` single

let private seeded (seed: int64) make =
    lazy
        (torch.random.manual_seed seed |> ignore
         make ())

let private orthogonal (seed: int64) (d: int) =
    seeded seed (fun () ->
        let struct (Q, _) = torch.linalg.qr (torch.randn (int64 d, int64 d, dtype = double))
        Q)

/// (M + lambda I)^-1 b in float32 beside elimination in float64, at the damping that the inverse says it has.
let private directions (Q: Lazy<torch.Tensor>) (condition: float) () =
    let M, lambda = withSpectrum Q.Value condition, 1.0 / condition
    let b = torch.arange(1L, M.size 0 + 1L, dtype = single).sin().unsqueeze 1L
    let found = (Factorization.inverse Factorization.attempts M lambda).Value
    let wide: torch.Tensor = M.``to`` double
    let damping: torch.Tensor -> torch.Tensor = fun M -> M + torch.eye (M.size 0, dtype = double) * found.Damping
    // Eigenvalues come last, cut off at zero, where rounding has made the matrix indefinite.
    let expected =
        if found.Failed.Length < Factorization.attempts.Length - 1 then
            torch.linalg.solve (damping wide, b.``to`` double)
        else
            let struct (s, V) = torch.linalg.eigh wide
            V.mm (V.t().mm(b.``to`` double) / (s.clamp_min (0.0.ToScalar()) + found.Damping).unsqueeze 1L)
    within (mostRoundings * condition) (distance expected (found.Inverse.mm b))

/// Q (s + lambda)^power Q^T, s the eigenvalues of what is not damped, cut off at zero.
let private powers (Q: Lazy<torch.Tensor>) (power: float) () =
    let M, lambda = withSpectrum Q.Value 1e9, 1e-5
    let struct (s, V) = torch.linalg.eigh (M.``to`` double)
    let b = torch.arange(1L, M.size 0 + 1L, dtype = double).sin().unsqueeze 1L
    let roots = (s.clamp_min (0.0.ToScalar()) + lambda).pow(power.ToScalar()).unsqueeze 1L
    let curvature = Curvature.Kronecker(Side.Identity(1L, 1.0), Side.Full(M.unsqueeze 0L))
    let found = (Factored.attempt Factorization.attempts Damping.EachFactor power ignore lambda curvature).Value
    let direction = (Factored.solve found [| b.t().``to`` single |])[0]
    within (mostRoundings * abs power / lambda) (distance (V.mm (V.t().mm b * roots)) (direction.t ()))

/// diag(1000, 1e-4, 0) + 1e-4 I to a power: no direction is dropped.
let private smallDirections (power: float) () =
    let s = [| 1000.0; 1e-4; 0.0 |]
    let M = Side.Full((torch.diag (torch.tensor s)).unsqueeze(0L).``to`` single)
    let curvature = Curvature.Kronecker(Side.Identity(1L, 1.0), M)
    let found = (Factored.attempt Factorization.attempts Damping.EachFactor power ignore 1e-4 curvature).Value
    Weights.numbers (Factored.solve found [| torch.ones (1L, 3L) |])
    |> Dense.distance (s |> Array.map (fun s -> (s + 1e-4) ** power))
    |> within mostRoundings

let private rounding seed =
    let powersOf power = Comparison.check $"power={power} / diag(1000, 1e-4, 0)" (smallDirections power)
    let cases = [|
        for d in [ 16; 257; 1001 ] do
            let Q = orthogonal seed d
            Case.Exact(
                $"float32 / order {d}",
                [|
                    for condition in [ 1e2; 1e6; 1e10 ] do
                        Comparison.check
                            $"condition={condition:E0} / direction, of 50 eps condition"
                            (directions Q condition)
                    if d = 257 then
                        for power in [ -0.25; -0.5; -1.0 ] do
                            Comparison.check $"power={power} / undamped spectrum" (powers Q power)
                |]
                |> Array.map (Comparison.after Q)
            )
    |]
    let small = Case.Exact("float32 / small directions", [| powersOf -0.25; powersOf -0.5; powersOf -1.0 |])
    { Prepare = Action ignore; Cases = Array.append cases [| small |] }

/// Kronecker factors gathered batch by batch, of the data points that count.
let private gathered (setup: Setup) (split: int64 list) (structure: FisherFactor -> Curvature) =
    let problem = setup.Problem
    let starts = List.scan (+) 0L split
    let rows (tensor: torch.Tensor) =
        List.map2 (fun start count -> tensor.narrow (0L, start, count)) starts[.. split.Length - 1] split

    let ofBatch _ (input: torch.Tensor) target : DataMean<Curvature> =
        let points = DataCurvature.points problem.Likelihood input (problem.Network.call input) target
        let factor () =
            let batch = { Input = input; Target = target }
            structure (Fisher.factor (Setup.asGiven problem setup.Layers null) Fisher.Ggn batch)
        { Value = (if points > 0L then factor () else Unchecked.defaultof<_>); DataPoints = points }

    let batches = List.map2 (fun x y -> struct (x, y)) (rows problem.Input) (rows problem.Target)
    (DataCurvature.accumulate
        DataCurvature.curvatures
        (Func<_, _, _, _> ofBatch)
        null
        null
        CancellationToken.None
        batches)
        .Value

let private withIdentity (pairs: KroneckerFactors.Pair array) =
    pairs |> Array.map (fun (struct (E, A)) -> struct (Dense.identity E.RowCount, A))

/// Factors of batches with labels that are ignored, by their definition as means over the data points that count.
let private ignored seed (kind: Kind) =
    let setup = lazy (Setup.make kind Fisher.Ggn seed)
    let pairs setup = KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points
    let structures = [
        "kronecker", Structure.kronecker Positions.Summed Positions.Averaged, pairs
        "foof", Structure.activationFactors Positions.Averaged, pairs >> withIdentity
    ]
    let splits: (string * (int64 -> int64 list)) list = [
        "the whole batch", (fun n -> [ n ])
        "one point and the others", (fun n -> [ 1L; n - 1L ])
        "each point", (fun n -> [ for _ in 1L .. n -> 1L ])
    ]
    {
        Prepare = Action(fun () -> setup.Force() |> ignore)
        Cases = [|
            for name, structure, expected in structures do
                Case.Exact(
                    $"{kind.Name} / gathered / {name}",
                    [|
                        for written, split in splits do
                            Comparison.check written (fun () ->
                                let split = split (setup.Value.Problem.Input.size 0)
                                Dense.distanceOf
                                    (KroneckerFactors.product (expected setup.Value))
                                    (Dense.ofTensor (Curvature.dense (gathered setup.Value split structure))))
                    |]
                )
        |]
    }

/// N F at one noise is that at another times a power of their ratio: errors have 1 / sigma^2 each, inputs none.
let private noise seed (kind: Kind) =
    let sigma, other, N, delta = 0.5, 2.0, 50.0, 0.3
    let at (sigma: float) fisher =
        lazy
            (Setup.make
                { kind with Make = fun () -> { kind.Make() with Likelihood = Likelihood.Gaussian sigma } }
                fisher
                seed)
    let kronecker = Structure.kronecker Positions.Summed Positions.Averaged
    let foof = Structure.activationFactors Positions.Averaged
    let pairs setup = KroneckerFactors.kronecker Positions.Summed Positions.Averaged setup.Points

    let rows = [
        "low rank", Fisher.Ggn, Structure.lowRank, _.F, 2.0
        "empirical", Fisher.Empirical, Structure.lowRank, _.F, 4.0
        "kronecker", Fisher.Ggn, kronecker, pairs >> KroneckerFactors.product, 2.0
        "foof", Fisher.Ggn, foof, pairs >> withIdentity >> KroneckerFactors.product, 0.0
    ]

    let checks fisher structure (expected: Setup -> Matrix<float>) power = [|
        let first, second = at sigma fisher, at other fisher
        let Lambda = lazy (Dense.shifted delta (expected second.Value * N))
        let posterior =
            lazy
                (let data = DataPrecision.ofCurvature N (structure first.Value.G)
                 let scaled = DataPrecision.scale ((sigma / other) ** power) data
                 let shapes = first.Value.G.Shapes
                 Posterior.make
                     (Weights.unflatten shapes first.Value.Vectors[0])
                     scaled
                     (Prior.isotropic shapes.Length delta))
        Comparison.check "log det" (fun () ->
            Dense.distance [| Dense.logDet Lambda.Value |] [| Posterior.logDet posterior.Value |])
        |> Comparison.after posterior
        Comparison.check "variances" (fun () ->
            Dense.distance
                ((Lambda.Value.Inverse()).Diagonal().ToArray())
                (Weights.numbers (Posterior.variances posterior.Value)))
        |> Comparison.after posterior
    |]

    {
        Prepare = Action ignore
        Cases = [|
            for name, fisher, structure, expected, power in rows do
                Case.Exact($"{kind.Name} / another noise / {name}", checks fisher structure expected power)
        |]
    }

/// The suites of a seed.
let suites (seed: int64) : Suite array = [|
    rounding seed
    for kind in Networks.all do
        if kind.Ignores then ignored seed kind
    for kind in Networks.ofEachLikelihood do
        if kind.Name = "fully connected" then noise seed kind
|]
