/// Correlations of images with errors: exact for whole numbers, whatever the shape and the threads, and close to it otherwise.
[<Seeded>]
module Foof.Core.Tests.CorrelationTests

open System
open System.Runtime.Intrinsics.X86
open Foof
open FsCheck.FSharp
open TorchSharp
open Xunit

let private double = torch.ScalarType.Float64

/// What is correlated, and by how many threads.
type private Case = {
    Images: int64
    Channels: int64
    Outputs: int64
    Height: int64
    Width: int64
    Above: int64
    Below: int64
    Left: int64
    Right: int64
    Kernel: struct (int64 * int64)
    Stride: int64
    Threads: int
}

let private cases =
    let number low high = Gen.map int64 (Gen.choose (low, high))

    gen {
        let! images = number 1 9
        // On both sides of a vector and of a panel.
        let! channels, outputs =
            Gen.two (Gen.oneof [ number 1 35; Gen.elements [ 16L; 32L; 33L; 48L; 64L ] ])
        // And of what is turned or multiplied at a time.
        let! height, width = Gen.two (Gen.oneof [ number 1 12; number 12 40 ])
        let! above, below = Gen.two (number 0 3)
        let! left, right = Gen.two (number 0 3)
        // Half of them by minimal filtering.
        let! kernel, stride =
            Gen.oneof [
                Gen.constant (struct (3L, 3L), 1L)
                gen {
                    let! kh, kw = Gen.two (number 1 3)
                    let! stride = number 1 3
                    return struct (kh, kw), stride
                }
            ]

        let! threads = Gen.choose (1, 5)

        return {
            Images = images
            Channels = channels
            Outputs = outputs
            Height = height
            Width = width
            Above = above
            Below = below
            Left = left
            Right = right
            Kernel = kernel
            Stride = stride
            Threads = threads
        }
    }

/// Of the errors.
let private rows case =
    let struct (kh, _) = case.Kernel
    (case.Height + case.Above + case.Below - kh + case.Stride) / case.Stride

let private columns case =
    let struct (_, kw) = case.Kernel
    (case.Width + case.Left + case.Right - kw + case.Stride) / case.Stride

let private images case (make: int64 array -> torch.Tensor) =
    make [| case.Images; case.Channels; case.Height; case.Width |]

let private errors case (make: int64 array -> torch.Tensor) =
    make [| case.Images; case.Outputs; rows case; columns case |]

/// The same in float64 of all patches written out.
let private written case (images: torch.Tensor) (errors: torch.Tensor) =
    let padded =
        torch.nn.functional.pad (images.``to`` double, [| case.Left; case.Right; case.Above; case.Below |])

    let struct (kh, kw) = case.Kernel

    // [c; kh; kw; n; h'; w']
    let patches =
        padded.unfold(2L, kh, case.Stride).unfold(3L, kw, case.Stride).permute(1L, 4L, 5L, 0L, 2L, 3L)

    let E = errors.``to``(double).transpose(0L, 1L).flatten(1L)
    E.mm (patches.flatten(3L, 5L).flatten(0L, 2L).t())

let private window case = {
    Kernel = case.Kernel
    Stride = struct (case.Stride, case.Stride)
    Dilation = struct (1L, 1L)
    Groups = 1L
    Before = struct (case.Above, case.Left)
    After = struct (case.Below, case.Right)
    Mode = PaddingModes.Zeros
}

let private found case (images: torch.Tensor) (errors: torch.Tensor) =
    let window = window case
    Correlation.byThreads case.Threads window window.Before images errors

let private requireExact case =
    use _scope = torch.NewDisposeScope()
    let images, errors = images case WholeNumbers.draw, errors case WholeNumbers.draw
    WholeNumbers.requireSame (written case images errors) (found case images errors)

