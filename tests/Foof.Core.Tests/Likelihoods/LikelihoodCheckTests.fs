/// Outputs, labels and arguments that do not fit: one sentence each.
module Foof.Core.Tests.LikelihoodCheckTests

open System
open Expecto
open Foof
open TorchSharp

let labels = Likelihoods.labels
let perOutput = Likelihood.GaussianPerOutput Likelihoods.deviations

/// The message of an ArgumentException.
let mistake (act: unit -> unit) = Oracle.raises<ArgumentException>(act).Message

/// The message with which `loss`, and all others that take labels, refuse.
let refused likelihood (output: int list) (target: unit -> torch.Tensor) =
    use _scope = torch.NewDisposeScope()
    let f, y = Networks.normal output, target ()
    let message = mistake (fun () -> Likelihood.loss likelihood f y |> ignore)
    let mask = torch.ones (y.shape, dtype = torch.ScalarType.Bool)

    for act in
        [
            (fun () -> Likelihood.errors likelihood f y |> ignore)
            (fun () -> Likelihood.lossMasked likelihood f y mask |> ignore)
            (fun () -> Likelihood.check likelihood f y)
        ] do
        Expect.equal (mistake act) message "the mistake"

    message

/// The message with which everything refuses an output.
let outputRefused likelihood (output: torch.Tensor) =
    let message = mistake (fun () -> Likelihood.loss likelihood output output |> ignore)

    for act in
        [
            (fun () -> Likelihood.sample likelihood output null |> ignore)
            (fun () -> Likelihood.hessianColumns likelihood output |> ignore)
            (fun () -> Likelihood.hessianRoot likelihood output 0L |> ignore)
            (fun () -> Likelihood.hessianProduct likelihood output output |> ignore)
            (fun () -> Likelihood.check likelihood output output)
        ] do
        Expect.equal (mistake act) message "the mistake"

    message

