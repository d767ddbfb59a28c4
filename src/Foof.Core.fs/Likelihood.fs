namespace Foof

open TorchSharp

/// How the network's output f speaks about the target y.
[<RequireQualifiedAccess>]
type Likelihood =
    /// p(y | f) = softmax(f)_y: f [n; C], y [n] class indices.
    | Categorical
    /// y ~ N(f, sigma^2 I): f and y [n; ...].
    | Gaussian of sigma: float

/// Losses: negative log likelihoods without their constants, as means over data points.
[<RequireQualifiedAccess>]
module Likelihood =

    let private describe (tensor: torch.Tensor) =
        let shape = tensor.shape |> Array.map string |> String.concat "; "
        $"{tensor.dtype} [{shape}]"

    let private refuse name requirement (output: torch.Tensor) (target: torch.Tensor) =
        invalidArg name $"target {requirement} for an output {describe output}; got {describe target}."

    /// The mean over data points of -log p(y_i | f_i), without constants that do not depend on f.
    ///
    /// Categorical: 1/n sum_i -log softmax(f_i)_(y_i), summed over further dimensions of f [n; C; ...],
    /// y [n; ...]. Gaussian: 1/n sum_i 1/2 |f_i - y_i|^2 / sigma^2.
    /// The result is a scalar and belongs to the caller. Raises an ArgumentException when the shapes or types
    /// do not fit, the batch is empty or sigma is not positive. (MATH 1, 2)
    let loss (likelihood: Likelihood) (output: torch.Tensor) (target: torch.Tensor) =
        Scope.tensor (fun () ->
            if target.numel () = 0L then
                refuse (nameof target) "must hold at least one data point" output target

            match likelihood with
            | Likelihood.Categorical ->
                let positions =
                    output.shape
                    |> Array.indexed
                    |> Array.filter (fun (i, _) -> i <> 1)
                    |> Array.map snd

                if
                    output.dim () < 2L
                    || target.dtype <> torch.ScalarType.Int64
                    || target.shape <> positions
                then
                    refuse
                        (nameof target)
                        "must hold class indices (Int64), one per data point and position,"
                        output
                        target

                torch.nn.functional.cross_entropy (output, target)
                * float (target.numel () / target.size 0)
            | Likelihood.Gaussian sigma ->
                Require.positive (nameof sigma) sigma

                if target.shape <> output.shape then
                    refuse (nameof target) "must have the output's shape" output target

                let scale = 0.5 / (sigma * sigma * float (output.size 0))
                (output - target).square().sum() * scale)
