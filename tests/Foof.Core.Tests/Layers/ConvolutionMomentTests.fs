/// Statistics of convolutions without patches: those of all patches written out, for any kernel, padding and image, and in
/// any number of pieces.
module Foof.Core.Tests.ConvolutionMomentTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Convolutions
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules

let private window (case: Case) = Patches.window (convolution case :?> Conv2d)

/// The sum over all patches written out.
let private written (case: Case) (images: torch.Tensor) =
    let A = (Patches.rows (window case) case.Bias images).flatten(0L, 2L)
    A.t().mm A

/// Kernels of up to 4 x 4 points on images of many sizes, some of them smaller than the kernel.
let fitting =
    gen {
        let! case = ungrouped
        let! kh, kw = Gen.two (Gen.choose (1, 4))
        let! height, width = Gen.two (Gen.choose (2, 9))
        let! batch = Gen.choose (1, 5)

        return {
            case with
                Batch = batch
                Kernel = struct (int64 kh, int64 kw)
                Height = height
                Width = width
                Stride = struct (1L, 1L)
                Dilation = struct (1L, 1L)
        }
    }

/// Whether the padded images have a place for the kernel, and libtorch can pad as asked.
let hasPlaces (case: Case) =
    try
        use _scope = torch.NewDisposeScope()
        (convolution case).call(image case) |> ignore
        true
    with :? System.Runtime.InteropServices.ExternalException ->
        false

[<Tests>]
let tests =
    testList "Layers.ConvolutionMoment" [
        test "the sum over patches is that of all patches written out" {
            let checks = ref 0

            Oracle.forSome 400 fitting (fun case ->
                use _scope = torch.NewDisposeScope()
                let window = window case

                if ConvolutionMoment.suits window ConvolutionMoment.LeastChannels && hasPlaces case then
                    checks.Value <- checks.Value + 1
                    let images = image case
                    let expected = Dense.values (written case images)

                    for together, budget in [ 1L, 1L; 1L, 2000L; 1L, 1L <<< 20; 2L, 5000L; 100L, 1L <<< 20 ] do
                        let found = ConvolutionMoment.ofRows together budget window case.Bias images
                        Oracle.agrees Tolerance.explicit expected (Dense.values found)

                    Expect.equal
                        (Patches.count window images)
                        ((Patches.rows window case.Bias images).size 2)
                        "the count of patches")

            Expect.isTrue (200 <= checks.Value && checks.Value <= 400) $"{checks.Value} must lie in [200, 400]"
        }

        test "windows that step over pixels, groups, kernels of one point and few channels need patches" {
            let suits (convolution: Conv2d) =
                ConvolutionMoment.suits (Patches.window convolution) (convolution.weight.size 1)

            Expect.isTrue (suits (torch.nn.Conv2d(4L, 2L, 3L))) "a square kernel"

            Expect.isTrue (suits (torch.nn.Conv2d(4L, 2L, struct (1L, 3L)))) "a row as a kernel"

            Expect.isFalse
                (suits (torch.nn.Conv2d(4L, 2L, struct (3L, 1L), stride = struct (1L, 2L))))
                "a stride beyond the kernel"

            Expect.isFalse (suits (torch.nn.Conv2d(4L, 2L, 3L, stride = 2L))) "strides"

            Expect.isFalse (suits (torch.nn.Conv2d(4L, 2L, 3L, dilation = 2L))) "dilation"

            Expect.isFalse (suits (torch.nn.Conv2d(4L, 2L, 3L, groups = 2L))) "groups"

            Expect.isFalse (suits (torch.nn.Conv2d(4L, 2L, 1L))) "a kernel of one point"
            Expect.isFalse (suits (torch.nn.Conv2d(1L, 2L, 3L))) "one channel"
        }

        test "float32 sums agree to its rounding and leave nothing behind" {
            use _scope = torch.NewDisposeScope()
            let convolution = torch.nn.Conv2d(8L, 4L, 3L, padding = 1L)
            let images = (Networks.normal [ 20; 8; 10; 12 ]).``to`` torch.ScalarType.Float32
            let window = Patches.window convolution
            let A = (Patches.rows window true images).flatten(0L, 2L).``to`` Networks.double
            let mutable found: torch.Tensor = null

            let live = Oracle.leaked (fun () -> found <- ConvolutionMoment.ofImages (1L <<< 15) window true images)

            Expect.equal live 1L "the number of live tensors"
            Oracle.agrees 1e-6 (Dense.values (A.t().mm A)) (Dense.values found)
        }

        // What FOOF and K-FAC keep of two convolutions, called once and, the second one, twice in a pass, over two batches.
        testList "what methods remember of convolutions is the mean over patches" [
            for calls in [ 1; 2 ] do
                test $"{calls}" {
                    use _scope = torch.NewDisposeScope()
                    let first = torch.nn.Conv2d(3L, 3L, 3L, padding = 1L, dtype = Networks.double)

                    let second = torch.nn.Conv2d(3L, 3L, 3L, padding = 1L, bias = false, dtype = Networks.double)

                    let last = Networks.linear 3 2 true

                    let model: Networks.Network =
                        new Networks.Model(
                            [ "first", first; "second", second; "last", last ],
                            fun input ->
                                let mutable z = (first.call input).tanh()

                                for _ in 1..calls do
                                    z <- (second.call z).tanh()

                                last.call (z.mean [| 2L; 3L |])
                        )

                    // The second batch has too few patches for it.
                    let batches = [ for n in [ 50; 3 ] -> Networks.normal [ n; 3; 8; 9 ] ]

                    let inputs (input: torch.Tensor) =
                        let mutable z = (first.call input).tanh()

                        [
                            Patches.window first, true, [ input ]
                            Patches.window second,
                            false,
                            [
                                for _ in 1..calls do
                                    z
                                    z <- (second.call z).tanh()
                            ]
                        ]

                    for recipe, isMean in [ Methods.foof, false; Methods.kfac, true ] do
                        let recipe = { recipe with Fisher = Fisher.Empirical; Memory = Memory.Sum }

                        use preconditioner = new Preconditioner(model, recipe, Likelihood.Categorical)

                        use _quiet = torch.no_grad ()

                        let expected =
                            batches
                            |> List.map (fun input ->
                                inputs input
                                |> List.map (fun (window, withOnes, images) ->
                                    let rows = images |> List.map (Patches.rows window withOnes >> _.flatten(0L, 2L))

                                    let A = torch.cat (List.toArray rows, 0L)
                                    let n = float (input.size 0)
                                    A.t().mm A / (if isMean then float (A.size 0) else n)))
                            |> List.reduce (List.map2 (fun x y -> x + y))

                        for input in batches do
                            preconditioner.UpdateCurvature(
                                input,
                                torch.zeros (input.size 0, dtype = torch.ScalarType.Int64)
                            )

                        let state = preconditioner.State()

                        for name, expected in List.zip [ "first"; "second" ] expected do
                            Oracle.agrees
                                Tolerance.explicit
                                (Dense.values expected)
                                (Dense.values state[$"{name}.activation.sum"])
                }
        ]
    ]
