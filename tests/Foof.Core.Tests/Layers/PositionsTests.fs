/// Positions of layers that share their weight: which of them count, and how they enter Kronecker factors.
module Foof.Core.Tests.PositionsTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let private meanOver (mask: torch.Tensor) (x: torch.Tensor) =
    let weights = mask.``to``(Networks.double).unsqueeze -1L
    (x * weights).sum([| 1L |]) / weights.sum ([| 1L |])

/// A linear layer, a layer norm and another linear layer on nodes, and a head for the mean of those that are there: of
/// inputs whose last element is one there.
let private graphs masks : Networks.Network =
    Networks.seeded 5
    let first, second, head = Networks.linear 2 4 true, Networks.linear 4 3 true, Networks.linear 3 2 true
    let norm = torch.nn.LayerNorm([| 4L |], dtype = Networks.double)

    let run (x: torch.Tensor) =
        let isNode = x.select(2L, 2L).gt(0.5.ToScalar())
        let nodes () = x.narrow (2L, 0L, 2L) |> first.call |> norm.call |> _.tanh() |> second.call
        let nodes =
            if masks then
                use _nodes = PositionMask.Over isNode
                nodes ()
            else
                nodes ()
        meanOver isNode (nodes.tanh ()) |> head.call

    new Networks.Model([ "first", first; "norm", norm; "second", second; "head", head ], run)

/// Graphs of three nodes, and `padding` places more with nodes that are not there.
let private batch (padding: int) =
    Networks.seeded 6
    let features = Networks.normal [ 5; 3; 2 ]
    let nodes = torch.cat ([| features; torch.ones (5L, 3L, 1L, dtype = Networks.double) |], 2L)
    let nothing =
        torch.cat ([| Networks.normal [ 5; padding; 2 ]; torch.zeros (5L, padding, 1L, dtype = Networks.double) |], 2L)
    if padding = 0 then nodes else torch.cat ([| nodes; nothing |], 1L)

let private target () =
    Networks.seeded 7
    Networks.normal [ 5; 2 ]

/// The weights after three steps, by `Step` or in an ordinary loop.
let private trained (model: Networks.Network) recipe inLoop (input: torch.Tensor) =
    // Labels are sampled by the same numbers.
    Networks.seeded 8
    use optimizer = Networks.optimizer model recipe 0.01 0.0 0.0
    let target = target ()

    for _ in 1..3 do
        if inLoop then
            optimizer.zero_grad ()
            ((model.call input - target).square().sum() / 5.0).backward()
            optimizer.step () |> ignore
        else
            optimizer.Step(input, target).Dispose()

    Networks.weights model

let private choosing sharing (model: Networks.Network) =
    sharing model
    model

let private curvature make (model: Networks.Network) =
    let layers = (Coverage.all model).Layers
    let problem = Problem.OfModel(model, Networks.gaussian)
    let G = Fisher.factor problem Fisher.Ggn { Input = batch 0; Target = null }
    Dense.ofTensor(Curvature.dense (make layers G)).ToRowMajorArray()

