/// The sampler of labels: the mean of many Monte-Carlo Fishers against the expectation.
module internal Foof.Validation.Sampling

open System
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// How many factors are drawn, and how many labels for each data point in each of them.
let private factors, samples = 400, 20

/// The error of the mean may be this many standard errors: a normal number's is larger once in 1.7 million
/// times, and no sum of squares of normal numbers has a longer tail. (Szekely & Bakirov 2003)
let private allowed = 5.0

/// sum_j w g_j, the mean of a sampled factor's gradients, as a matrix of one column.
let private meanGradient (G: FisherFactor) =
    let m = FisherFactor.columns G
    let weights = torch.full (m, 1.0 / sqrt (float m), dtype = torch.ScalarType.Float64)

    (Weights.flatten (FisherFactor.times weights G)).ToColumnMatrix()

/// Monte-Carlo Fishers of the core, one after another from one generator, and their mean gradients.
let private draw (setup: Setup) (seed: int64) =
    use generator = new torch.Generator(uint64 seed, torch.get_default_device ())
    let problem = setup.Problem

    let batch = { Input = problem.Input; Target = problem.Target }

    Array.init factors (fun _ ->
        use _scope = torch.NewDisposeScope()
        let rule = Fisher.MonteCarlo samples

        let G = Fisher.factor (Setup.asGiven problem setup.Layers generator) rule batch

        Dense.ofTensor (Curvature.dense (Structure.dense G)), meanGradient G)
    |> Array.unzip

let private mean (matrices: Matrix<float> array) = Dense.sum matrices / float matrices.Length

/// The standard error of the mean in the Frobenius norm, from the matrices' own scatter:
/// sqrt(sum_k |X_k - mean|^2 / (K (K - 1))).
let private standardError (matrices: Matrix<float> array) =
    let centre, K = mean matrices, float matrices.Length
    let scatter = matrices |> Array.sumBy (fun X -> (X - centre).FrobeniusNorm() ** 2.0)
    sqrt (scatter / (K * (K - 1.0)))

/// The mean against the expectation, both divided by a number that tells their size.
let private case name check (drawn: unit -> Matrix<float> array) (expectation: unit -> Matrix<float>) size : Case = {
    Name = $"{name}, {allowed} standard errors"
    Checks = [| Comparison.check check (fun () -> (mean (drawn ()) - expectation ()).FrobeniusNorm() / size ()) |]
    Tolerance = Func<float>(fun () -> allowed * standardError (drawn ()) / size ())
}

/// One network's sampled Fishers, whose expectation is the full one, written out, and sampled gradients,
/// whose expectation is zero: their mean is measured in root mean squares of one gradient.
let suite (seed: int64) (kind: Kind) =
    let setup = lazy (Setup.make kind Fisher.Ggn seed)
    let drawn = lazy (draw setup.Value seed)
    let prefix = $"{kind.Name} / mean of {factors} sampled"

    {
        Prepare = Action(fun () -> drawn.Force() |> ignore)
        Cases = [|
            case $"{prefix} factors" "dense" (fun () -> fst drawn.Value) (fun () -> setup.Value.F) (fun () ->
                setup.Value.F.FrobeniusNorm())
            case
                $"{prefix} gradients"
                "gradient"
                (fun () -> snd drawn.Value)
                (fun () -> Dense.zeros setup.Value.F.RowCount 1)
                (fun () -> sqrt (setup.Value.F.Trace()))
        |]
    }
