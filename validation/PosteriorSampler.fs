/// The sampler of posteriors is an affine map of standard normal numbers, and those can be drawn again: so the map is
/// found, and S S^T = T Sigma is held to rounding in place of the standard errors of a sample covariance.
module internal Foof.Validation.PosteriorSampler

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private seed = 5UL

let private draw (generator: torch.Generator) (shape: int64 array) =
    use numbers = torch.empty (shape, dtype = torch.ScalarType.Float64)
    numbers.normal_ (generator = generator) |> Dense.values

/// The numbers of one sample in the order of the sampler: part by part, one for each weight, and one more for each
/// column of a low-rank part.
let private noise (posterior: Posterior) generator = [|
    for part in posterior.Data.Parts do
        for shape in PrecisionPart.shapes part do
            yield! draw generator shape

        match part with
        | PrecisionPart.LowRank(_, _, V, _) -> yield! draw generator [| V.size 0 |]
        | _ -> ()
|]

/// A generator from the seed, for `draws`.
let private from (draws: torch.Generator -> 'T) =
    use generator = new torch.Generator(seed, torch.get_default_device ())
    draws generator

/// How many numbers a sample is made of.
let private count (posterior: Posterior) = from (noise posterior) |> Array.length

/// The error of S X = samples - mean for the best S, and of S S^T, whichever is larger; X has twice as many samples
/// as there are numbers in one, so that S is found to rounding.
let error (mean: Vector<float>) (covariance: Matrix<float>) (posterior: Posterior) =
    let k = 2 * count posterior

    let X =
        from (fun generator -> Array.init k (fun _ -> noise posterior generator))
        |> Matrix<float>.Build.DenseOfColumnArrays

    let samples = from (fun generator -> Sampling.draw k generator posterior)

    let Y =
        (torch.cat (samples |> Array.map _.flatten(1L), 1L) |> Dense.ofTensor).Transpose()
        - Matrix<float>.Build.DenseOfColumnVectors(Array.create k mean)

    let S = (X * X.Transpose()).Cholesky().Solve(X * Y.Transpose()).Transpose()

    max (Dense.distanceOf Y (S * X)) (Dense.distanceOf covariance (S * S.Transpose()))
