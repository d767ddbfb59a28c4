/// Which passes of an ordinary loop the curvature of a step is made of: those behind the gradients in `.grad`, as their
/// inputs were.
module Foof.Core.Tests.LoopPassesTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// A layer by layer model, whose layers can be called by themselves.
let private layersWith (bias: bool) () =
    let first, second = Networks.linear 3 5 bias, Networks.linear 5 2 bias
    let run (input: torch.Tensor) = (first.call input).tanh() |> second.call
    struct (new Networks.Model([ "first", first; "second", second ], run) :> Networks.Network, run)

let private twoLayers = layersWith true

let private make bias () =
    let struct (model, _) = layersWith bias ()
    model

let private sumOfSquares (output: torch.Tensor) = output.square().sum()
let private backward (output: torch.Tensor) = (sumOfSquares output).backward()
let private input n = Networks.normal [ n; 3 ]

/// The weights after one step of the optimiser's loop, whose passes `run` makes.
let private afterLoopWith bias (run: Networks.Network -> Optimizer -> unit) =
    let model = Networks.fromSeed 5 (make bias)
    use optimizer = Networks.optimizer model Networks.everyStep 0.05 0.0 0.0
    optimizer.zero_grad ()
    run model optimizer
    optimizer.step () |> ignore
    Networks.weights model

let private afterLoop = afterLoopWith true

/// The same, with the preconditioner in front of SGD.
let private afterPrecondition (run: Networks.Network -> torch.optim.Optimizer -> unit) =
    let model = Networks.fromSeed 5 (make true)
    use preconditioner = new Preconditioner(model, Networks.everyStep)
    use sgd = torch.optim.SGD(model.parameters (), 0.05)
    run model sgd
    preconditioner.Precondition()
    sgd.step () |> ignore
    Networks.weights model

let private clip (model: Networks.Network) = torch.nn.utils.clip_grad_norm_ (model.parameters (), 1e-2) |> ignore

let private agrees expected actual = Oracle.agrees Tolerance.rounding expected actual