[<Tests>]
let tests =
    testList "Layers.Positions" [
        test "every method trains padded graphs as it trains those without padding, where they are masked" {
            for recipe in MethodRuns.methods () do
                use _scope = torch.NewDisposeScope()
                let expected = trained (graphs false) recipe false (batch 0)
                let found = trained (graphs true) recipe false (batch 2)
                Oracle.agrees Tolerance.trajectory expected found
        }

        test "an ordinary loop looks at the mask" {
            use _scope = torch.NewDisposeScope()
            let expected = trained (graphs false) Methods.foof true (batch 0)
            Oracle.agrees Tolerance.trajectory expected (trained (graphs true) Methods.foof true (batch 2))
        }

        test "a mask of another shape or type, and layers that have no rows of their own a position, are refused" {
            use _scope = torch.NewDisposeScope()
            let model = graphs true
            let mask (sizes: int64 list) = torch.ones (List.toArray sizes, dtype = torch.ScalarType.Bool)

            let refused (model: Networks.Network) (input: torch.Tensor) (mask: torch.Tensor) (words: string list) =
                use optimizer = Networks.optimizer model Methods.foof 0.01 0.0 0.0
                let error =
                    Oracle.raises<ArgumentException>(fun () ->
                        use _mask = PositionMask.Over mask
                        optimizer.UpdateCurvature(input, null) |> ignore)
                for word in words do
                    Expect.stringContains error.Message word "the sentence"
                Expect.isNull PositionMask.Current "the mask after an error"

            let linear = Networks.linear 2 3 true
            let single = new Networks.Model([ "first", linear ], linear.call)
            refused single (Networks.normal [ 4; 3; 2 ]) (mask [ 4L; 2L ]) [ "[4; 2]"; "layer 'first'"; "[4; 3; 2]" ]
            refused single (Networks.normal [ 4; 2 ]) (mask [ 4L; 2L ]) [ "[4; 2]"; "layer 'first'" ]
            let convolution = torch.nn.Conv1d(2L, 3L, 1L, dtype = Networks.double)
            let images = new Networks.Model([ "line", convolution ], convolution.call)
            refused images (Networks.normal [ 4; 2; 3 ]) (mask [ 4L; 3L ]) [ "Linear and LayerNorm"; "layer 'line'" ]

            for wrong in [ torch.ones (4L, 3L); mask [ 4L ] ] do
                Oracle.raises<ArgumentException>(fun () -> PositionMask.Over wrong |> ignore) |> ignore

            Oracle.raises<ArgumentNullException>(fun () -> PositionMask.Over null |> ignore) |> ignore
            Expect.isGreaterThan (trained model Methods.kfac false (batch 2)).Length 0 "the model trains after errors"
        }

        test "a layer keeps to the weight sharing that was chosen for it, and others to the method's" {
            use _scope = torch.NewDisposeScope()
            let kfac model = curvature Structure.kroneckerOf model
            let by positions = curvature (fun _ -> positions ||> Structure.kronecker) (graphs false)
            let expand = by (Positions.Summed, Positions.Averaged)
            let reduce = by (Positions.Pooled, Positions.Pooled)
            Oracle.agrees Tolerance.rounding expand (kfac (graphs false))
            Oracle.agrees Tolerance.rounding reduce (kfac (choosing SharedWeights.reduce (graphs false)))

            let mixed = graphs false
            SharedWeights.reduce (
                mixed.named_children ()
                |> Seq.find (fun struct (name, _) -> name = "second")
                |> (fun struct (_, layer) -> layer)
            )
            let order = (Networks.weights mixed).Length
            let found = kfac mixed
            // The first layer has 4 x 3 weights, the norm 8, the second layer 3 x 5 from there on.
            let isOfSecond i = i >= 20 && i < 35
            let pick (ofSecond: float array) (ofOthers: float array) =
                Array.init found.Length (fun i -> if isOfSecond (i / order) then ofSecond[i] else ofOthers[i])
            Oracle.agrees Tolerance.rounding (pick reduce expand) found
        }

        test "optimisers keep to the weight sharing that was chosen, and their checkpoints do" {
            use _scope = torch.NewDisposeScope()
            let input = batch 0
            let train model recipe = trained model recipe false input
            let chosen sharing = choosing sharing (graphs false)
            let expand, reduce = train (graphs false) Methods.kfacExpand, train (graphs false) Methods.kfacReduce
            Expect.notEqual expand reduce "expand and reduce"
            Expect.equal (train (chosen SharedWeights.reduce) Methods.kfacExpand) reduce "reduce, chosen"
            Expect.equal (train (chosen SharedWeights.expand) Methods.kfacReduce) expand "expand, chosen"
            let ekfac = train (graphs false) Methods.ekfac
            Expect.equal (train (chosen SharedWeights.expand) Methods.ekfac) ekfac "EKFAC expands"
            Expect.notEqual (train (chosen SharedWeights.reduce) Methods.ekfac) ekfac "EKFAC reduces"
        }
    ]
