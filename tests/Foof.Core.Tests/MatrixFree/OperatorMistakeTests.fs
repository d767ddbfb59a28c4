module Foof.Core.Tests.OperatorMistakeTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.ExplicitCurvature
open Foof.Core.Tests.Operators
open TorchSharp

let makers = [ hessian; gaussNewton; fisher ]

let first () = List.head (cases ())

/// The message with which every operator of a case refuses to be made.
let refused<'E when 'E :> exn> (case: Case) (start: string) =
    for make in makers do
        let leaked =
            Oracle.leaked (fun () ->
                let error = Oracle.raises<'E>(fun () -> make case |> ignore)
                Expect.stringStarts error.Message start "the message")

        Expect.equal leaked 0L "the number of tensors left"

[<Tests>]
let tests =
    testList "MatrixFree.OperatorMistake" [
        test "a frozen layer is refused by its name, weight or bias" {
            for freeze in [ (fun (layer: Layer) -> layer.Weight); (fun layer -> layer.Bias.Value) ] do
                use _scope = torch.NewDisposeScope()
                let case = first ()
                (freeze case.Layers[1]).requires_grad <- false
                refused<ArgumentException> case "layer 'fc1' (5 -> 3) must be trained; it is frozen"
        }

        test "an empty list of layers, and a layer given twice, are refused" {
            use _scope = torch.NewDisposeScope()
            let case = first ()

            refused<ArgumentException> { case with Layers = [||] } "layers must hold at least one layer; got none."

            let twice = { case with Layers = Array.append case.Layers case.Layers }

            refused<ArgumentException> twice "layer 'fc0' (4 -> 4) must be listed once; got it 2 times."
        }

        test "layers of another model are refused" {
            use _scope = torch.NewDisposeScope()

            let case = { first () with Layers = (first ()).Layers }

            refused<ArgumentException> case "The model's output must depend on the layers; it depends on none."
        }

        test "an input that is not finite is a numerical failure, and an empty one is the caller's mistake" {
            use _scope = torch.NewDisposeScope()
            let case = first ()

            let none = { case with Input = case.Input.narrow (0L, 0L, 0L) }

            refused<ArgumentException> none "input must hold at least one data point"
            let input = case.Input.clone ()
            input.narrow(0L, 0L, 1L).fill_(nan.ToScalar()) |> ignore

            refused<NumericalFailure>
                { case with Input = input }
                "the model's output: 3 of 15 numbers are NaN or infinite"
        }

        test "a target that is not finite is a numerical failure" {
            use _scope = torch.NewDisposeScope()
            let case = cases()[1]
            let case = { case with Target = case.Target * nan }

            for make in [ hessian; fisher ] do
                let error = Oracle.raises<NumericalFailure>(fun () -> make case |> ignore)
                Expect.equal error.Subject "the loss" "the subject of error"
        }

        test "a vector of other shapes, type or device is refused" {
            use _scope = torch.NewDisposeScope()
            use C = hessian (first ())
            let v = Vectors.random C.Shapes

            let refused message v =
                let error = Oracle.raises<ArgumentException>(fun () -> C.Product v |> ignore)
                Expect.stringStarts error.Message (message: string) "the message"

            refused "v must hold 2 matrices, one per layer; got 1." v[..0]
            refused "v must be [4; 4] at layer 0; got [3; 5]." (Array.rev v)

            refused
                "v must be Float64 on cpu, like what it goes with; got Float32 on cpu."
                (v |> Array.map _.``to``(torch.ScalarType.Float32))

            refused
                "v must be Float64 on cpu, like what it goes with; got Float64 on meta."
                (v |> Array.map _.``to``(torch.META))
        }

        test "a function's result of other shapes is refused" {
            use _scope = torch.NewDisposeScope()
            let shapes = [| [| 2L; 3L |] |]
            let like = torch.zeros (1L, dtype = Networks.double)
            use C = LinearOperator.ofFunction shapes like (Array.map _.t())

            let error = Oracle.raises<ArgumentException>(fun () -> C.Product(Vectors.random shapes) |> ignore)

            Expect.stringStarts error.Message "the product must be [2; 3] at layer 0; got [3; 2]." "the message"
        }

        test "a disposed operator makes no products" {
            use _scope = torch.NewDisposeScope()

            for make in makers do
                let C = make (first ())
                let v = Vectors.random C.Shapes
                (C :> IDisposable).Dispose()
                (C :> IDisposable).Dispose()

                Oracle.raises<ObjectDisposedException>(fun () -> C.Product v |> ignore) |> ignore
        }

        test "weights that changed since an operator was made are refused" {
            for make in makers do
                use _scope = torch.NewDisposeScope()
                let case = first ()
                use C = make case
                let v = Vectors.random C.Shapes
                use _quiet = torch.no_grad ()
                case.Layers[1].Weight.mul_(2.0.ToScalar()) |> ignore
                Expect.throws (fun () -> C.Product v |> ignore) "a product with other weights must be refused"
        }

        test "a matrix that would be too large is refused with its bytes" {
            use _scope = torch.NewDisposeScope()
            let like = torch.zeros (1L, dtype = torch.ScalarType.Float32)
            use C = LinearOperator.ofFunction [| [| 1000L; 785L |] |] like id

            let error = Oracle.raises<ArgumentException>(fun () -> LinearOperator.dense C |> ignore)

            Expect.stringStarts
                error.Message
                "A dense matrix of 785000 weights would take 4929800000000 bytes"
                "the message"
        }

        test "the identity gives a vector of its own" {
            use _scope = torch.NewDisposeScope()
            let shapes = [| [| 2L; 3L |] |]
            let v = Vectors.random shapes
            use C = LinearOperator.ofFunction shapes v[0] id
            let result = C.Product v
            result[0].zero_() |> ignore
            result[0].Dispose()
            Expect.notEqual (v[0].norm().ToDouble()) 0.0 "the norm"
            Oracle.agreesWith 0.0 (Dense.identity 6) (LinearOperator.dense C)
        }

        test "a shift adds to the diagonal and leaves its operator as it was" {
            use _scope = torch.NewDisposeScope()
            use C = gaussNewton (first ())
            let matrix = Dense.ofTensor (LinearOperator.dense C)

            do
                use shifted = LinearOperator.shifted 0.3 C
                let expected = Dense.shifted 0.3 matrix
                Oracle.agreesWith Tolerance.rounding expected (LinearOperator.dense shifted)

            Oracle.agreesWith 0.0 matrix (LinearOperator.dense C)
        }

        test "nothing but results stays alive" {
            use _scope = torch.NewDisposeScope()

            for case in cases () do
                let v = Vectors.random (use C = gaussNewton case in C.Shapes)

                for make in makers do
                    let leaked =
                        Oracle.leaked (fun () ->
                            use C = make case
                            use shifted = LinearOperator.shifted 1.0 C
                            use _dense = LinearOperator.dense C

                            for operator in [ C; shifted ] do
                                operator.Product v |> Array.iter _.Dispose())

                    Expect.equal leaked 0L "the number of tensors left"
        }
    ]
