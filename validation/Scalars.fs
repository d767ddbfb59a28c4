/// Scalars of one data point whose gradients make up its share of the Fisher, written out.
module internal Foof.Validation.Scalars

open Foof
open TorchSharp

/// By data point and position whether the label counts: all do but -100 for a class.
let counts (problem: Example) : bool array array =
    let n = int (problem.Input.size 0)

    match problem.Likelihood with
    | Likelihood.Categorical ->
        let labels = Dense.values problem.Target

        labels
        |> Array.map (fun y -> y <> -100.0)
        |> Array.chunkBySize (labels.Length / n)
    | _ -> Array.create n [| true |]

/// -log softmax(f)_y by label and position of the one data point. Shapes: f [1; C; ...].
let private ofClass (f: torch.Tensor) =
    let logs = f.log_softmax(1L).reshape(f.size 1, -1L)
    fun (label: int) (position: int) -> -logs.select(0L, int64 label).select(0L, int64 position)

/// The sum over positions whose label counts.
let private ofLabels (counts: bool array) (f: torch.Tensor) (y: torch.Tensor) =
    let minusLog = ofClass f

    Dense.values y
    |> Seq.indexed
    |> Seq.filter (fun (position, _) -> counts[position])
    |> Seq.map (fun (position, label) -> minusLog (int label) position)
    |> Seq.reduce (fun x y -> x + y)

/// sigma_c of every entry of f. Shapes: f [1; C; ...], entries channel by channel.
let private perEntry (sigma: float array) (f: torch.Tensor) =
    let positions = int (f.numel ()) / sigma.Length
    sigma |> Array.collect (Array.create positions)

/// -log p(y | f) by entry, without constants. Shapes: f [1; ...], y [1; ...].
let private negativeLog likelihood (f: torch.Tensor) (y: torch.Tensor) =
    match likelihood with
    | Likelihood.Gaussian sigma -> (f - y).square() / (2.0 * sigma * sigma)
    | Likelihood.Bernoulli -> (f.exp () + 1.0).log() - y * f
    | Likelihood.Poisson -> f.exp () - y * f
    | Likelihood.GaussianPerOutput sigma ->
        let squares = ((f - y).square() / 2.0).reshape -1L

        squares
        / torch.tensor (perEntry sigma f |> Array.map (fun sigma -> sigma * sigma))
    | Likelihood.Categorical -> invalidArg (nameof likelihood) "Its labels go by position."

/// -log p(y | f) of one data point with its label.
let ofLabel likelihood counts f y =
    match likelihood with
    | Likelihood.Categorical -> ofLabels counts f y
    | _ -> (negativeLog likelihood f y).sum()

let private number (scalar: torch.Tensor) = (Dense.values scalar).[0]

/// Every label of every position, as y: one position is looked at while the others are left out.
let private ofClasses (counts: bool array) (f: torch.Tensor) : (float * torch.Tensor) list =
    let minusLog = ofClass f

    [
        for position in 0 .. counts.Length - 1 do
            if counts[position] then
                for label in 0 .. int (f.size 1) - 1 do
                    let scalar = minusLog label position
                    exp -(number scalar), scalar
    ]

/// Scalars with weights whose gradients' outer products sum to the expectation over all labels. Labels of
/// different entries are independent and have gradients of mean zero, so that each entry stands alone.
let ofAllLabels likelihood counts (f: torch.Tensor) : (float * torch.Tensor) list =
    let entries = f.reshape -1L

    let byEntry (ofEntry: torch.Tensor -> float -> (float * torch.Tensor) list) = [
        for i in 0L .. entries.size 0 - 1L do
            let entry = entries.select (0L, i)
            yield! ofEntry entry (number entry)
    ]

    match likelihood with
    | Likelihood.Categorical -> ofClasses counts f
    | Likelihood.Gaussian sigma -> byEntry (fun f _ -> [ 1.0, f / sigma ])
    | Likelihood.Bernoulli ->
        byEntry (fun f value ->
            let p = 1.0 / (1.0 + exp -value)
            let softplus = (f.exp () + 1.0).log()
            [ p, softplus - f; 1.0 - p, softplus ])
    // The variance of a Poisson label is its rate: E (exp f - y)^2 = exp f.
    | Likelihood.Poisson -> byEntry (fun f value -> [ exp value, f ])
    | Likelihood.GaussianPerOutput sigma ->
        let sigma = perEntry sigma f

        [
            for i in 0 .. sigma.Length - 1 -> 1.0, entries.select (0L, int64 i) / sigma[i]
        ]
