/// Derivatives are those of `autograd.grad`, and every `.grad` is the same tensor afterwards.
module Foof.Core.Tests.DerivativesTests

open System.Runtime.InteropServices
open System.Threading.Tasks
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// Weights and biases of two layers, both layers' outputs as handles of their own, and the loss.
[<ReferenceEquality>]
type private TwoLayers = {
    Parameters: torch.Tensor array
    Outputs: torch.Tensor array
    Loss: torch.Tensor
} with

    member problem.Variables = Array.append problem.Outputs problem.Parameters

let private trained (shape: int list) = (Networks.normal shape).requires_grad_ true

let private problem () =
    let parameters = [| [ 5; 3 ]; [ 5 ]; [ 2; 5 ]; [ 2 ] |] |> Array.map trained
    let W1, b1, W2, b2 = parameters[0], parameters[1], parameters[2], parameters[3]
    let z1 = (Networks.normal [ 7; 3 ]).mm(W1.t ()) + b1
    let z2 = z1.tanh().mm(W2.t ()) + b2

    { Parameters = parameters; Outputs = [| z1.alias (); z2.alias () |]; Loss = z2.square().mean() }

let private expected recorded (outputs: torch.Tensor array) factors (variables: torch.Tensor array) =
    torch.autograd.grad (outputs, variables, factors, true, recorded, true) |> Seq.toArray

let private same (expected: torch.Tensor array) (found: torch.Tensor array) =
    Array.iter2 (fun x y -> Expect.equal (Dense.values y) (Dense.values x) "the draw of y") expected found

/// Runs what may fail on a problem where some variables have a `.grad`, which must be the same tensors afterwards.
let private keepsGradients (action: TwoLayers -> torch.Tensor array -> unit) =
    use _scope = torch.NewDisposeScope()
    let problem = problem ()
    // Before an output keeps a `.grad`: autograd.grad would add to it.
    let reference = expected false [| problem.Loss |] null problem.Variables
    let before = problem.Variables |> Array.map _.randn_like()

    for i in 0..2 .. before.Length - 1 do
        if not problem.Variables[i].is_leaf then problem.Variables[i].retain_grad()

        problem.Variables[i].grad <- before[i]

    action problem reference

    for i in 0 .. before.Length - 1 do
        if i % 2 = 0 then
            // Both have one memory: what is written into one is in the other.
            before[i].fill_(float i |> _.ToScalar()) |> ignore

            Expect.equal (Dense.values problem.Variables[i].grad) (Dense.values before[i]) "the gradient of a variable"
        elif problem.Variables[i].is_leaf then
            Expect.isNull (problem.Variables[i].grad) "the gradient of a variable"

let private fails<'E when 'E :> exn> (words: string) (find: TwoLayers -> torch.Tensor array) =
    keepsGradients (fun problem _ ->
        let error = Oracle.raises<'E>(fun () -> find problem |> ignore)
        Expect.stringContains error.Message words "the message")

