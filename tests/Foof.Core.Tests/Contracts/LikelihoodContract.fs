/// Errors, columns and products of every likelihood against autograd of an explicit -log p.
module Foof.Core.Tests.LikelihoodContract

open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// S_i of all data points, [n; D; columns].
let root likelihood (output: torch.Tensor) =
    let columns = Likelihood.hessianColumns likelihood output

    let column c = (Likelihood.hessianRoot likelihood output c).reshape(output.size 0, -1L)

    torch.stack ([| for c in 0L .. columns - 1L -> column c |], 2L)

[<Tests>]
let tests =
    testList "Contracts.Likelihood" [
        Likelihoods.forEach "the loss is the mean over data points of an explicit -log p" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let expected = (Loss.entries case.Likelihood f y).sum() / float (f.size 0)
            let loss = Likelihood.loss case.Likelihood f y
            Expect.equal (loss.dim ()) 0L "the dimensions of the loss"
            Expect.equal loss.dtype f.dtype "the type of loss"
            Likelihoods.agree Tolerance.explicit expected loss)

        Likelihoods.forEach "errors are the summands' derivatives that autograd finds" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let struct (_, expected) = Loss.gradient case.Likelihood f y
            Likelihoods.agree Tolerance.explicit expected (Likelihood.errors case.Likelihood f y))

        Likelihoods.forEach "the gradient of the loss is the errors over n" Likelihoods.cases (fun case ->
            let f, y = (Likelihoods.output case).requires_grad_ true, Likelihoods.target case
            (Likelihood.loss case.Likelihood f y).backward()

            let expected = Likelihood.errors case.Likelihood f y / float (f.size 0)
            Likelihoods.agree Tolerance.explicit expected f.grad)

        Likelihoods.forEach
            "the columns' squares add up to the Hessian that autograd finds"
            Likelihoods.cases
            (fun case ->
                let f, y = Likelihoods.output case, Likelihoods.target case
                let S = root case.Likelihood f
                let expected = Loss.hessian case.Likelihood f y
                Expect.equal (S.size 2) (f.numel () / f.size 0) "the number of columns"
                Likelihoods.agree Tolerance.explicit expected (S.matmul (S.transpose (1L, 2L))))

        Likelihoods.forEach
            "column c R + r is that of class or channel c at position r, and zero at other positions"
            (Likelihoods.cases |> List.filter (fun case -> List.length case.Shape > 1))
            (fun case ->
                let f = Likelihoods.output case
                let C = f.size 1
                let positions = f.flatten(1L).size 1 / C
                let p = f.softmax(1L).reshape(f.size 0, C, positions)

                for c in 0L .. C - 1L do
                    for r in 0L .. positions - 1L do
                        let column = Likelihood.hessianRoot case.Likelihood f (c * positions + r)
                        let actual = column.reshape (f.size 0, C, positions)
                        let expected = torch.zeros_like actual

                        if case.Likelihood = Likelihood.Categorical then
                            let here = expected.select (2L, r)
                            here.copy_ (p.select (2L, r)) |> ignore
                            here.select(1L, c).sub_(1.0.ToScalar()) |> ignore
                            here.mul_ (p.select(2L, r).narrow(1L, c, 1L).sqrt()) |> ignore
                        else
                            let own = actual.select(1L, c).select(1L, r)
                            expected.select(1L, c).select(1L, r).copy_ own |> ignore

                            Expect.isTrue
                                (Dense.values own |> Array.forall (fun root -> root > 0.0))
                                "the roots are positive"

                        Likelihoods.agree Tolerance.rounding expected actual)

        Likelihoods.forEach "the Hessian's product agrees with the dense one" Likelihoods.cases (fun case ->
            let f, y, v = Likelihoods.output case, Likelihoods.target case, Likelihoods.output case

            let Lambda = Loss.hessian case.Likelihood f y
            let expected = Lambda.matmul(v.reshape (f.size 0, -1L, 1L)).reshape f.shape
            Likelihoods.agree Tolerance.explicit expected (Likelihood.hessianProduct case.Likelihood f v))

        Likelihoods.forEach "outputs that are not contiguous have the same derivatives" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let last = f.dim () - 1L
            let turned = f.transpose(0L, last).contiguous().transpose(0L, last)
            let likelihood = case.Likelihood

            Likelihoods.agree
                Tolerance.rounding
                (Likelihood.errors likelihood f y)
                (Likelihood.errors likelihood turned y)

            Likelihoods.agree Tolerance.rounding (root likelihood f) (root likelihood turned))

        Likelihoods.forEach "derivatives and labels carry no gradient" Likelihoods.cases (fun case ->
            let f, y = (Likelihoods.output case).requires_grad_ true, Likelihoods.target case

            for result in
                [
                    Likelihood.errors case.Likelihood f y
                    Likelihood.hessianRoot case.Likelihood f 0L
                    Likelihood.hessianProduct case.Likelihood f f
                    Likelihood.sample case.Likelihood f null
                ] do
                Expect.isFalse result.requires_grad "result requires a gradient")

        Likelihoods.forEach "float32 agrees with float64" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let single = f.``to`` torch.ScalarType.Float32

            let labels = if y.dtype = f.dtype then y.``to`` torch.ScalarType.Float32 else y

            let compare expected (actual: torch.Tensor) =
                Expect.equal actual.dtype torch.ScalarType.Float32 "the type of actual"
                Likelihoods.agree Tolerance.float32AgainstFloat64 expected actual

            let likelihood = case.Likelihood
            compare (Likelihood.loss likelihood f y) (Likelihood.loss likelihood single labels)
            compare (Likelihood.errors likelihood f y) (Likelihood.errors likelihood single labels)
            compare (root likelihood f) (root likelihood single)

            compare (Likelihood.hessianProduct likelihood f f) (Likelihood.hessianProduct likelihood single single))

        test "losses and columns of certain outputs lose no digits" {
            use _scope = torch.NewDisposeScope()
            let f = torch.tensor [| 40.0; -40.0; 100.0; -100.0 |]
            let zeros = torch.zeros_like f
            let tail = exp -40.0
            let expected = Array.sum [| 40.0; tail; 100.0; exp -100.0 |] / 4.0

            Oracle.agrees
                Tolerance.rounding
                [| expected |]
                (Dense.values (Likelihood.loss Likelihood.Bernoulli f zeros))

            let column = Likelihood.hessianRoot Likelihood.Bernoulli f 0L
            let root = [| sqrt tail; sqrt tail; exp -50.0; exp -50.0 |]
            Oracle.agrees Tolerance.rounding root (Dense.values column)

            for i, value in Array.indexed (Dense.values column) do
                Oracle.agrees Tolerance.rounding [| root[i] |] [| value |]
        }

        test "a single class is certain: no loss, no errors, no Hessian, always the same label" {
            use _scope = torch.NewDisposeScope()
            let f, y = Networks.normal [ 3; 1 ], Likelihoods.labels 1 [ 3 ]
            let likelihood = Likelihood.Categorical

            for result in
                [
                    Likelihood.loss likelihood f y
                    Likelihood.errors likelihood f y
                    Likelihood.hessianRoot likelihood f 0L
                    Likelihood.hessianProduct likelihood f f
                    Likelihood.sample likelihood f null
                ] do
                for value in Dense.values result do
                    Expect.equal value 0.0 "the value"
        }
    ]
