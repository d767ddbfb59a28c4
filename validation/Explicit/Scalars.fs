namespace Foof.Explicit

open Foof
open TorchSharp

/// Whose labels the explicit gradients are taken at.
[<RequireQualifiedAccess; ReferenceEquality>]
type internal Labels =
    /// The expectation over all of them.
    | All
    /// Each of these, all with equal weight.
    | Given of torch.Tensor array

/// Scalars of one data point whose gradients make up its share of the Fisher.
[<RequireQualifiedAccess>]
module internal Scalars =

    /// By data point and position whether the label counts: all do but -100 for a class.
    let counts likelihood (n: int) (target: torch.Tensor) : bool array array =
        match likelihood with
        | Likelihood.Categorical ->
            let labels = Dense.values target

            labels |> Array.map (fun y -> y <> -100.0) |> Array.chunkBySize (labels.Length / n)
        | _ -> Array.create n [| true |]

    let private number (scalar: torch.Tensor) = (Dense.values scalar).[0]

    /// -log p of one position of the one data point. Shapes: f [1; C; ...], y [1; ...].
    let private atPosition f y (position: int) =
        (Loss.entries Likelihood.Categorical f y).reshape(-1L).select(0L, int64 position)

    /// -log p(y | f) of one data point with its label, a sum over the positions whose label counts.
    let private ofLabel likelihood (counts: bool array) (f: torch.Tensor) (y: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical ->
            // -100 is no class that could be looked up; what takes its place is not summed.
            let classes = y.clamp (min = (0L).ToScalar())

            [ 0 .. counts.Length - 1 ]
            |> List.filter (fun position -> counts[position])
            |> List.map (atPosition f classes)
            |> List.reduce (fun x y -> x + y)
        | _ -> (Loss.entries likelihood f y).sum()

    /// Every label of every position, as y: one position is looked at while the others are left out.
    let private ofClasses (counts: bool array) (f: torch.Tensor) : (float * torch.Tensor) list = [
        let shape = Array.removeAt 1 f.shape

        for position in 0 .. counts.Length - 1 do
            if counts[position] then
                for label in 0L .. f.size 1 - 1L do
                    let y = torch.full (shape, label.ToScalar(), dtype = torch.ScalarType.Int64)
                    let scalar = atPosition f y position
                    exp -(number scalar), scalar
    ]

    /// Scalars with weights whose gradients' outer products sum to the expectation over all labels. Labels of
    /// different entries are independent and have gradients of mean zero, so that each entry stands alone.
    let private ofAllLabels likelihood counts (f: torch.Tensor) : (float * torch.Tensor) list =
        let entries = f.reshape -1L

        let byEntry (ofEntry: int -> torch.Tensor -> float -> (float * torch.Tensor) list) = [
            for i in 0 .. int (entries.size 0) - 1 do
                let entry = entries.select (0L, int64 i)
                yield! ofEntry i entry (number entry)
        ]

        match likelihood with
        | Likelihood.Categorical -> ofClasses counts f
        | Likelihood.Gaussian sigma -> byEntry (fun _ f _ -> [ 1.0, f / sigma ])
        | Likelihood.Bernoulli ->
            byEntry (fun _ f value ->
                let p = 1.0 / (1.0 + exp -value)
                let softplus = (f.exp () + 1.0).log()
                [ p, softplus - f; 1.0 - p, softplus ])
        // The variance of a Poisson label is its rate: E (exp f - y)^2 = exp f.
        | Likelihood.Poisson -> byEntry (fun _ f value -> [ exp value, f ])
        | Likelihood.GaussianPerOutput sigma ->
            // Entries go channel by channel.
            let positions = int (f.numel ()) / sigma.Length
            byEntry (fun i f _ -> [ 1.0, f / sigma[i / positions] ])

    /// Scalars with weights for data point i with the output f [1; ...]: none where no label counts.
    let ofPoint likelihood labels (counts: bool array) (i: int) (f: torch.Tensor) =
        match labels with
        | _ when not (Array.contains true counts) -> []
        | Labels.All -> ofAllLabels likelihood counts f
        | Labels.Given draws -> [
            for y in draws -> 1.0 / float draws.Length, ofLabel likelihood counts f (y.narrow (0L, int64 i, 1L))
          ]
