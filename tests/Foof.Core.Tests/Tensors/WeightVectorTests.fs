module Foof.Core.Tests.WeightVectorTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Vectors
open FsCheck.FSharp
open TorchSharp

/// A vector on another device.
let private meta (shapes: int64 array array) =
    shapes |> Array.map (fun shape -> torch.zeros (shape, device = torch.META))

let refused (action: torch.Tensor array -> obj) =
    use _scope = torch.NewDisposeScope()
    let x = random [| [| 2L; 3L |]; [| 4L; 2L |] |]
    Oracle.raises<ArgumentException>(fun () -> action x |> ignore).Message

[<Tests>]
let tests =
    testList "Tensors.WeightVector" [
        Holds.forAll "dot and norm are sums over all elements of all layers" shapes (fun shapes ->
            use _scope = torch.NewDisposeScope()
            let x, y = random shapes, random shapes
            let dot = Array.map2 (*) (Weights.numbers x) (Weights.numbers y) |> Array.sum
            let norm = Weights.numbers x |> Array.sumBy (fun x -> x * x) |> sqrt
            Expect.equal ((WeightVector.dot x y).dim()) 0L "the dimensions of the product"

            Expect.isTrue
                (abs (dot - Dense.values(WeightVector.dot x y)[0]) <= Tolerance.rounding * norm * 10.0)
                "the product is the sum"

            Oracle.agrees Tolerance.rounding [| norm |] (Dense.values (WeightVector.norm x)))

        Holds.forAll
            "sums and multiples are element by element"
            (Gen.zip shapes (Gen.choose (-3, 3)))
            (fun (shapes, factor) ->
                use _scope = torch.NewDisposeScope()
                let factor = float factor + 0.5
                let x, y = random shapes, random shapes

                let agrees f = Oracle.agrees Tolerance.rounding (Array.map2 f (Weights.numbers x) (Weights.numbers y))

                agrees (fun x y -> x + y) (Weights.numbers (WeightVector.add x y))
                agrees (fun x _ -> factor * x) (Weights.numbers (WeightVector.scale factor x))
                agrees (fun x y -> factor * x + y) (Weights.numbers (WeightVector.axpy factor x y))
                agrees (fun x _ -> x * x) (Weights.numbers (WeightVector.map _.square() x)))

        Holds.forAll "a vector is flattened layer by layer and row by row, and back" shapes (fun shapes ->
            use _scope = torch.NewDisposeScope()
            let x = random shapes
            let flat = WeightVector.flatten x
            Expect.equal (Dense.values flat) (Weights.numbers x) "the flattened vector"
            let back = WeightVector.unflatten shapes flat
            Expect.equal (WeightVector.shapes back) shapes "the shapes of back"
            Expect.equal (Weights.numbers back) (Weights.numbers x) "the vector back")

        test "transposed matrices are flattened row by row" {
            use _scope = torch.NewDisposeScope()
            let x = torch.arange(6L, dtype = Networks.double).view(2L, 3L).t()

            Expect.equal
                (Dense.values (WeightVector.flatten [| x |]))
                [| 0.0; 3.0; 1.0; 4.0; 2.0; 5.0 |]
                "the elements of a view"
        }

        test "random numbers come from the generator alone and are standard normal" {
            use _scope = torch.NewDisposeScope()
            let shapes = [| [| 300L; 200L |]; [| 1L; 7L |] |]
            let like = torch.zeros (1L, dtype = Networks.double)
            let before = Dense.values (torch.get_rng_state ())

            let draw () =
                use generator = new torch.Generator(7UL)
                WeightVector.normal shapes like generator

            let x = draw ()
            Expect.equal (WeightVector.shapes x) shapes "the shapes of x"
            Expect.equal (Weights.numbers (draw ())) (Weights.numbers x) "the draw"
            Expect.equal (Dense.values (torch.get_rng_state ())) before "the generator's state"
            let all = Weights.numbers x
            let n = float all.Length
            let mean = Array.average all
            let variance = all |> Array.averageBy (fun x -> x * x)

            Expect.isTrue (abs mean <= Tolerance.monteCarlo / sqrt n) "the mean is zero"

            Expect.isTrue (abs (variance - 1.0) <= Tolerance.monteCarlo * sqrt (2.0 / n)) "the variance is one"
        }

        test "zeros have the type of their model" {
            use _scope = torch.NewDisposeScope()

            let zeros = WeightVector.zeros [| [| 2L; 3L |] |] (torch.ones (1L, dtype = Networks.double))

            Expect.equal (zeros[0].dtype) Networks.double "the type of zeros"
            Oracle.agreesWith 0.0 (Dense.build 2 3 (fun _ _ -> 0.0)) zeros[0]
        }

        test "what does not match is refused with both shapes, types or counts" {
            let like = [| [| 2L; 3L |]; [| 4L; 2L |] |]

            let single (x: torch.Tensor array) = x |> Array.map _.``to``(torch.ScalarType.Float32)

            for message, action in
                [
                    "y must hold 2 matrices, one per layer; got 1.", (fun x -> box (WeightVector.dot x x[..0]))
                    "y must be [4; 2] at layer 1; got [3; 2].",
                    (fun x -> box (WeightVector.add x (random [| [| 2L; 3L |]; [| 3L; 2L |] |])))
                    "y must be Float64 on cpu, like what it goes with; got Float32 on cpu.",
                    (fun x -> box (WeightVector.axpy 1.0 x (single x)))
                    "y must be Float64 on cpu, like what it goes with; got Float32 on meta.",
                    (fun x -> box (WeightVector.dot x (meta like)))
                    "x must hold at least one matrix; got none.", (fun _ -> box (WeightVector.norm [||]))
                    "x must hold at least one matrix; got none.", (fun _ -> box (WeightVector.flatten [||]))
                    "flat must be [14], all layers' elements; got [3].",
                    (fun x -> box (WeightVector.unflatten (WeightVector.shapes x) (x[0].select(0L, 0L))))
                    "v must hold 3 matrices, one per layer; got 2.",
                    (fun x -> box (WeightVector.check "v" [| [||]; [||]; [||] |] x))
                ] do
                Expect.stringStarts (refused action) message "the message"
        }

        test "nothing but results stays alive" {
            let leaked =
                Oracle.leaked (fun () ->
                    use generator = new torch.Generator(1UL)
                    use like = torch.zeros (1L, dtype = Networks.double)
                    let shapes = [| [| 2L; 3L |]; [| 4L; 2L |] |]
                    let x = WeightVector.normal shapes like generator
                    let free (x: torch.Tensor array) = x |> Array.iter _.Dispose()
                    use flat = WeightVector.flatten x
                    use _dot = WeightVector.dot x x
                    use _norm = WeightVector.norm x

                    for result in [ WeightVector.add x x; WeightVector.scale 2.0 x; WeightVector.axpy 2.0 x x; x ] do
                        free result

                    free (WeightVector.unflatten shapes flat)
                    free (WeightVector.zeros shapes like))

            Expect.equal leaked 0L "the number of tensors left"
        }

        test "normal numbers come from the default generator where none is given" {
            use _scope = torch.NewDisposeScope()
            let draw () = (WeightVector.normal [| [| 2L; 3L |] |] (Networks.normal [ 1 ]) null)[0]

            let twice = [ for _ in 1..2 -> Networks.fromSeed 4 (fun () -> Dense.values (draw ())) ]

            Expect.equal twice[1] twice[0] "the numbers of one seed"
        }
    ]
