/// Eight data points of which three are ignored are the five others alone, for everything that is a mean over data
/// points: also what is made of the inputs without the errors.
module Foof.Core.Tests.IgnoredLabelsTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private classes = [ 1; -100; 2; -100; -100; 0; 0; 1 ]

let private labels = torch.tensor [| for label in classes -> int64 label |]

let private kept =
    torch.tensor [|
        for i, label in List.indexed classes do
            if label >= 0 then int64 i
    |]

let private among (tensor: torch.Tensor) = tensor.index_select (0L, kept)

let private flatten (x: torch.Tensor) = x.flatten 1L

/// Networks with layers of each kind, and inputs of eight data points.
let private networks: (string * (unit -> Networks.Network * torch.Tensor)) list =
    let double = Networks.double

    let convolutional (groups: int64) () =
        let layer = torch.nn.Conv2d(2L, 2L, 2L, groups = groups, dtype = double)
        let last = Networks.linear 32 3 true
        let run (x: torch.Tensor) = x |> layer.call |> torch.tanh |> flatten |> last.call
        new Networks.Model([ "layer", layer; "last", last ], run) :> Networks.Network, Networks.normal [ 8; 2; 5; 5 ]

    [
        "linear", (fun () -> Networks.perceptron true [ 4; 5; 3 ], Networks.normal [ 8; 4 ])
        "convolution", convolutional 1L
        "grouped convolution", convolutional 2L
        "batch norm",
        (fun () ->
            let first, norm, last =
                Networks.linear 4 6 true, torch.nn.BatchNorm1d(6L, dtype = double), Networks.linear 6 3 true

            let run = first.call >> norm.call >> torch.tanh >> last.call

            new Networks.Model([ "first", first; "norm", norm; "last", last ], run) :> Networks.Network,
            Networks.normal [ 8; 4 ])
        "embedding",
        (fun () ->
            let table, last = torch.nn.Embedding(7L, 4L, dtype = double), Networks.linear 8 3 true
            let run = table.call >> flatten >> last.call

            new Networks.Model([ "table", table; "last", last ], run) :> Networks.Network,
            torch.randint (7L, [| 8L; 2L |], dtype = torch.ScalarType.Int64))
        "one layer, called twice",
        (fun () ->
            let twice, last = Networks.linear 4 4 true, Networks.linear 4 3 true
            let run = twice.call >> torch.tanh >> twice.call >> last.call

            new Networks.Model([ "twice", twice; "last", last ], run) :> Networks.Network, Networks.normal [ 8; 4 ])
    ]

let private structures: (string * (FisherFactor -> Curvature)) list = [
    "low rank", Structure.lowRank
    "dense", Structure.dense
    "blocks", Structure.layerwiseDense
    "diagonal", Structure.diagonal
    "units", Structure.units
    "Kronecker", Structure.kronecker Positions.Summed Positions.Averaged
    "Kronecker, pooled", Structure.kronecker Positions.Pooled Positions.Pooled
    "FOOF", Structure.activationFactors Positions.Summed
    "eigenbasis", Structure.eigenbasis Positions.Summed Positions.Averaged
    "trace", Structure.traceKronecker
]

let private factorOf (model: Networks.Network) fisher input target =
    Fisher.factor (Problem.OfModel(model, Likelihood.Categorical)) fisher { Input = input; Target = target }

/// The weights after three steps on the same batch.
let private trained (make: unit -> Networks.Network * torch.Tensor) (recipe: Recipe) whole =
    use _scope = torch.NewDisposeScope()
    let model, input = Networks.fromSeed 5 make
    let some (tensor: torch.Tensor) = if whole then tensor else among tensor
    let cadence = { InvertEvery = 1; StatisticsSteps = 1; WarmUp = 0 }
    let fisher = if recipe.Fisher.IsMonteCarlo then Fisher.Ggn else recipe.Fisher
    let recipe = { recipe with Cadence = cadence; Fisher = fisher; Damping = 0.5 }
    use optimizer = new Optimizer(model, recipe, Likelihood.Categorical, learningRate = 0.05)

    for _ in 1..3 do
        optimizer.Step(some input, some labels) |> ignore

    Networks.weights model

[<Tests>]
let tests =
    testList "Fisher.IgnoredLabels" [
        testList "the curvature is that of the others alone" [
            for network, make in networks do
                for name, structure in structures do
                    test $"{network}, {name}" {
                        use _scope = torch.NewDisposeScope()
                        let model, input = Networks.fromSeed 5 make
                        model.eval ()

                        // What needs rows as matrices does not suit every layer.
                        let dense input target =
                            try
                                Some(Curvature.dense (structure (factorOf model Fisher.Ggn input target)))
                            with :? System.ArgumentException ->
                                None

                        match dense (among input) (among labels) with
                        | Some expected ->
                            Oracle.agreesWith
                                Tolerance.explicit
                                (Dense.ofTensor expected)
                                (dense input labels |> Option.get)
                        | None -> Expect.isNone (dense input labels) "the structure"
                    }
        ]

        testList "steps are those of the others alone" [
            for network, make in networks do
                // The mean and the variance of a batch in training are those of all its points.
                if network <> "batch norm" then
                    for recipe in Methods.all do
                        test $"{network}, {recipe.Name}" {
                            let covers =
                                use _scope = torch.NewDisposeScope()
                                let model, _ = make ()
                                (Coverage.all model).Layers |> Array.forall (Recipe.objection recipe >> _.IsNone)

                            if covers then
                                Oracle.agrees
                                    Tolerance.trajectory
                                    (trained make recipe false)
                                    (trained make recipe true)
                        }
        ]

        test "a batch without a label that counts adds nothing to the statistics of inputs" {
            use _scope = torch.NewDisposeScope()
            let none = torch.full_like (labels, -100)

            let after (more: bool) =
                let model, input = Networks.fromSeed 5 (snd networks[0])
                use optimizer = new Optimizer(model, Networks.everyStep, Likelihood.Categorical, learningRate = 0.1)
                optimizer.UpdateCurvature(input, labels)
                if more then optimizer.UpdateCurvature(input * 100.0, none)
                optimizer.Step(input, labels) |> ignore
                Networks.weights model

            Oracle.agrees Tolerance.rounding (after false) (after true)
        }
    ]