[<Tests>]
let tests =
    testList "Training.LoopPasses" [
        test "passes for other purposes, before and after the backward pass, do not count" {
            use _scope = torch.NewDisposeScope()
            let batch, other = input 6, input 9 * 5.0
            let expected = afterLoop (fun model _ -> model.call batch |> backward)

            let others (model: Networks.Network) = [
                fun () ->
                    let problem = Problem.OfModel(model, Networks.gaussian)
                    Fisher.factor problem Fisher.Ggn { Input = other; Target = Networks.normal [ 9; 2 ] } |> ignore
                fun () -> Jacobian.factor (Problem.OfModel(model, Networks.gaussian)) other |> ignore
                fun () -> ForwardPass.call model other |> ignore
                fun () -> model.call other |> ignore
                fun () ->
                    for _ in 1..20 do
                        ForwardPass.output model other |> ignore
            ]

            for which in 0..4 do
                let afterwards =
                    afterLoop (fun model _ ->
                        model.call batch |> backward
                        (others model)[which]())

                let between =
                    afterLoop (fun model _ ->
                        let output = model.call batch
                        (others model)[which]()
                        backward output)

                agrees expected afterwards
                agrees expected between
        }

        test "a pass whose gradients were set to zero does not count, whoever did that, nor does one of NaN" {
            use _scope = torch.NewDisposeScope()
            let batch = input 6

            for skipped in [ input 6 * 20.0; input 6 * nan ] do
                for bias in [ true; false ] do
                    agrees
                        (afterLoopWith bias (fun model _ -> model.call batch |> backward))
                        (afterLoopWith bias (fun model optimizer ->
                            model.call skipped |> backward
                            optimizer.zero_grad ()
                            model.call batch |> backward))

                for clipped in [ false; true ] do
                    let expected =
                        afterPrecondition (fun model _ ->
                            model.call batch |> backward
                            if clipped then clip model)

                    // Set to zero by the model or the other optimiser, before the next forward pass or after it.
                    let byModel (model: Networks.Network) (_: torch.optim.Optimizer) = model.zero_grad ()
                    let byOther (_: Networks.Network) (sgd: torch.optim.Optimizer) = sgd.zero_grad ()
                    for set in [ byModel; byOther ] do
                        for early in [ true; false ] do
                            agrees
                                expected
                                (afterPrecondition (fun model (sgd: torch.optim.Optimizer) ->
                                    model.call skipped |> backward
                                    if early then set model sgd
                                    let output = model.call batch
                                    if not early then set model sgd
                                    backward output
                                    if clipped then clip model))
        }

        test "zero_grad between forward and backward pass keeps the pass" {
            use _scope = torch.NewDisposeScope()
            let batch = input 6
            let expected = afterLoop (fun model _ -> model.call batch |> backward)

            agrees
                expected
                (afterLoop (fun model optimizer ->
                    let output = model.call batch
                    optimizer.zero_grad ()
                    backward output))
        }

        test "gradients that gather over micro-batches are one batch, whether the model or its layers are called" {
            use _scope = torch.NewDisposeScope()

            for sizes in [ [ 4; 4 ]; [ 5; 3 ]; [ 2; 2; 1; 3 ] ] do
                let parts = sizes |> List.map input
                let joint = torch.cat (List.toArray parts, 0L)

                let after (passes: (torch.Tensor -> torch.Tensor) -> unit) byModel clipped =
                    let struct (model, byLayers) = Networks.fromSeed 5 twoLayers
                    use optimizer = Networks.optimizer model Networks.everyStep 0.05 0.0 0.0
                    passes (if byModel then model.call else byLayers)
                    if clipped then clip model
                    optimizer.step () |> ignore
                    Networks.weights model

                for clipped in [ false; true ] do
                    let expected = after (fun call -> call joint |> backward) true clipped

                    for byModel in [ true; false ] do
                        // One backward pass each, and one of the sum.
                        agrees expected (after (fun call -> parts |> List.iter (call >> backward)) byModel clipped)

                        agrees
                            expected
                            (after
                                (fun call -> (parts |> List.map (call >> sumOfSquares) |> List.reduce (+)).backward())
                                byModel
                                clipped)
        }

        test "calls of one layer within a call of the model or of a part of it share data points, other calls do not" {
            use _scope = torch.NewDisposeScope()
            let shared = Networks.linear 3 3 true
            let twice (x: torch.Tensor) = (shared.call x).tanh() |> shared.call
            let encoder = new Networks.Model([ "shared", shared ], twice)
            let model = new Networks.Model([ "encoder", encoder ], encoder.call)
            use recorder = new Recorder(model, (Coverage.all model).Layers)
            recorder.Start Recorder.InLoop

            let passes (call: torch.Tensor -> torch.Tensor) =
                for _ in 1..2 do
                    call (input 4) |> ignore
                let records = recorder.Take()
                Record.release records
                records |> Array.map (fun record -> int record.Pass - records[0].Pass)

            Expect.equal (passes model.call) [| 0; 0; 1; 1 |] "the model's passes"
            Expect.equal (passes encoder.call) [| 0; 0; 1; 1 |] "the encoder's passes"
            Expect.equal (passes twice) [| 0; 1; 2; 3 |] "the layer's passes"

            // A call that raised an error ends, too.
            let broken =
                new Networks.Model(
                    [ "encoder", encoder ],
                    fun x ->
                        (encoder.call x |> ignore
                         failwith "broken")
                )
            use recorder = new Recorder(broken, (Coverage.all broken).Layers)
            recorder.Start Recorder.InLoop
            Expect.throws (fun () -> broken.call (input 4) |> ignore) "an error of the model"
            Expect.throws (fun () -> broken.call (input 4) |> ignore) "an error of the model"
            let records = recorder.Take()
            Expect.equal (records |> Array.map (fun record -> record.Pass - records[0].Pass)) [| 0; 0; 1; 1 |] "passes"
            Record.release records
        }

        test "a batch whose memory is used again after the backward pass counts as it was" {
            use _scope = torch.NewDisposeScope()
            let batch = input 6
            let expected = afterLoop (fun model _ -> model.call batch |> backward)

            agrees
                expected
                (afterLoop (fun model _ ->
                    let memory = batch.clone ()
                    model.call memory |> backward
                    memory.fill_ 7.0 |> ignore))
        }

        test "passes of a model in evaluation mode count where they are trained on" {
            use _scope = torch.NewDisposeScope()
            let batch = input 6
            let expected = afterLoop (fun model _ -> model.call batch |> backward)

            agrees
                expected
                (afterLoop (fun model _ ->
                    model.eval ()
                    model.call batch |> backward))
        }

        test "gradients that were not made by a backward pass use the passes that were seen" {
            use _scope = torch.NewDisposeScope()
            let batch = input 6
            let expected = afterLoop (fun model _ -> model.call batch |> backward)

            agrees
                expected
                (afterLoop (fun model _ ->
                    let parameters = model.parameters () |> Seq.toArray
                    let all = parameters |> Array.map (fun own -> own :> torch.Tensor)
                    let found = torch.autograd.grad ([| sumOfSquares (model.call batch) |], all)
                    Seq.iter2 (fun (own: Modules.Parameter) gradient -> own.grad <- gradient) parameters found))
        }

        test "the zeros that are added to an output get the bias's gradient, for every kind of layer" {
            use _scope = torch.NewDisposeScope()
            let kind = Networks.double
            let convolution = torch.nn.Conv2d(2L, 4L, 3L, groups = 2L, dtype = kind)
            let norm = torch.nn.BatchNorm2d(4L, dtype = kind)
            let flat = torch.nn.BatchNorm1d(4L, dtype = kind)
            let last = torch.nn.LayerNorm([| 4L |], dtype = kind)
            let head = Networks.linear 4 2 true

            let run (image: torch.Tensor) =
                let maps: torch.Tensor = (convolution.call image).tanh() |> norm.call
                (maps.square().mean [| 2L; 3L |]) |> flat.call |> last.call |> head.call

            let parts: (string * torch.nn.Module) list = [
                "convolution", convolution
                "norm", norm
                "flat", flat
                "last", last
                "head", head
            ]

            let model = new Networks.Model(parts, run)
            let layers = (Coverage.all model).Layers
            use recorder = new Recorder(model, layers)
            recorder.Start Recorder.InLoop
            let output = model.call (Networks.normal [ 6; 2; 5; 4 ])
            agrees (Dense.values (run (Networks.normal [ 6; 2; 5; 4 ]) * 0.0)) (Dense.values (output * 0.0))
            recorder.Stop()
            Expect.equal (layers.Length) 5 "the number of layers"
            let records = recorder.Take()
            Expect.isFalse (Record.isReached records[0]) "reached before the backward pass"
            (output[torch.TensorIndex.Colon, torch.TensorIndex.Single 0L].exp().sum()).backward()

            for record in Array.truncate 5 records do
                Expect.isTrue (Record.isReached record) "reached by the backward pass"
                agrees (Dense.values record.Layer.Bias.Value.grad) (Dense.values record.Reach.Value.grad)

            Record.release records
        }
    ]
