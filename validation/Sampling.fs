/// The sampler of labels: the mean of many Monte-Carlo Fishers against the expectation.
module internal Foof.Validation.Sampling

open System
open Foof
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Factors that are drawn, and labels a data point in each.
let private factors, samples = 400, 20

/// The error of the mean may be this many standard errors: a normal number's is larger once in 1.7 million
/// times, and no sum of squares of normal numbers has a longer tail. (Szekely & Bakirov 2003)
let private allowed = 5.0

/// Monte-Carlo Fishers of the core, one after another from one generator.
let private draw (setup: Setup) (seed: int64) =
    use generator = new torch.Generator(uint64 seed)

    let batch = {
        Input = setup.Problem.Input
        Target = setup.Problem.Target
    }

    Array.init factors (fun _ ->
        use _scope = torch.NewDisposeScope()

        Fisher.factor
            setup.Problem.Network
            setup.Layers
            (Fisher.MonteCarlo samples)
            setup.Problem.Likelihood
            batch
            generator
        |> Structure.dense
        |> Curvature.dense
        |> Dense.ofTensor)

let private mean (matrices: Matrix<float> array) =
    Array.reduce (fun X Y -> X + Y) matrices / float matrices.Length

/// The standard error of the mean in the Frobenius norm, from the matrices' own scatter:
/// sqrt(sum_k |F_k - mean|^2 / (K (K - 1))).
let private standardError (matrices: Matrix<float> array) =
    let centre, K = mean matrices, float matrices.Length

    let scatter = matrices |> Array.sumBy (fun F -> (F - centre).FrobeniusNorm() ** 2.0)

    sqrt (scatter / (K * (K - 1.0)))

/// One network's sampled Fishers; F is the full one, written out.
let suite (seed: int64) (kind: Kind) =
    let setup = lazy (Setup.make kind Fisher.Full seed)
    let drawn = lazy (draw setup.Value seed)

    {
        Prepare = Action(fun () -> drawn.Force() |> ignore)
        Cases = [|
            {
                Name = $"{kind.Name} / mean of {factors} sampled factors, {allowed} standard errors"
                Checks = [|
                    Comparison.check "dense" (fun () -> Dense.distanceOf setup.Value.F (mean drawn.Value))
                |]
                Tolerance =
                    Func<float>(fun () -> allowed * standardError drawn.Value / setup.Value.F.FrobeniusNorm())
            }
        |]
    }
