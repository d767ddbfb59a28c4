[<Seeded>]
module Foof.Core.Tests.RecordingTests

open System
open TorchSharp
open Xunit
open Foof

let layersOf (model: Networks.Network) =
    let struct (layers, _) = Coverage.survey model Networks.everything
    layers

let release (records: Record array) =
    for record in records do
        (record :> IDisposable).Dispose()

[<Fact>]
let ``a recorder keeps inputs in call order, and only while it is started`` () =
    use _scope = torch.NewDisposeScope()
    let model = Networks.perceptron true [ 3; 4; 2 ]
    use recorder = new Recorder(model, layersOf model)
    let input = Networks.normal [ 5; 3 ]
    model.call input |> ignore
    Assert.Empty(recorder.Take())
    recorder.Start(fun _ _ -> Keep.Input)
    model.call input |> ignore
    recorder.Stop()
    model.call input |> ignore
    let records = recorder.Take()
    Assert.Equal<string array>([| "fc0"; "fc1" |], records |> Array.map _.Layer.Name)
    Assert.Equal<float array>(Oracle.values input, Oracle.values records[0].Input)
    Assert.True records[0].Output.IsNone
    Assert.Empty(recorder.Take())
    release records

[<Fact>]
let ``recorded inputs outlive the scope of the pass and belong to who takes them`` () =
    let model = Networks.perceptron true [ 3; 4; 2 ]
    use recorder = new Recorder(model, layersOf model)
    recorder.Start(fun _ _ -> Keep.Input)

    let pass () =
        use _scope = torch.NewDisposeScope()
        model.call (torch.ones (5L, 3L, dtype = Networks.double)) |> ignore

    Assert.Equal(2L, Oracle.leaked pass)
    Assert.Equal(-2L, Oracle.leaked (fun () -> release (recorder.Take())))

[<Fact>]
let ``calls of one pass share its number and calls of another do not`` () =
    use _scope = torch.NewDisposeScope()
    let layer = Networks.linear 3 3 false
    let model = new Networks.Model([ "fc", layer ], layer.call >> layer.call)
    use recorder = new Recorder(model, layersOf model)
    recorder.Start(fun _ _ -> Keep.Input)
    model.call (Networks.normal [ 2; 3 ]) |> ignore
    model.call (Networks.normal [ 2; 3 ]) |> ignore
    let records = recorder.Take()
    let passes = records |> Array.map _.Pass
    Assert.Equal(4, records.Length)
    Assert.Equal(passes[0], passes[1])
    Assert.Equal(passes[2], passes[3])
    Assert.NotEqual(passes[0], passes[2])
    release records

[<Fact>]
let ``a recorded output is the layer's own, whatever the model does to it in place`` () =
    use _scope = torch.NewDisposeScope()
    let layer = Networks.linear 3 2 true

    let model =
        new Networks.Model([ "fc", layer ], fun input -> layer.call(input).relu_())

    use recorder = new Recorder(model, layersOf model)
    recorder.Start(fun _ _ -> Keep.InputAndOutput)
    let input = Networks.normal [ 4; 3 ]
    let output = model.call input
    let records = recorder.Take()
    let z = records[0].Output.Value
    let expected = input.matmul (layer.weight.t ()) + layer.bias
    Oracle.agrees Tolerance.rounding (Oracle.values expected) (Oracle.values z)
    // d sum relu(z) / d z is one where z > 0.
    let gradients = torch.autograd.grad ([| output.sum () |], [| z |])

    Assert.Equal<float array>(
        Oracle.values z |> Array.map (fun z -> if z > 0.0 then 1.0 else 0.0),
        Oracle.values gradients[0]
    )

    release records

[<Fact>]
let ``a disposed recorder leaves neither hooks nor tensors`` () =
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
            Assert.Empty(recorder.Take()))

    Assert.Equal(0L, live)
