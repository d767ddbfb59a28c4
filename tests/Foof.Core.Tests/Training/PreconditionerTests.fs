[<Seeded>]
module Foof.Core.Tests.PreconditionerTests

open System
open System.Threading
open Foof
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open Xunit

/// One backward pass of the Gaussian loss, gradients left in `.grad`.
let backward (model: Networks.Network) (input: torch.Tensor) (target: torch.Tensor) =
    for parameter in model.parameters () do
        parameter.grad <- null

    (Likelihood.loss Networks.gaussian (model.call input) target).backward()

let factorOf (preconditioner: Preconditioner) name =
    Networks.snapshot preconditioner.State |> Map.find $"{name}.activation.sum"

[<Fact>]
let ``each covered gradient is multiplied by the damped inverse, others stay`` () =
    use _scope = torch.NewDisposeScope()
    let covered, excluded = Networks.linear 3 4 true, Networks.linear 4 2 true

    let model =
        new Networks.Model([ "in", covered; "out", excluded ], covered.call >> excluded.call)

    use preconditioner =
        new Preconditioner(model, Networks.everyStep, (fun name _ -> name = "in"))

    let input, target = Networks.normal [ 5; 3 ], Networks.normal [ 5; 2 ]
    backward model input target
    let layer = Assert.Single preconditioner.Layers

    let gradient =
        Oracle.matrix (Layer.joined layer covered.weight.grad (ValueSome covered.bias.grad))

    let untouched = Oracle.values excluded.weight.grad
    preconditioner.Precondition()
    let A = Oracle.withOnes (Oracle.matrix input)
    let damped = Oracle.activationFactor 5.0 A + Oracle.identity 4 * 0.1
    let direction = Layer.joined layer covered.weight.grad (ValueSome covered.bias.grad)
    Oracle.agreesWith Tolerance.explicit (gradient * damped.Inverse()) direction
    Assert.Equal<float array>(untouched, Oracle.values excluded.weight.grad)

[<Fact>]
let ``statistics change in the S observed steps of T only, inverses in the T-th`` () =
    use _scope = torch.NewDisposeScope()
    let model = Networks.perceptron true [ 3; 2 ]

    let cadence = {
        InvertEvery = 4
        StatisticsSteps = 2
        WarmUp = 3
    }

    use preconditioner =
        new Preconditioner(
            model,
            {
                Networks.everyStep with
                    Cadence = cadence
            }
        )

    let steps =
        List.init 15 (fun _ ->
            let before = Networks.snapshot preconditioner.State
            backward model (Networks.normal [ 5; 3 ]) (Networks.normal [ 5; 2 ])
            preconditioner.Precondition()
            let after = Networks.snapshot preconditioner.State

            let changed name =
                Map.tryFind name before <> Map.tryFind name after

            match changed "fc0.activation.weight", changed "fc0.activation.inverse" with
            | true, true -> "b"
            | true, false -> "o"
            | false, true -> "i"
            | false, false -> ".")

    Assert.Equal("bbb..ob..ob..ob", String.concat "" steps)
    Assert.Equal(15, preconditioner.Position)

[<Fact>]
let ``the warm-up is the normalised average of its batches and no more than the cadence wants`` () =
    use _scope = torch.NewDisposeScope()
    let model = Networks.perceptron true [ 3; 2 ]

    use preconditioner =
        new Preconditioner(
            model,
            {
                Networks.someSteps with
                    Cadence = {
                        Networks.someSteps.Cadence with
                            WarmUp = 3
                    }
            }
        )

    let inputs = List.init 5 (fun i -> Networks.normal [ i + 1; 3 ])
    // A pass before it, as somebody makes to see whether the model runs, is none of its batches.
    model.call (Networks.normal [ 7; 3 ]) |> ignore
    let mutable asked = 0

    preconditioner.WarmUp(
        seq {
            for input in inputs do
                asked <- asked + 1
                input
        }
    )

    let beta = Networks.beta Networks.someSteps
    let weights = [ for k in 0..2 -> (1.0 - beta) * pown beta (2 - k) / (1.0 - pown beta 3) ]

    let average =
        List.map2
            (fun weight (input: torch.Tensor) ->
                Oracle.activationFactor (float (input.size 0)) (Oracle.withOnes (Oracle.matrix input))
                * weight)
            weights
            (List.take 3 inputs)
        |> List.reduce (+)

    Assert.Equal(3, asked)
    Assert.Equal(3, preconditioner.Position)
    let layer = Assert.Single preconditioner.Layers
    let inverse = preconditioner.Apply(layer, torch.eye (4L, dtype = Networks.double))
    Oracle.agreesWith Tolerance.explicit ((average + Oracle.identity 4 * 0.1).Inverse()) inverse

[<Fact>]
let ``a warm-up without a batch is refused and changes nothing`` () =
    use _scope = torch.NewDisposeScope()

    use preconditioner =
        new Preconditioner(Networks.perceptron true [ 3; 2 ], Networks.someSteps)

    let error = Oracle.raises<ArgumentException>(fun () -> preconditioner.WarmUp [])
    Assert.Equal("inputs", error.ParamName)
    Assert.Equal(0, preconditioner.Position)

