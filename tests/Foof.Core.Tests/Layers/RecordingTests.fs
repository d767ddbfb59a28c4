module Foof.Core.Tests.RecordingTests

open System
open Expecto
open TorchSharp
open TorchSharp.Modules
open Foof
open Foof.Explicit

let layersOf (model: Networks.Network) =
    let layers = (Coverage.survey model Networks.everything).Layers
    layers

let release (records: Record array) =
    for record in records do
        (record :> IDisposable).Dispose()

/// Whether each layer's records make the gradient that autograd finds for it.
let private explained (model: Networks.Network) (input: torch.Tensor) =
    let layers = layersOf model
    use recorder = new Recorder(model, layers)
    recorder.Start(fun _ _ -> Keep.InputAndOutput)
    let loss = (model.call input).square().sum()
    recorder.Stop()
    let records = recorder.Take()
    let outputs = records |> Array.map _.Output.Value

    let parameters = layers |> Array.collect Layer.parameters |> Array.map (fun p -> p :> torch.Tensor)

    let found = torch.autograd.grad ([| loss |], Array.append outputs parameters)

    let gradient = Seq.zip (Seq.append outputs parameters) found |> Seq.map (fun (x, g) -> x.Handle, g) |> dict

    for layer in layers do
        let calls = (Record.byLayer [| layer |] records)[0]

        let A = calls |> Array.map (fun call -> Layer.activations layer call.Input) |> Activations.joinPositions

        let E = calls |> Array.map (fun call -> Layer.errors layer gradient[call.Output.Value.Handle])

        let bias = layer.Bias |> ValueOption.map (fun bias -> gradient[bias.Handle])
        let W = Layer.joined layer gradient[layer.Weight.Handle] bias
        let explicit = (Activations.gradient (torch.cat (E, 2L)) A).reshape W.shape
        Oracle.agrees Tolerance.rounding (Dense.values W) (Dense.values explicit)

    release records
    layers.Length

