/// Functions of the weights at a model's parameters.
module Foof.Core.Tests.WeightPenaltyTests

open Expecto
open Foof
open Foof.Explicit
open TorchSharp
open TorchSharp.Modules

let private models: (string * (unit -> Networks.Network)) list = [
    "with biases", fun () -> Networks.perceptron true [ 3; 4; 2 ]
    "without biases", fun () -> Networks.perceptron false [ 3; 4; 2 ]
    "convolution and norm",
    fun () ->
        torch.nn.Sequential(
            struct ("conv",
                    torch.nn.Conv2d(2L, 4L, 3L, groups = 2L, dtype = Networks.double)
                    :> torch.nn.Module<torch.Tensor, torch.Tensor>),
            struct ("flatten", torch.nn.Flatten() :> torch.nn.Module<torch.Tensor, torch.Tensor>),
            struct ("norm",
                    torch.nn.LayerNorm([| 4L |], dtype = Networks.double) :> torch.nn.Module<torch.Tensor, torch.Tensor>)
        )
        :> Networks.Network
    "embedding", fun () -> torch.nn.Embedding(5L, 3L, dtype = Networks.double) :> Networks.Network
]

let names = models |> List.map fst

let private layersOf name =
    let model = (models |> List.find (fun (other, _) -> other = name) |> snd) ()
    let layers = (Coverage.survey model Networks.everything).Layers
    Expect.isNonEmpty layers "the layers"
    model, layers

let private shapes (layers: Layer array) =
    layers |> Array.map (fun layer -> [| Layer.outputs layer; Layer.inputs layer |])

let private gradientsOf (layers: Layer array) = Weights.flatten (WeightPenalty.gradients layers)

/// 1/2 |theta|^2 of all parameters, as a penalty.
type private Half(model: Networks.Network, scale: float) =
    interface IPenalty with
        member _.Gradients() = [|
            for parameter in model.parameters () -> { Parameter = parameter; Gradient = parameter.detach () * scale }
        |]

let private trained
    recipe
    (scale: float)
    (withPenalty: Networks.Network -> Optimizer -> (torch.Tensor * torch.Tensor) list -> unit)
    =
    Networks.seeded 5
    let model = Networks.perceptron true [ 3; 5; 2 ]
    use optimizer = Networks.optimizer model recipe 0.1 0.5 0.0
    let batches = Networks.batches 4 6 3 2
    optimizer.Penalty <- Half(model, scale)
    withPenalty model optimizer batches
    Networks.weights model

let private byAutograd scale (model: Networks.Network) (optimizer: Optimizer) batches =
    optimizer.Penalty <- null

    for input: torch.Tensor, target: torch.Tensor in batches do
        use _scope = torch.NewDisposeScope()
        optimizer.zero_grad ()

        let penalty =
            model.parameters () |> Seq.map (fun parameter -> parameter.square().sum()) |> Seq.reduce (fun x y -> x + y)

        (Likelihood.loss Networks.gaussian (model.call input) target + penalty * (0.5 * scale)).backward()

        optimizer.step () |> ignore

[<Tests>]
let tests =
    testList "Layers.WeightPenalty" [
        testList "a backward pass from the attached value gives the gradient, and its value is the value" [
            for name in names do
                test name {
                    use _scope = torch.NewDisposeScope()
                    let model, layers = layersOf name
                    let gradient = Vectors.random (shapes layers)
                    let value = Networks.normal []
                    let attached = WeightPenalty.attached layers value gradient
                    Expect.equal (Dense.values attached) (Dense.values value) "the attached"
                    (attached * 2.0).backward()

                    Oracle.agrees
                        Tolerance.rounding
                        ((Weights.flatten gradient * 2.0).ToArray())
                        ((gradientsOf layers).ToArray())

                    Expect.isNonEmpty (model.parameters ()) "the parameters"
                }
        ]

        testList "adding to .grad creates a missing gradient, and adds to an existing one" [
            for name in names do
                test name {
                    use _scope = torch.NewDisposeScope()
                    let _, layers = layersOf name
                    let gradient = Vectors.random (shapes layers)

                    for g in (gradientsOf layers).ToArray() do
                        Expect.equal g 0.0 "every gradient"

                    WeightPenalty.addTo layers gradient

                    Oracle.agrees
                        Tolerance.rounding
                        ((Weights.flatten gradient).ToArray())
                        ((gradientsOf layers).ToArray())

                    WeightPenalty.addTo layers gradient

                    Oracle.agrees
                        Tolerance.rounding
                        ((Weights.flatten gradient * 2.0).ToArray())
                        ((gradientsOf layers).ToArray())

                    for layer in layers do
                        for parameter in Layer.parameters layer do
                            Expect.isFalse parameter.grad.requires_grad "grad of parameter requires a gradient"
                }
        ]

        testList "a copy of the weights stays when the parameters move, and gradients are distributed to parameters" [
            for name in names do
                test name {
                    use _scope = torch.NewDisposeScope()
                    let _, layers = layersOf name
                    let before = Weights.flatten (WeightPenalty.weights layers)
                    let copied = WeightPenalty.copied layers
                    use _quiet = torch.no_grad ()

                    for layer in layers do
                        for parameter in Layer.parameters layer do
                            parameter.add_ (1.0.ToScalar()) |> ignore

                    Oracle.agrees Tolerance.rounding (before.ToArray()) (Weights.numbers copied)

                    Oracle.agrees
                        Tolerance.rounding
                        ((before + 1.0).ToArray())
                        (Weights.numbers (WeightPenalty.weights layers))

                    let gradient = Vectors.random (shapes layers)
                    let dealt = WeightPenalty.dealt layers gradient
                    let parameters = layers |> Array.collect Layer.parameters
                    Expect.equal dealt.Length parameters.Length "the number of dealt"

                    for expected, own in Array.zip parameters dealt do
                        Oracle.isSame own.Parameter expected "the parameter"
                        Expect.equal own.Gradient.shape expected.shape "the shape of the gradient"
                }
        ]

        test "the optimiser's penalty is that of a loss with it, by steps of its own and in the ordinary loop" {
            let expected = trained Networks.everyStep 0.3 (byAutograd 0.3)

            let byStep = trained Networks.everyStep 0.3 (fun _ optimizer -> Networks.byStep optimizer)

            let byLoop = trained Networks.everyStep 0.3 Networks.byLoop
            Oracle.agrees Tolerance.explicit expected byStep
            Oracle.agrees Tolerance.explicit expected byLoop
            let without = trained Networks.everyStep 0.0 Networks.byLoop
            Expect.isTrue (Dense.distance expected without > 1e-3) "the penalty matters"
        }
    ]