[<Fact>]
let ``a warm-up that fails half way leaves everything as before`` () =
    use _scope = torch.NewDisposeScope()

    use preconditioner =
        new Preconditioner(Networks.perceptron true [ 3; 2 ], Networks.someSteps)

    preconditioner.WarmUp [ Networks.normal [ 4; 3 ] ]
    let before = Networks.snapshot preconditioner.State

    let broken =
        seq {
            Networks.normal [ 4; 3 ]
            invalidOp "the data end here"
        }

    Oracle.raises<InvalidOperationException>(fun () -> preconditioner.WarmUp broken)
    |> ignore

    Assert.Equal<Map<string, float array>>(before, Networks.snapshot preconditioner.State)

[<Fact>]
let ``a layer called twice in one pass adds up over its data points`` () =
    use _scope = torch.NewDisposeScope()
    let layer = Networks.linear 3 3 false
    let model = new Networks.Model([ "fc", layer ], layer.call >> layer.call)

    use preconditioner =
        new Preconditioner(
            model,
            {
                Networks.everyStep with
                    Memory = Memory.MovingAverage 0.0
            }
        )

    let input = Networks.normal [ 4; 3 ]
    backward model input (Networks.normal [ 4; 3 ])
    let first = Oracle.matrix input
    let second = first * (Oracle.matrix layer.weight).Transpose()
    preconditioner.Precondition()
    let expected = Oracle.activationFactor 4.0 (first.Stack second)
    Oracle.agrees Tolerance.rounding (expected.ToRowMajorArray()) (factorOf preconditioner "fc")

[<Fact>]
let ``passes that gather gradients before one step are one batch`` () =
    use _scope = torch.NewDisposeScope()
    let model = Networks.perceptron false [ 3; 2 ]

    use preconditioner =
        new Preconditioner(
            model,
            {
                Networks.everyStep with
                    Memory = Memory.MovingAverage 0.0
            }
        )

    let parts = [ Networks.normal [ 4; 3 ]; Networks.normal [ 2; 3 ] ]

    for part in parts do
        (model.call part).sum().backward()

    preconditioner.Precondition()

    let all =
        parts
        |> List.map Oracle.matrix
        |> List.reduce (fun above below -> above.Stack below)

    Oracle.agrees
        Tolerance.rounding
        ((Oracle.activationFactor 6.0 all).ToRowMajorArray())
        (factorOf preconditioner "fc0")

/// The statistics after one training pass with `meanwhile` run between its forward and its step.
let statisticsWith (meanwhile: Networks.Network -> unit) =
    use _scope = torch.NewDisposeScope()
    let model = Networks.fromSeed 3 (fun () -> Networks.perceptron true [ 3; 4; 2 ])
    use preconditioner = new Preconditioner(model, Networks.everyStep)
    backward model (Networks.normal [ 5; 3 ]) (Networks.normal [ 5; 2 ])
    meanwhile model
    preconditioner.Precondition()
    Networks.snapshot preconditioner.State

let unseen meanwhile =
    Assert.Equal<Map<string, float array>>(statisticsWith ignore, statisticsWith meanwhile)

[<Fact>]
let ``a model in training mode evaluated under no_grad between steps is not recorded`` () =
    unseen (fun model ->
        use _quiet = torch.no_grad ()
        model.call (Networks.normal [ 9; 3 ]) |> ignore)

[<Fact>]
let ``a model in evaluation mode is not recorded`` () =
    unseen (fun model ->
        model.eval ()
        model.call (Networks.normal [ 9; 3 ]) |> ignore
        model.train ())

[<Fact>]
let ``another thread's evaluation is not recorded`` () =
    unseen (fun model ->
        let evaluate () =
            use _quiet = torch.no_grad ()
            model.call (torch.ones (9L, 3L, dtype = Networks.double)) |> ignore

        let thread = Thread evaluate
        thread.Start()
        thread.Join())

[<Fact>]
let ``a layer that was never recorded cannot be applied`` () =
    use _scope = torch.NewDisposeScope()

    use preconditioner =
        new Preconditioner(Networks.perceptron true [ 3; 2 ], Networks.everyStep)

    let apply () =
        preconditioner.Apply(preconditioner.Layers[0], Networks.normal [ 2; 4 ])
        |> ignore

    Assert.Contains("no recorded input", (Oracle.raises<InvalidOperationException> apply).Message)

[<Fact>]
let ``a layer run through forward instead of call is an error that changes no gradient`` () =
    use _scope = torch.NewDisposeScope()
    let first, second = Networks.linear 3 4 true, Networks.linear 4 2 true

    let model =
        new Networks.Model([ "a", first; "b", second ], fun input -> second.forward (first.call input))

    use preconditioner = new Preconditioner(model, Networks.everyStep)
    backward model (Networks.normal [ 5; 3 ]) (Networks.normal [ 5; 2 ])

    let gradients () =
        model.parameters ()
        |> Seq.collect (fun p -> Oracle.values p.grad)
        |> Seq.toArray

    let before, state = gradients (), Networks.snapshot preconditioner.State
    let error = Oracle.raises<InvalidOperationException> preconditioner.Precondition
    Assert.Contains("layer 'b'", error.Message)
    Assert.Contains("call()", error.Message)
    Assert.Equal<float array>(before, gradients ())
    Assert.Equal<Map<string, float array>>(state, Networks.snapshot preconditioner.State)

[<Fact>]
let ``a bad recipe is refused before anything is hooked`` () =
    let model = Networks.perceptron true [ 3; 2 ]

    let make () =
        new Preconditioner(model, { Methods.foof with Damping = 0.0 }) |> ignore

    Assert.Equal(0L, Oracle.leaked (fun () -> Oracle.raises<ArgumentException> make |> ignore))
