/// Gradients of convolutions from images and errors: those of all patches written out, and autograd's in steps.
[<Seeded>]
module Foof.Core.Tests.ConvolutionGradientTests

open System
open Foof
open Foof.Core.Tests.PatchesTests
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules
open Xunit

[<Fact>]
let ``the gradient is that of all patches written out`` () =
    let checks = ref 0

    Oracle.forSome 400 ConvolutionGramTests.fitting (fun case ->
        if ConvolutionGramTests.hasPlaces case then
            use _scope = torch.NewDisposeScope()
            checks.Value <- checks.Value + 1
            let images = image case
            let convolution = convolution case
            let window = Patches.window (convolution :?> Conv2d)
            let errors = torch.randn_like (convolution.call(images).detach())
            let A = (Patches.rows window false images).flatten(0L, 2L)
            let E = (Patches.errors window errors).flatten(0L, 2L)
            let found = ConvolutionGradient.ofWeight window images errors
            Oracle.agrees Tolerance.explicit (Oracle.values (E.t().mm A)) (Oracle.values found))

    Assert.InRange(checks.Value, 200, 400)

let private suits (kind: torch.ScalarType) (convolution: Conv2d) n size =
    use _scope = torch.NewDisposeScope()
    let maps = (torch.empty (n, convolution.weight.size 0, size, size)).``to`` kind
    ConvolutionGradient.suits (Patches.window convolution) convolution.weight maps

[<Fact>]
let ``many channels on small images suit products of rows, and nothing else does`` () =
    use _scope = torch.NewDisposeScope()
    let suits = suits torch.ScalarType.Float64

    let convolution = torch.nn.Conv2d(256L, 256L, 3L, padding = 1L)
    Assert.True(suits convolution 32L 4L)
    Assert.True(suits (torch.nn.Conv2d(512L, 128L, struct (1L, 3L), Padding.Same)) 32L 2L)
    Assert.False(suits convolution 31L 4L)
    Assert.False(suits (torch.nn.Conv2d(256L, 256L, 3L)) 32L 4L)

    Assert.False(
        suits (torch.nn.Conv2d(256L, 256L, 3L, padding = 1L, padding_mode = PaddingModes.Circular)) 32L 4L
    )

    Assert.False(suits convolution 32L 5L)
    Assert.False(suits (torch.nn.Conv2d(255L, 256L, 3L, padding = 1L)) 32L 4L)
    Assert.False(suits (torch.nn.Conv2d(256L, 256L, 3L, padding = 1L, stride = 2L)) 32L 4L)
    Assert.False(suits (torch.nn.Conv2d(256L, 256L, 3L, padding = 1L, dilation = 2L)) 32L 4L)
    Assert.False(suits (torch.nn.Conv2d(512L, 512L, 3L, padding = 1L, groups = 2L)) 32L 4L)
    Assert.False(suits (torch.nn.Conv2d(256L, 256L, 1L, padding = 1L)) 32L 4L)