let private case = {
    Images = 30L
    Channels = 20L
    Outputs = 40L
    Height = 17L
    Width = 16L
    Above = 1L
    Below = 1L
    Left = 1L
    Right = 1L
    Kernel = struct (3L, 3L)
    Stride = 1L
    Threads = 2
}

[<Fact>]
let ``the binding's library has it where the processor does`` () =
    Assert.Equal(Avx512F.IsSupported, Correlation.isAvailable.Value)

[<Fact>]
let ``of whole numbers it is exact`` () =
    if Correlation.isAvailable.Value then
        let checks = ref 0

        Oracle.forSome 300 cases (fun case ->
            if rows case > 0L && columns case > 0L then
                checks.Value <- checks.Value + 1
                requireExact case)

        Assert.InRange(checks.Value, 200, 300)

/// Of 1024 x 1024 channels there are too many sums for each thread to have its own.
[<Theory>]
[<InlineData(1024, 1)>]
[<InlineData(1024, 3)>]
[<InlineData(700, 3)>]
let ``of many channels too`` (channels: int) (threads: int) =
    if Correlation.isAvailable.Value then
        requireExact {
            case with
                Images = 3L
                Channels = int64 channels
                Outputs = int64 channels
                Height = 5L
                Width = 4L
                Threads = threads
        }

[<Fact>]
let ``it is for kernels of up to nine neighbouring points`` () =
    let window = window case
    Assert.True(Correlation.fits window)
    Assert.True(Correlation.fits { window with Kernel = struct (1L, 9L) })
    Assert.True(Correlation.fits { window with Stride = struct (2L, 2L) })
    Assert.False(Correlation.fits { window with Kernel = struct (2L, 5L) })
    Assert.False(Correlation.fits { window with Stride = struct (2L, 1L) })

    Assert.False(
        Correlation.fits {
            window with
                Dilation = struct (1L, 2L)
        }
    )

    Assert.False(Correlation.fits { window with Groups = 2L })

[<Fact>]
let ``rounding is a few times that of the plain sum`` () =
    if Correlation.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let normal (shape: int64 array) = torch.randn shape
        // As after a ReLU, whose means the combinations cancel.
        let images, errors = (images case normal).relu(), errors case normal
        let expected = written case images errors

        let off (result: torch.Tensor) =
            (result.``to`` double - expected).norm().ToDouble()

        let plain =
            let patches =
                torch.nn.functional.pad(images, [| 1L; 1L; 1L; 1L |]).unfold(2L, 3L, 1L).unfold(3L, 3L, 1L)

            errors
                .transpose(0L, 1L)
                .flatten(1L)
                .mm(patches.permute(0L, 2L, 3L, 1L, 4L, 5L).flatten(3L, 5L).flatten(0L, 2L))

        Assert.InRange(off (found case images errors), 0.0, 4.0 * off plain + 1e-12)

[<Theory>]
[<InlineData(Double.NaN)>]
[<InlineData(Double.PositiveInfinity)>]
let ``what is not finite shows where it counts, and nowhere else`` (value: float) =
    if Correlation.isAvailable.Value then
        use _scope = torch.NewDisposeScope()
        let images, errors = images case WholeNumbers.draw, errors case WholeNumbers.draw
        let expected = written case images errors
        errors[2, 3, 4, 5] <- value.ToTensor()
        let result = (found case images errors).``to`` double
        Assert.False(result.select(0L, 3L).isfinite().any().ToBoolean())
        result.select(0L, 3L).copy_(expected.select (0L, 3L)) |> ignore
        WholeNumbers.requireSame expected result

[<Fact>]
let ``it takes tensors that are not in one piece`` () =
    if Correlation.isAvailable.Value then
        use _scope = torch.NewDisposeScope()

        let turned (shape: int64 array) =
            (WholeNumbers.draw [| shape[1]; shape[0]; shape[3]; shape[2] |]).permute(1L, 0L, 3L, 2L)

        let images, errors = images case turned, errors case turned
        WholeNumbers.requireSame (written case images errors) (found case images errors)
