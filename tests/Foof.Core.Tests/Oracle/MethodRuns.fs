/// Runs of every method, through `Optimizer.Step`, beside its explicit updates.
module Foof.Core.Tests.MethodRuns

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.ExplicitMethods
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// A method with statistics and inversions in every step.
let each (recipe: Recipe) = { recipe with Cadence = Networks.everyStep.Cadence }

/// Every method by name, in every step.
let methods () = Methods.all |> List.map each

let named name = methods () |> List.find (fun recipe -> recipe.Name = name)

/// A small network, as matrices and as batches: rows [n R; d] of the input, errors of the output, which counts as
/// 1/2 |f - y|^2.
[<ReferenceEquality>]
type Small = { Model: Networks.Network; Positions: int; Input: torch.Tensor; Target: torch.Tensor }

/// Positions are a dimension of the input.
let rowsOf (tensor: torch.Tensor) = Dense.ofTensor (tensor.reshape (-1L, tensor.size -1))

let perceptron n widths positions = {
    Model = Networks.perceptron true widths
    Positions = positions
    Input = Networks.normal (if positions = 1 then [ n; List.head widths ] else [ n; positions; List.head widths ])
    Target = Networks.normal (if positions = 1 then [ n; List.last widths ] else [ n; positions; List.last widths ])
}

/// The rows of the Fisher's errors at the output, for each column: samples are the first draw of the sequence `seed`.
let fisherErrors (recipe: Recipe) seed (output: torch.Tensor) (target: torch.Tensor) =
    match recipe.Fisher with
    | Fisher.MonteCarlo _ ->
        use draws = new Draws(int64 seed)
        let sampled = Likelihood.sample Networks.gaussian output (draws.Next output.device)
        [| rowsOf (output - sampled) |]
    | Fisher.Empirical -> [| rowsOf (output - target) |]
    | Fisher.Ggn ->
        Array.init (int (Likelihood.hessianColumns Networks.gaussian output)) (fun c ->
            rowsOf (Likelihood.hessianRoot Networks.gaussian output (int64 c)))

/// The step's batch and the Fisher's columns by explicit passes, with the labels that the step draws from the sequence `seed`.
let explicit (recipe: Recipe) (network: Small) (seed: int) =
    let W = Networks.joinedWeights network.Model
    let input = rowsOf network.Input
    use _quiet = torch.no_grad ()
    let output = network.Model.call network.Input
    let batch = pass W network.Positions input (fun Z -> Z - rowsOf network.Target)

    let fisher =
        fisherErrors recipe seed output network.Target
        |> Array.map (fun errors -> pass W network.Positions input (fun _ -> errors))

    struct (batch, fisher)

/// What a step with rate 1 takes away from the weights.
let stepped (optimizer: Optimizer) (network: Small) seed =
    let before = Networks.joinedWeights network.Model
    optimizer.Draws.Position <- struct (int64 seed, 0L)
    Networks.byStep optimizer [ network.Input, network.Target ]
    Array.map2 (-) before (Networks.joinedWeights network.Model)

/// Moments over the batches so far, by explicit sums: [batch][side, layer] -> what the recipe's memory makes of it.
let remembered (recipe: Recipe) (seen: struct (Batch * Batch array) list) side l =
    let each = seen |> List.map (fun struct (batch, fisher) -> statistic side batch fisher[0] l)

    match recipe.Memory with
    | _ when side = SideStatistic.Identity -> each.Head
    | Memory.Latest -> List.last each
    | Memory.Sum -> List.reduce (+) each
    | Memory.MovingAverage beta ->
        let weights = List.init each.Length (fun k -> beta ** float (each.Length - 1 - k))
        let total = List.sum weights

        List.map2 (fun (M: Matrix<float>) w -> M * (w / total)) each weights |> List.reduce (+)

/// EKFAC's matrix of a layer after some observed batches, each with whether its step renewed the basis:
/// C <- P(keep C + share F) divided by the weights' sum, where P leaves the diagonal in the basis.
let inEigenbasis (recipe: Recipe) (seen: (struct (Batch * Batch array) * bool) list) l =
    let ofErrors, ofActivations =
        match recipe.Curvature with
        | Approximation.Eigenbasis(E, A) -> E, A
        | _ -> failwith $"{recipe.Name} has no eigenbasis"

    let keep, share =
        match recipe.Memory with
        | Memory.Latest -> 0.0, 1.0
        | Memory.Sum -> 1.0, 1.0
        | Memory.MovingAverage beta -> beta, 1.0 - beta

    let _, C, weight =
        seen
        |> List.mapi (fun k (struct (_, fisher: Batch array), renewed) ->
            let F = outer (1.0 / float fisher[0].Points) (columns fisher [| l |])
            F, renewed, remembered recipe (List.truncate (k + 1) seen |> List.map fst))
        |> List.fold
            (fun (Q, C: Matrix<float>, weight) (F, renewed, moment) ->
                let Q =
                    if renewed then
                        KroneckerFactors.eigenvectors (struct (moment ofErrors l, moment ofActivations l))
                    else
                        Q

                let C = if weight = 0.0 then F * share else C * keep + F * share
                Q, Dense.diagonalIn Q C, weight * keep + share)
            (null, null, 0.0)

    if recipe.Memory = Memory.Sum then C else C / weight

/// Runs steps on fresh batches, with momentum on the preconditioned update, and compares each with the
/// explicit one.
let followsWith momentum (recipe: Recipe) (networks: Small list) rate =
    let network = networks.Head
    use optimizer = Networks.optimizer network.Model recipe rate momentum 0.0
    let mutable gathered = [||]
    let mutable seen = []
    let mutable history = []
    let mutable gradients = []
    let mutable last = ValueNone

    networks
    |> List.iteri (fun step batch ->
        let network = { batch with Model = network.Model }
        let struct (batch, fisher) as now = explicit recipe network step
        let plan = Cadence.plan recipe.Cadence step
        let layers = [| 0 .. batch.A.Length - 1 |]

        if plan.Observe then
            seen <- seen @ [ now ]
            history <- history @ [ now, plan.Invert ]
            gradients <- Array.map batch.Gradient layers :: gradients

        let earlier = last

        if plan.Invert then last <- ValueSome struct (seen, fisher)

        let struct (inverted, fisher) =
            if recipe.IndependentBatches then earlier |> ValueOption.defaultValue last.Value else last.Value

        let window =
            match recipe.Curvature with
            | Approximation.Window m -> gradients |> List.truncate m |> List.toArray
            | _ -> [||]

        let now = directions recipe (remembered recipe inverted) batch fisher (inEigenbasis recipe history) window rate

        gathered <- if step = 0 then now else Array.map2 (fun (M: Matrix<float>) D -> M * momentum + D) gathered now

        let found = stepped optimizer network step

        let apart = Dense.distance (gathered |> Array.map (fun D -> D * rate) |> flat) (flat found)

        Expect.isTrue (apart <= Tolerance.trajectory) $"{recipe.Name}, {recipe.Memory}, step {step}: {apart}")

/// Runs steps without momentum.
let follows recipe networks rate = followsWith 0.0 recipe networks rate

let batches (recipe: Recipe) count n widths positions =
    use _scope = torch.NewDisposeScope()
    follows recipe (List.init count (fun _ -> perceptron n widths positions)) 1.0