[<Fact>]
let ``3 x 3 kernels, and those that move further, suit a correlation in float32`` () =
    use _scope = torch.NewDisposeScope()
    let suits = suits torch.ScalarType.Float32
    let available = Correlation.isAvailable.Value

    let convolution = torch.nn.Conv2d(16L, 16L, 3L, padding = 1L)
    Assert.Equal(available, suits convolution 2L 8L)
    Assert.Equal(available, suits (torch.nn.Conv2d(16L, 16L, 3L)) 1L 12L)

    Assert.Equal(
        available,
        suits (torch.nn.Conv2d(16L, 16L, 3L, padding = 1L, padding_mode = PaddingModes.Circular)) 2L 8L
    )

    Assert.False(suits convolution 1L 8L)
    Assert.False(suits (torch.nn.Conv2d(15L, 16L, 3L, padding = 1L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(16L, 15L, 3L, padding = 1L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(16L, 16L, 5L, padding = 2L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(16L, 16L, 3L, padding = 2L, dilation = 2L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(32L, 32L, 2L)) 2L 8L)
    Assert.Equal(available, suits (torch.nn.Conv2d(32L, 32L, 3L, padding = 1L, stride = 2L)) 2L 8L)
    Assert.Equal(available, suits (torch.nn.Conv2d(32L, 32L, 1L, stride = 2L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(31L, 32L, 3L, padding = 1L, stride = 2L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(32L, 32L, 5L, padding = 2L, stride = 2L)) 2L 8L)
    Assert.False(suits (torch.nn.Conv2d(32L, 32L, 3L, padding = 1L, groups = 2L)) 2L 8L)
    // Few errors of many channels still suit products of rows.
    Assert.True(suits (torch.nn.Conv2d(512L, 128L, 3L, padding = 1L)) 32L 1L)

    let channelsLast = (torch.empty (2L, 8L, 8L, 16L)).permute(0L, 3L, 1L, 2L)

    Assert.False(ConvolutionGradient.suits (Patches.window convolution) convolution.weight channelsLast)

/// Whole numbers, so that both ways are exact.
[<Fact>]
let ``a correlation is the gradient with any padding`` () =
    let modes = [
        PaddingModes.Zeros
        PaddingModes.Reflect
        PaddingModes.Replicate
        PaddingModes.Circular
    ]

    for mode, stride in List.allPairs modes [ 1L; 2L ] do
        use _scope = torch.NewDisposeScope()

        let convolution =
            torch.nn.Conv2d(18L, 20L, 3L, stride = stride, padding = 1L, padding_mode = mode, bias = false)

        let images = WholeNumbers.draw [| 4L; 18L; 9L; 7L |]
        let errors = WholeNumbers.draw (convolution.call images).shape
        let window = Patches.window convolution

        let expected =
            let A = (Patches.rows window false images).flatten(0L, 2L)
            (Patches.errors window errors).flatten(0L, 2L).t().mm A

        Assert.Equal<float array>(
            Oracle.values expected,
            Oracle.values (ConvolutionGradient.ofWeight window images errors)
        )

/// A convolution that suits, called so often, then changed in place; its weight serves elsewhere too, times `share`.
let private model (bias: bool) calls (share: float) =
    let hidden =
        torch.nn.Conv2d(256L, 256L, struct (1L, 2L), Padding.Same, bias = bias, dtype = Networks.double)

    let last = Networks.linear 256 2 true

    new Networks.Model(
        [ "hidden", hidden; "last", last ],
        fun input ->
            let mutable z = input

            for _ in 1..calls do
                z <- (hidden.call z).relu_()

            last.call ((z.mean [| 2L; 3L |]) + input.sum () * hidden.weight.sum () * share)
    )

let private batches sizes = [ for n in sizes -> Networks.normal [ n; 256; 4; 4 ], Networks.normal [ n; 2 ] ]

/// Whether `Step` moves a model as the ordinary loop does, which has autograd's gradients.
let private requireAutograds tolerance make batches =
    let trained train =
        let model = Networks.fromSeed 6 make
        use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
        train model optimizer
        Networks.weights model

    let stepped = trained (fun _ optimizer -> Networks.byStep optimizer batches)

    let looped =
        trained (fun model optimizer -> Networks.byLoop model optimizer batches)

    Oracle.agrees tolerance looped stepped

/// 32 images suit and 31 do not; 3 have fewer rows than the layer has outputs.
[<Theory>]
[<InlineData(true, 1)>]
[<InlineData(false, 2)>]
let ``steps are those of autograd's gradients, whatever the batch`` (bias: bool) (calls: int) =
    use _scope = torch.NewDisposeScope()
    let batches = batches [ 32; 31; 33; 3; 32 ]

    requireAutograds Tolerance.trajectory (fun () -> model bias calls 0.0) batches

[<Fact>]
let ``a convolution used outside the recorded calls is an error in the first step and changes nothing`` () =
    use _scope = torch.NewDisposeScope()
    let model = model true 1 1.0
    use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0

    let error =
        Networks.changesNothing<InvalidOperationException> model optimizer (fun () ->
            Networks.byStep optimizer (batches [ 32 ]))

    Assert.Contains("layer 'hidden'", error.Message)

/// A convolution of 3 x 3 in float32, called twice.
[<Fact>]
let ``steps by correlations are those of autograd's gradients up to rounding`` () =
    use _scope = torch.NewDisposeScope()

    let make () =
        let hidden = torch.nn.Conv2d(16L, 16L, 3L, padding = 1L)
        let last = torch.nn.Linear(16L, 2L)

        new Networks.Model(
            [ "hidden", hidden; "last", last ],
            fun input ->
                let z = hidden.call ((hidden.call input).relu_())
                last.call (z.mean [| 2L; 3L |])
        )

    let batches = [
        for n in [ 4; 1; 5 ] -> torch.randn (int64 n, 16L, 6L, 6L), torch.randn (int64 n, 2L)
    ]

    requireAutograds Tolerance.roundingSingle make batches