[<Tests>]
let tests =
    testList "Layers.Recording" [
        test "a recorder keeps inputs in call order, and only while it is started" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 4; 2 ]
            use recorder = new Recorder(model, layersOf model)
            let input = Networks.normal [ 5; 3 ]
            model.call input |> ignore
            Expect.isEmpty (recorder.Take()) "what is left to take"
            recorder.Start(fun _ _ -> Keep.Input)
            model.call input |> ignore
            recorder.Stop()
            model.call input |> ignore
            let records = recorder.Take()
            Expect.equal (records |> Array.map _.Layer.Name) [| "fc0"; "fc1" |] "the recorded layers' names"
            Expect.equal (Dense.values records[0].Input) (Dense.values input) "the input that was recorded"
            Expect.isTrue (records[0].Output.IsNone) "the output was not recorded"
            Expect.isEmpty (recorder.Take()) "what is left to take"
            release records
        }

        test "recorded inputs outlive the scope of the pass and belong to whoever takes them" {
            let model = Networks.perceptron true [ 3; 4; 2 ]
            use recorder = new Recorder(model, layersOf model)
            recorder.Start(fun _ _ -> Keep.Input)

            let pass () =
                use _scope = torch.NewDisposeScope()
                model.call (torch.ones (5L, 3L, dtype = Networks.double)) |> ignore

            Expect.equal (Oracle.leaked pass) 2L "the number of tensors left"

            Expect.equal (Oracle.leaked (fun () -> release (recorder.Take()))) (-2L) "the number of tensors left"
        }

        test "calls of one pass share its number and calls of another do not" {
            use _scope = torch.NewDisposeScope()
            let layer = Networks.linear 3 3 false
            let model = new Networks.Model([ "fc", layer ], layer.call >> layer.call)
            use recorder = new Recorder(model, layersOf model)
            recorder.Start(fun _ _ -> Keep.Input)
            model.call (Networks.normal [ 2; 3 ]) |> ignore
            model.call (Networks.normal [ 2; 3 ]) |> ignore
            let records = recorder.Take()
            let passes = records |> Array.map _.Pass
            Expect.equal records.Length 4 "the number of records"
            Expect.equal (passes[1]) (passes[0]) "the second pass"
            Expect.equal (passes[3]) (passes[2]) "the fourth pass"
            Expect.notEqual (passes[2]) (passes[0]) "the third pass"
            release records
        }

        test "a recorded output is the layer's own, whatever the model does to it in place" {
            use _scope = torch.NewDisposeScope()
            let layer = Networks.linear 3 2 true

            let model = new Networks.Model([ "fc", layer ], fun input -> layer.call(input).relu_())

            use recorder = new Recorder(model, layersOf model)
            recorder.Start(fun _ _ -> Keep.InputAndOutput)
            let input = Networks.normal [ 4; 3 ]
            let output = model.call input
            let records = recorder.Take()
            let z = records[0].Output.Value
            let expected = input.matmul (layer.weight.t ()) + layer.bias
            Oracle.agrees Tolerance.rounding (Dense.values expected) (Dense.values z)
            // d sum relu(z) / d z is one where z > 0.
            let gradients = torch.autograd.grad ([| output.sum () |], [| z |])

            Expect.equal
                (Dense.values gradients[0])
                (Dense.values z |> Array.map (fun z -> if z > 0.0 then 1.0 else 0.0))
                "the gradient"

            release records
        }

        test "a disposed recorder leaves neither hooks nor tensors" {
            let model = Networks.perceptron true [ 3; 4; 2 ]

            let live =
                Oracle.leaked (fun () ->
                    use _scope = torch.NewDisposeScope()
                    let recorder = new Recorder(model, layersOf model)
                    recorder.Start(fun _ _ -> Keep.InputAndOutput)
                    model.call (torch.ones (5L, 3L, dtype = Networks.double)) |> ignore
                    (recorder :> IDisposable).Dispose()
                    (recorder :> IDisposable).Dispose()
                    recorder.Start(fun _ _ -> Keep.InputAndOutput)
                    model.call (torch.ones (5L, 3L, dtype = Networks.double)) |> ignore
                    Expect.isEmpty (recorder.Take()) "what is left to take")

            Expect.equal live 0L "the number of live tensors"
        }

        test "records of every kind of layer give a model's gradients, whatever is changed in place afterwards" {
            use _scope = torch.NewDisposeScope()
            let kind = Networks.double
            let table = torch.nn.Embedding(7L, 4L, padding_idx = 0L, dtype = kind)
            let norm = torch.nn.LayerNorm([| 4L |], dtype = kind)
            let mix = Networks.linear 4 4 true

            let tokens =
                new Networks.Model(
                    [ "table", table; "norm", norm; "mix", mix ],
                    table.call >> norm.call >> mix.call >> Networks.reluInPlace >> norm.call
                )

            let numbers = torch.randint (0L, 7L, [| 3L; 5L |], dtype = torch.ScalarType.Int64)
            Expect.equal (explained tokens numbers) 3 "the explanation"

            let grouped =
                torch.nn.Conv2d(
                    2L,
                    6L,
                    3L,
                    Padding.Same,
                    padding_mode = PaddingModes.Reflect,
                    groups = 2L,
                    dtype = kind
                )

            let batchNorm = torch.nn.BatchNorm2d(6L, dtype = kind)
            let depthwise = torch.nn.Conv2d(6L, 6L, 2L, groups = 6L, bias = false, dtype = kind)
            let flat = torch.nn.BatchNorm1d(6L, dtype = kind)
            let head = Networks.linear 6 2 true

            let images =
                new Networks.Model(
                    [ "grouped", grouped; "batchNorm", batchNorm; "depthwise", depthwise; "flat", flat; "head", head ],
                    fun image ->
                        let maps = image |> grouped.call |> Networks.reluInPlace |> batchNorm.call
                        let maps = maps |> Networks.reluInPlace |> depthwise.call
                        maps.mean [| 2L; 3L |] |> flat.call |> head.call
                )

            let batch = Networks.normal [ 4; 2; 5; 4 ]
            Expect.equal (explained images batch) 5 "the explanation"
            images.eval ()
            Expect.equal (explained images batch) 5 "the explanation"
        }

        test "records make the gradients through containers that dispose what they pass on, and after a change of type" {
            use _scope = torch.NewDisposeScope()
            let twice: Networks.Network = torch.nn.Linear(6L, 6L)

            let model =
                torch.nn.Sequential(
                    struct ("table", torch.nn.Embedding(9L, 4L, padding_idx = 1L) :> Networks.Network),
                    struct ("bypass", torch.nn.Identity() :> Networks.Network),
                    struct ("dropout", torch.nn.Dropout 0.5 :> Networks.Network),
                    struct ("flatten", torch.nn.Flatten() :> Networks.Network),
                    struct ("fc", torch.nn.Linear(12L, 6L) :> Networks.Network),
                    struct ("first", twice),
                    struct ("tanh", torch.nn.Tanh() :> Networks.Network),
                    struct ("second", twice),
                    struct ("norm", torch.nn.BatchNorm1d 6L :> Networks.Network)
                )

            model.``to`` Networks.double |> ignore
            let numbers = torch.randint (0L, 9L, [| 5L; 3L |], dtype = torch.ScalarType.Int64)
            Expect.equal (explained model numbers) 4 "the explanation"
            model.eval ()
            Expect.equal (explained model numbers) 4 "the explanation"

            // A list of modules has no pass of its own.
            let parts: Networks.Network array = [| Networks.linear 3 4 true; Networks.linear 4 2 false |]
            let list = new ModuleList<Networks.Network>(parts)

            let run (input: torch.Tensor) =
                list |> Seq.fold (fun (x: torch.Tensor) layer -> (layer.call x).tanh()) input

            Expect.equal
                (explained (new Networks.Model([ "list", list ], run)) (Networks.normal [ 5; 3 ]))
                2
                "the result"
        }

        test "rows that were made do not change what activations are, in groups either" {
            use _scope = torch.NewDisposeScope()

            for groups in [ 2L; 1L ] do
                let layer = torch.nn.Conv2d(4L, 6L, 2L, groups = groups, dtype = Networks.double)
                let model = new Networks.Model([ "layer", layer ], layer.call)
                let layers = (Coverage.all model).Layers
                use recorder = new Recorder(model, layers)
                recorder.Start(fun _ _ -> Keep.Input)
                model.call (Networks.normal [ 3; 4; 5; 5 ]) |> ignore
                let records = recorder.Take()
                let activations () =
                    let found = Record.activations records |> Activations.dense Networks.double
                    found.shape, Dense.values found

                let expected = activations ()
                records[0].Rows.Force() |> ignore
                Expect.equal (activations ()) expected "the activations"
                Record.release records
        }
    ]
