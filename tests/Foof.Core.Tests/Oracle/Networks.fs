/// Small networks and batches in float64, always the same ones for the same seed.
module Foof.Core.Tests.Networks

open System
open System.Collections.Generic
open Expecto
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

type Network = torch.nn.Module<torch.Tensor, torch.Tensor>

/// A model from named parts and a forward pass that uses them.
type Model(parts: (string * torch.nn.Module) list, run: torch.Tensor -> torch.Tensor) as this =
    inherit torch.nn.Module<torch.Tensor, torch.Tensor>("Model")

    do
        for name, part in parts do
            this.register_module (name, part)

    override _.forward input = run input

let double = torch.ScalarType.Float64

let linear (inputs: int) (outputs: int) (bias: bool) =
    torch.nn.Linear(int64 inputs, int64 outputs, bias, dtype = double)

/// Every layer is to be covered.
let everything = Func<string, Parameter, bool>(fun _ _ -> true)

/// max(x, 0), in x's own memory.
let reluInPlace (x: torch.Tensor) = x.relu_ ()

/// Standard normal float64 numbers.
let normal (shape: int list) = torch.randn (shape |> List.map int64 |> List.toArray, dtype = double)

let seeded (seed: int) = torch.random.manual_seed (int64 seed) |> ignore

/// What `make` makes after seeding: equal things for equal seeds.
let fromSeed (seed: int) (make: unit -> 'T) =
    seeded seed
    make ()

/// Linear layers of the given widths with tanh between them.
let perceptron (bias: bool) (widths: int list) : Network =
    let layers = widths |> List.pairwise |> List.map (fun (inputs, outputs) -> linear inputs outputs bias)

    let last = layers.Length - 1

    new Model(
        layers |> List.mapi (fun i layer -> $"fc{i}", layer :> torch.nn.Module),
        fun input ->
            layers
            |> List.indexed
            |> List.fold
                (fun x (i, layer) ->
                    let z = layer.call x
                    if i = last then z else z.tanh ())
                input
    )

/// All parameters, one after the other.
let weights (model: Network) = model.parameters () |> Seq.collect Dense.values |> Seq.toArray

/// Batches of inputs and real targets.
let batches count n (inputs: int) (outputs: int) = [ for _ in 1..count -> normal [ n; inputs ], normal [ n; outputs ] ]

let gaussian = Likelihood.Gaussian 1.0

/// The moving average's beta.
let beta (recipe: Recipe) =
    match recipe.Memory with
    | Memory.MovingAverage beta -> beta
    | Memory.Latest
    | Memory.Sum -> invalidArg (nameof recipe) "The recipe has no moving average."

/// FOOF with statistics and inversions in every step from the first one.
let everyStep = { Methods.foof with Damping = 0.1; Cadence = { InvertEvery = 1; StatisticsSteps = 1; WarmUp = 1 } }

/// FOOF with a cadence whose phases all fall into a dozen steps.
let someSteps = { everyStep with Cadence = { InvertEvery = 3; StatisticsSteps = 2; WarmUp = 4 } }

/// An attempt that fails on whatever is smaller than 1e6 / damping in norm.
let hopeless = [ { Route = Route.Cholesky; Double = false; Growth = -1e9 } ]

let optimizer (model: Network) recipe (rate: float) momentum decay =
    new Optimizer(model, recipe, gaussian, rate, momentum, decay)

/// Way (a): `Step`.
let byStep (optimizer: Optimizer) (batches: (torch.Tensor * torch.Tensor) seq) =
    for input, target in batches do
        use _result = optimizer.Step(input, target)
        ()

/// Way (b): the ordinary loop.
let byLoop (model: Network) (optimizer: torch.optim.Optimizer) (batches: (torch.Tensor * torch.Tensor) seq) =
    for input, target in batches do
        use _scope = torch.NewDisposeScope()
        optimizer.zero_grad ()
        (Likelihood.loss gaussian (model.call input) target).backward()
        optimizer.step () |> ignore

/// Way (c): the preconditioner in front of another optimiser.
let byPreconditioner (model: Network) (preconditioner: Preconditioner) (other: torch.optim.Optimizer) batches =
    for (input: torch.Tensor), (target: torch.Tensor) in batches do
        use _scope = torch.NewDisposeScope()
        other.zero_grad ()
        (Likelihood.loss gaussian (model.call input) target).backward()
        preconditioner.Precondition()
        other.step () |> ignore

/// The state's tensors as plain numbers, to compare what a call may not change.
let frozen (state: Dictionary<string, torch.Tensor>) =
    state |> Seq.map (fun entry -> entry.Key, Dense.values entry.Value) |> Map.ofSeq

/// The state of an object as plain numbers; nothing of it stays alive.
let snapshot (state: unit -> Dictionary<string, torch.Tensor>) =
    use _scope = torch.NewDisposeScope()
    frozen (state ())

/// The text of a state, whose bytes are among its numbers.
let description (state: Map<string, float array>) =
    Map.find "description" state
    |> Array.map byte
    |> System.Text.Encoding.UTF8.GetString
    |> System.Text.Json.Nodes.JsonNode.Parse

/// What the moments of a statistic of a preconditioner's layer are divided by.
let momentWeight (l: int) (statistic: string) (state: Map<string, float array>) =
    let whole = description state
    let statistics = whole["statistics"]
    let layers = statistics["layers"]
    let layer = layers[l]
    let moment = layer[statistic]
    let weight = moment["weight"]
    weight.GetValue<float>()

/// Asserts that `action` raises an 'E and leaves weights and state as they were, to the bit.
let changesNothing<'E when 'E :> exn> (model: Network) (optimizer: Optimizer) (action: unit -> unit) =
    // Weights may be NaN, which equals itself as bits only.
    let bits () = weights model |> Array.map BitConverter.DoubleToInt64Bits

    let weightsBefore = bits ()
    let before = snapshot optimizer.State
    let error = Oracle.raises<'E> action
    Expect.equal (bits ()) weightsBefore "the bits of the model's weights"
    Expect.equal (snapshot optimizer.State) before "the state of the optimizer"
    error

/// An explicit FOOF on a tanh perceptron with biases and 1/2 |f - y|^2: forward and backward pass by matrix
/// products, statistics by loops, inverses by Gauss elimination, weights [d_out; d_in + 1].
type ExplicitFoof(start: Matrix<float> array, damping: float, decay: float, rate: float, momentum: float) =
    let weights = Array.copy start

    let sums = start |> Array.map (fun W -> Dense.zeros W.ColumnCount W.ColumnCount)
    let momenta = start |> Array.map (fun W -> Dense.zeros W.RowCount W.ColumnCount)

    let inverses: Matrix<float> array = Array.zeroCreate start.Length
    let mutable batches = 0

    /// The layers' weights side by side with their biases.
    member _.Weights = weights

    member _.Step(input: Matrix<float>, target: Matrix<float>, observe: bool, invert: bool, shrink: float) =
        let n = float input.RowCount
        let batch = ExplicitMethods.pass weights 1 input (fun output -> output - target)

        if observe then batches <- batches + 1

        for l in 0 .. weights.Length - 1 do
            if observe then sums[l] <- sums[l] * decay + Dense.moment n batch.A[l] * (1.0 - decay)

            if invert then
                let average = sums[l].Divide(1.0 - Math.Pow(decay, float batches))
                inverses[l] <- (Dense.shifted damping average).Inverse()

            momenta[l] <- momenta[l] * momentum + batch.Gradient l * inverses[l]
            weights[l] <- weights[l] * shrink - momenta[l] * rate

/// The weights of a perceptron with biases as matrices [d_out; d_in + 1].
let joinedWeights (model: Network) =
    Seq.append [ model :> torch.nn.Module ] (model.modules ())
    |> Seq.choose (function
        | :? Linear as layer -> Some layer
        | _ -> None)
    |> Seq.map (fun (layer: Linear) ->
        let bias = Vector<float>.Build.Dense(Dense.values layer.bias)
        (Dense.ofTensor layer.weight).Append(bias.ToColumnMatrix()))
    |> Seq.toArray

/// One backward pass of the Gaussian loss, gradients left in `.grad`.
let backward (model: Network) (input: torch.Tensor) (target: torch.Tensor) =
    for parameter in model.parameters () do
        parameter.grad <- null

    (Likelihood.loss gaussian (model.call input) target).backward()

/// The gradients of a batch by autograd, parameter by parameter.
let gradients (model: Network) (input: torch.Tensor, target: torch.Tensor) =
    let loss = Likelihood.loss gaussian (model.call input) target

    let parameters = model.parameters () |> Seq.map (fun p -> p :> torch.Tensor) |> Seq.toArray

    torch.autograd.grad ([| loss |], parameters) |> Seq.map Dense.values |> Seq.toArray

/// A perceptron whose layer outputs are changed in place.
let inPlace (activation: torch.Tensor -> torch.Tensor) (widths: int list) () : Network =
    let layers = widths |> List.pairwise |> List.map (fun (inputs, outputs) -> linear inputs outputs true)

    new Model(
        layers |> List.mapi (fun i layer -> $"fc{i}", layer :> torch.nn.Module),
        fun input -> layers |> List.fold (fun x layer -> activation (layer.call x)) input
    )

/// A hundred batches as functions, so that a batch lives only for its step.
let hundred (n: int) (step: torch.Tensor * torch.Tensor -> unit) =
    for _ in 1..100 do
        use _scope = torch.NewDisposeScope()
        step (normal [ n; 3 ], normal [ n; 2 ])

/// Fails where A_bar is smaller than a hundred times the identity.
let forLargeOnly = [ { Route = Route.Cholesky; Double = true; Growth = -1e3 } ]
