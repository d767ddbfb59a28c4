/// Scalars of one data point whose gradients make up its share of the Fisher, written out.
module internal Foof.Validation.Scalars

open Foof
open TorchSharp

/// -log p(y | f) by entry or position, without constants. Shapes: f [1; ...], y [1; ...].
let private negativeLog likelihood (f: torch.Tensor) (y: torch.Tensor) =
    match likelihood with
    | Likelihood.Categorical -> -(f.log_softmax(1L).gather(1L, y.unsqueeze 1L))
    | Likelihood.Gaussian sigma -> (f - y).square() / (2.0 * sigma * sigma)
    | Likelihood.Bernoulli -> (f.exp () + 1.0).log() - y * f
    | Likelihood.Poisson -> f.exp () - y * f
    | Likelihood.GaussianPerOutput _ -> invalidArg (nameof likelihood) "It is not written out here."

/// -log p(y | f) of one data point with its label.
let ofLabel likelihood f y = (negativeLog likelihood f y).sum()

let private number (scalar: torch.Tensor) = (Dense.values scalar).[0]

/// Every label of every position, as y: one position is looked at while the others are left out.
let private ofClasses (f: torch.Tensor) : (float * torch.Tensor) list =
    let logs = f.log_softmax(1L).reshape(f.size 1, -1L)

    [
        for position in 0L .. logs.size 1 - 1L do
            for label in 0L .. logs.size 0 - 1L do
                let log = logs.select(0L, label).select(0L, position)
                exp (number log), -log
    ]

/// Scalars with weights whose gradients' outer products sum to the expectation over all labels. Labels of
/// different entries are independent and have gradients of mean zero, so that each entry stands alone.
let ofAllLabels likelihood (f: torch.Tensor) : (float * torch.Tensor) list =
    let entries = f.reshape -1L

    let byEntry (ofEntry: torch.Tensor -> float -> (float * torch.Tensor) list) = [
        for i in 0L .. entries.size 0 - 1L do
            let entry = entries.select (0L, i)
            yield! ofEntry entry (number entry)
    ]

    match likelihood with
    | Likelihood.Categorical -> ofClasses f
    | Likelihood.Gaussian sigma -> byEntry (fun f _ -> [ 1.0, f / sigma ])
    | Likelihood.Bernoulli ->
        byEntry (fun f value ->
            let p = 1.0 / (1.0 + exp -value)
            let softplus = (f.exp () + 1.0).log()
            [ p, softplus - f; 1.0 - p, softplus ])
    // The variance of a Poisson label is its rate: E (exp f - y)^2 = exp f.
    | Likelihood.Poisson -> byEntry (fun f value -> [ exp value, f ])
    | Likelihood.GaussianPerOutput _ -> invalidArg (nameof likelihood) "It is not written out here."