[<Tests>]
let tests =
    testList "Tensors.Derivatives" [
        test "derivatives by layers' outputs and by parameters are autograd's to the bit" {
            use _scope = torch.NewDisposeScope()
            let problem = problem ()
            let outputs, factors = [| problem.Loss |], null
            let reference = expected false outputs factors problem.Variables
            let found = Derivatives.find true false outputs factors problem.Variables
            same reference found

            for derivative in found do
                Expect.isFalse derivative.requires_grad "derivative requires a gradient"
        }

        test "derivatives of several outputs with factors are autograd's too, even if one variable is given twice" {
            use _scope = torch.NewDisposeScope()
            let problem = problem ()
            let factors = [| Networks.normal [ 7; 5 ]; Networks.normal [ 7; 2 ] |]
            let variables = Array.append problem.Variables problem.Parameters[..1]
            let reference = expected false problem.Outputs factors variables
            same reference (Derivatives.find true false problem.Outputs factors variables)
        }

        test "derivatives that are differentiated in turn give autograd's second derivatives" {
            use _scope = torch.NewDisposeScope()
            let problem = problem ()
            let v = problem.Parameters |> Array.map _.randn_like()

            let second find =
                let first: torch.Tensor array = find true [| problem.Loss |] null problem.Parameters
                find false first v problem.Parameters

            same (second expected) (second (Derivatives.find true))

            for parameter in problem.Parameters do
                Expect.isNull parameter.grad "the gradient of the parameter"
        }

        test "what no output depends on has no derivative" {
            use _scope = torch.NewDisposeScope()
            let problem, other = problem (), trained [ 3 ]

            let found = Derivatives.find true false [| problem.Loss |] null [| other; problem.Parameters[0] |]

            Expect.isNull (found[0]) "what does not depend on it"
            Expect.isNotNull (found[1]) "the second result"
            let unreached = Derivatives.find true false [| problem.Loss |] null [| other |]
            Expect.isNull (unreached[0]) "what no loss reaches"
        }

        test "without variables nothing is differentiated" {
            use _scope = torch.NewDisposeScope()
            let problem = problem ()
            Expect.isEmpty (Derivatives.find true false [| problem.Loss |] null [||]) "the derivatives"

            for parameter in problem.Parameters do
                Expect.isNull parameter.grad "the gradient of the parameter"
        }

        test "every gradient is afterwards the tensor that it was" {
            keepsGradients (fun problem reference ->
                let variables = problem.Variables
                same reference (Derivatives.find true false [| problem.Loss |] null variables)
                same reference (Derivatives.find true true [| problem.Loss |] null variables)
                same reference (Derivatives.find false false [| problem.Loss |] null variables))
        }

        test "a graph that is gone raises and changes nothing" {
            fails<ExternalException> "second time" (fun problem ->
                Derivatives.find false false [| problem.Loss |] null problem.Variables |> ignore
                Derivatives.find false false [| problem.Loss |] null problem.Variables)
        }

        test "a factor of another shape raises and changes nothing" {
            for recorded in [ false; true ] do
                fails<ExternalException> "expected shape" (fun problem ->
                    let factors = [| Networks.normal [ 7; 4 ] |]
                    Derivatives.find true recorded problem.Outputs[..0] factors problem.Variables)
        }

        test "a change in place of what the derivative needs raises and changes nothing" {
            for recorded in [ false; true ] do
                fails<ExternalException> "inplace operation" (fun problem ->
                    use _quiet = torch.no_grad ()
                    problem.Parameters[2].mul_(2.0.ToScalar()) |> ignore
                    Derivatives.find true recorded [| problem.Loss |] null problem.Variables)
        }

        test "an output without a graph raises and changes nothing" {
            fails<System.InvalidOperationException> "must depend on trained parameters" (fun problem ->
                Derivatives.find true false [| problem.Loss.detach () |] null problem.Variables)
        }

        test "nothing is left but the derivatives" {
            use _scope = torch.NewDisposeScope()
            let problem = problem ()
            problem.Parameters[0].grad <- problem.Parameters[0].randn_like()

            let left =
                Oracle.leaked (fun () ->
                    for recorded in [ false; true ] do
                        use scope = torch.NewDisposeScope()
                        let found = Derivatives.find true recorded [| problem.Loss |] null problem.Variables
                        Expect.equal scope.DisposablesCount found.Length "the number of the scope's tensors"

                    use scope = torch.NewDisposeScope()

                    Oracle.raises<ExternalException>(fun () ->
                        Derivatives.find true false problem.Outputs[..0] [| torch.ones 3L |] problem.Variables
                        |> ignore)
                    |> ignore)

            Expect.equal left 0L "the number of tensors left"
        }

        test "threads with parameters in common do not mix their derivatives" {
            use _scope = torch.NewDisposeScope()
            let problem = problem ()

            let differentiate (factor: float) =
                use _scope = torch.NewDisposeScope()
                let factors = [| torch.full (7L, 2L, factor, dtype = Networks.double) |]

                Derivatives.find true false problem.Outputs[1..] factors problem.Parameters |> Array.map Dense.values

            let factors = [| 1.0; 2.0; 3.0; 4.0 |]
            let alone = factors |> Array.map differentiate

            let together =
                factors
                |> Array.map (fun factor ->
                    Task.Run(fun () -> Array.init 50 (fun _ -> differentiate factor) |> Array.distinct))
                |> Task.WhenAll

            Array.iter2
                (fun expected (found: float array array array) ->
                    Expect.equal (Oracle.only found) expected "the only element")
                alone
                together.Result
        }
    ]
