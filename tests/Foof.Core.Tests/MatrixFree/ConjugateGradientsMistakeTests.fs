module Foof.Core.Tests.ConjugateGradientsMistakeTests

open System
open System.Threading
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.LinearSystems
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let failing (what: string) C b settings =
    let error = Oracle.raises<NumericalFailure>(fun () -> ConjugateGradients.solve C b settings |> ignore)

    Expect.stringStarts error.Message ("conjugate gradients: " + what) "the message"

[<Tests>]
let tests =
    testList "MatrixFree.ConjugateGradientsMistake" [
        test "a matrix that is not positive definite, or not finite, is a numerical failure" {
            use _scope = torch.NewDisposeScope()
            let struct (matrix, C, b) = system ()

            let operator (matrix: Matrix<float>) = ofMatrix C.Shapes (Dense.toTensor matrix)

            let with' M = { tight with Preconditioner = ValueSome(operator M) }

            failing "C is not positive definite, p^T C p is -" (operator -matrix) b tight

            failing
                "C is not positive definite, p^T C p is -"
                (operator -(Dense.identity 8))
                [| b[0] * 0.0; b[1] |]
                tight

            failing "C is not positive definite, p^T C p is 0 in iteration 1" (operator (matrix * 0.0)) b tight

            failing "p^T C p is NaN" (operator (matrix * nan)) b tight
            failing "the preconditioner M is not positive definite, r^T M r is -" C b (with' -matrix)
            failing "p^T C p is NaN and r^T M r is NaN in iteration 1" C b (with' (matrix * nan))
        }

        test "a Hessian of negative curvature is a numerical failure" {
            use _scope = torch.NewDisposeScope()
            use C = Operators.hessian (List.head (ExplicitCurvature.cases ()))
            use shifted = LinearOperator.shifted -10.0 C
            failing "C is not positive definite" shifted (Vectors.random C.Shapes) settings
        }

        test "what does not fit is refused" {
            use _scope = torch.NewDisposeScope()
            let struct (_, C, b) = system ()

            let other = ofMatrix [| [| 1L; 1L |] |] (torch.ones (1L, 1L, dtype = Networks.double))

            for message, b, settings in
                [
                    "b must hold 2 matrices", b[..0], settings
                    "b must be [2; 3] at layer 0; got [1; 2].", Array.rev b, settings
                    "b must be Float64 on cpu, like what it goes with; got Float32",
                    b |> Array.map _.``to``(torch.ScalarType.Float32),
                    settings
                    "b must hold finite numbers only; its largest is NaN.", WeightVector.scale nan b, settings
                    "Start must hold 2 matrices", b, { settings with Start = ValueSome b[..0] }
                    "The preconditioner must be one for", b, { settings with Preconditioner = ValueSome other }
                    "MaxIterations must be at least 1; got 0.", b, { settings with MaxIterations = 0 }
                    "Tolerance must be", b, { settings with Tolerance = nan }
                ] do
                let error = Oracle.raises<ArgumentException>(fun () -> ConjugateGradients.solve C b settings |> ignore)

                Expect.stringStarts error.Message message "the message"
        }

        test "progress is reported for every iteration, and cancellation ends the iterations" {
            use _scope = torch.NewDisposeScope()
            let struct (_, C, b) = system ()
            let seen = ResizeArray<struct (int * float)>()
            use stop = new CancellationTokenSource()

            let watched = {
                tight with
                    Cancellation = stop.Token
                    Progress =
                        ValueSome(
                            Action<_, _>(fun iteration residual ->
                                seen.Add(struct (iteration, residual))

                                if iteration = 3 then stop.Cancel())
                        )
            }

            Oracle.raises<OperationCanceledException>(fun () -> ConjugateGradients.solve C b watched |> ignore)
            |> ignore

            Expect.sequenceEqual (seen |> Seq.map (fun struct (iteration, _) -> iteration)) [ 1; 2; 3 ] "the iterations"

            use three = ConjugateGradients.solve C b { tight with MaxIterations = 3 }
            let struct (_, last) = seen[2]
            Oracle.agrees Tolerance.explicit [| three.RelativeResidual |] [| last |]
        }

        test "the solution is outside of every graph and arguments stay as they are" {
            use _scope = torch.NewDisposeScope()
            let struct (_, C, b) = system ()
            let before = Weights.numbers b

            for x in b do
                x.requires_grad <- true

            use result = ConjugateGradients.solve C b { settings with Start = ValueSome b }

            for x in result.Solution do
                Expect.isFalse x.requires_grad "x requires a gradient"

            Expect.equal (Weights.numbers b) before "the elements of b"
        }

        test "nothing but the solution stays alive" {
            use _scope = torch.NewDisposeScope()
            let struct (matrix, C, b) = system ()
            use M = ofMatrix C.Shapes (Dense.toTensor (matrix.Inverse()))
            use negative = ofMatrix C.Shapes (Dense.toTensor -matrix)
            let zero = WeightVector.scale 0.0 b

            for C, b, settings in
                [
                    C, b, settings
                    C, b, { settings with Preconditioner = ValueSome M; Start = ValueSome b }
                    C, zero, settings
                ] do
                Expect.equal
                    (Oracle.leaked (fun () -> ConjugateGradients.solve C b settings |> ignore))
                    2L
                    "the number of tensors left"

            Expect.equal
                (Oracle.leaked (fun () -> use _result = ConjugateGradients.solve C b settings in ()))
                0L
                "the number of tensors left"

            Expect.equal
                (Oracle.leaked (fun () -> failing "C is not" negative b settings))
                0L
                "the number of tensors left"
        }
    ]