[<Tests>]
let tests =
    testList "Likelihoods.LikelihoodCheck" [
        test "labels that are no class indices, one per data point, are refused with both shapes" {
            let message = refused Likelihood.Categorical [ 4; 3 ] (fun () -> labels 3 [ 5 ])
            Expect.stringContains message "[4; 3] of Float64" "the message"
            Expect.stringContains message "got [5] of Int64" "the message"

            let others = [ labels 3 [ 4; 1 ]; Networks.normal [ 4 ]; (labels 3 [ 4 ]).``to`` torch.ScalarType.Bool ]

            for target in others do
                Expect.stringContains
                    (refused Likelihood.Categorical [ 4; 3 ] (fun () -> target.alias ()))
                    "class indices"
                    "the message"

                target.Dispose()
        }

        test "a real target of another shape or type is refused, even one that would broadcast" {
            for likelihood in [ Networks.gaussian; perOutput; Likelihood.Bernoulli; Likelihood.Poisson ] do
                for shape in [ [ 4; 1 ]; [ 3 ]; [ 1 ] ] do
                    let message = refused likelihood [ 4; 3 ] (fun () -> Networks.normal shape)
                    Expect.stringContains message "output's shape" "the message"

                for kind in [ torch.ScalarType.Float32; torch.ScalarType.Int64; torch.ScalarType.Bool ] do
                    let message = refused likelihood [ 4; 3 ] (fun () -> (Networks.normal [ 4; 3 ]).``to`` kind)

                    Expect.stringContains message $"got [4; 3] of {kind}" "the message"
        }

        Likelihoods.forEach "labels on another device are refused" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, (Likelihoods.target case).``to``(torch.device "meta")

            let message = mistake (fun () -> Likelihood.errors case.Likelihood f y |> ignore)

            Expect.stringContains message "target must be on the output's device cpu; got it on meta" "the message")

        test "an output without classes or channels is refused as such" {
            use _scope = torch.NewDisposeScope()
            let vector = Networks.normal [ 4 ]

            Expect.stringContains
                (outputRefused Likelihood.Categorical vector)
                "output must be [n; C; ...]"
                "the message"

            Expect.stringContains (outputRefused Likelihood.Categorical vector) "got [4] of Float64" "the message"

            Expect.stringContains (outputRefused perOutput vector) "output must be [n; 3; ...]" "the message"

            Expect.stringContains
                (outputRefused perOutput (Networks.normal [ 4; 2 ]))
                "got [4; 2] of Float64"
                "the message"
        }

        Likelihoods.forEach
            "an output that is empty, a single number or made of whole numbers is refused"
            Likelihoods.cases
            (fun case ->
                let likelihood = case.Likelihood
                let empty = torch.zeros (0L, 3L, dtype = Networks.double)
                let wide = torch.zeros (3L, 0L, dtype = Networks.double)

                Expect.stringContains
                    (outputRefused likelihood empty)
                    "at least one data point; got [0; 3] of Float64"
                    "the message"

                Expect.stringContains
                    (outputRefused likelihood wide)
                    "at least one data point; got [3; 0] of Float64"
                    "the message"

                Expect.stringContains (outputRefused likelihood (empty.sum ())) "data point" "the message"

                Expect.stringContains
                    (outputRefused likelihood (labels 3 [ 2; 3 ]))
                    "floating-point numbers; got [2; 3] of Int64"
                    "the message")

        test "a deviation that is not positive is refused" {
            for sigma in [ 0.0; -1.0; nan; infinity ] do
                use _scope = torch.NewDisposeScope()
                let f = Networks.normal [ 2; 2 ]

                Expect.stringContains
                    (outputRefused (Likelihood.Gaussian sigma) f)
                    "sigma must be a positive"
                    "the message"

                Expect.stringContains
                    (outputRefused (Likelihood.GaussianPerOutput [| 1.0; sigma |]) f)
                    "sigma must be a positive"
                    "the result"
        }

        test "class indices out of range are refused by check with their number, and by libtorch" {
            use _scope = torch.NewDisposeScope()
            let f = Networks.normal [ 5; 3 ]
            let y = torch.tensor [| 0L; 3L; -1L; -100L; 2L |]
            let message = mistake (fun () -> Likelihood.check Likelihood.Categorical f y)

            Expect.stringContains
                message
                "class indices from 0 to 2, or -100 where it is to be ignored; 2 of 5"
                "the message"

            for act in
                [
                    (fun () -> Likelihood.loss Likelihood.Categorical f y |> ignore)
                    (fun () -> Likelihood.errors Likelihood.Categorical f y |> ignore)
                ] do
                Expect.throws act "labels outside of the classes must be refused"
        }

        test "labels that are impossible are refused by check with their number" {
            let message likelihood (values: float array) =
                use _scope = torch.NewDisposeScope()
                let y = torch.tensor(values).reshape(1L, -1L)
                mistake (fun () -> Likelihood.check likelihood (Networks.normal [ 1; values.Length ]) y)

            Expect.stringContains
                (message Likelihood.Bernoulli [| 0.0; 1.0; 1.5; -0.1 |])
                "from 0 to 1; 2 of 4 labels"
                "the message"

            Expect.stringContains
                (message Likelihood.Poisson [| 0.0; 1e9; -1.0 |])
                "at least 0; 1 of 3 labels"
                "the message"

            for likelihood in [ Networks.gaussian; perOutput; Likelihood.Bernoulli; Likelihood.Poisson ] do
                Expect.stringContains
                    (message likelihood [| 0.0; nan; infinity |])
                    "finite numbers; 2 of 3"
                    "the message"
        }

        Likelihoods.forEach
            "outputs that are not finite are a numerical failure, which says how many they are"
            Likelihoods.cases
            (fun case ->
                let f, y = Likelihoods.output case, Likelihoods.target case
                let bad = f.clone ()

                bad.flatten().narrow(0L, 0L, 2L).copy_(torch.tensor [| nan; -infinity |]) |> ignore

                for act in
                    [
                        (fun () -> Likelihood.check case.Likelihood bad y)
                        (fun () -> Likelihood.sample case.Likelihood bad null |> ignore)
                    ] do
                    let failure = Oracle.raises<NumericalFailure> act

                    Expect.stringContains
                        failure.Message
                        $"2 of {f.numel ()} elements are NaN or infinite"
                        "the message")

        test "log rates beyond the range of whole numbers are a numerical failure" {
            use _scope = torch.NewDisposeScope()
            let f = torch.tensor [| 36.7; 37.0; 800.0 |]
            let y = torch.zeros_like f

            for act in
                [
                    (fun () -> Likelihood.check Likelihood.Poisson f y)
                    (fun () -> Likelihood.sample Likelihood.Poisson f null |> ignore)
                ] do
                Expect.stringContains
                    ((Oracle.raises<NumericalFailure> act).Message)
                    "2 of 3 elements are log rates"
                    "the message"

            Likelihood.check Likelihood.Bernoulli f y
        }

        Likelihoods.forEach
            "a column that does not exist is refused with the number of columns"
            Likelihoods.cases
            (fun case ->
                let f = Likelihoods.output case
                let columns = Likelihood.hessianColumns case.Likelihood f

                for column in [ -1L; columns ] do
                    let message = mistake (fun () -> Likelihood.hessianRoot case.Likelihood f column |> ignore)

                    Expect.stringContains message $"one of the {columns} from 0 on; got {column}" "the message")

        test "a vector that is not of the output's shape and type is refused" {
            use _scope = torch.NewDisposeScope()
            let f = Networks.normal [ 4; 3 ]

            for v in [ Networks.normal [ 4; 1 ]; Networks.normal [ 3 ]; f.``to`` torch.ScalarType.Float32 ] do
                let message = mistake (fun () -> Likelihood.hessianProduct Likelihood.Poisson f v |> ignore)

                Expect.stringContains
                    message
                    "v must have the output's shape and type for an output [4; 3] of Float64"
                    "the message"
        }
    ]
