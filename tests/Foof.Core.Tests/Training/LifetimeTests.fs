/// Live tensors before = after: for every public function, and for a hundred steps of each way of training.
module Foof.Core.Tests.LifetimeTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// Asserts that a hundred steps after the first ones change the number of live tensors by nothing. n = 2
/// makes factors of all layers, n = 9 gradients.
let flat (prepare: Networks.Network -> (torch.Tensor * torch.Tensor -> unit) * IDisposable) =
    for n in [ 2; 9 ] do
        let model = Networks.inPlace Networks.reluInPlace [ 3; 6; 2 ] ()

        let everything =
            Oracle.leaked (fun () ->
                let step, owner = prepare model
                Networks.hundred n step
                let live = Oracle.leaked (fun () -> Networks.hundred n step)
                Expect.equal live 0L "the number of live tensors"
                owner.Dispose()

                for parameter in model.parameters () do
                    parameter.grad <- null)

        Expect.equal everything 0L "the number of tensors left"
        model.Dispose()

/// Each function of each likelihood by name.
let likelihoods () =
    let one (tensor: torch.Tensor) = [ tensor ]

    [
        for case in Likelihoods.cases do
            let likelihood, f, y = case.Likelihood, Likelihoods.output case, Likelihoods.target case

            let mask = torch.ones (y.shape, dtype = torch.ScalarType.Bool)
            let name = $"Likelihood, {case}: "
            $"{name}loss", fun () -> one (Likelihood.loss likelihood f y)
            $"{name}lossMasked", fun () -> one (Likelihood.lossMasked likelihood f y mask)
            $"{name}errors", fun () -> one (Likelihood.errors likelihood f y)
            $"{name}sample", fun () -> one (Likelihood.sample likelihood f null)
            $"{name}hessianRoot", fun () -> one (Likelihood.hessianRoot likelihood f 0L)
            $"{name}hessianProduct", fun () -> one (Likelihood.hessianProduct likelihood f f)
            $"{name}masked", fun () -> one (Likelihood.masked mask f)
            $"{name}counted", fun () -> one (Likelihood.counted likelihood y)

            $"{name}check, dataPoints, hessianColumns",
            fun () ->
                Likelihood.check likelihood f y
                Likelihood.dataPoints mask |> ignore
                Likelihood.hessianColumns likelihood f |> ignore
                []
    ]

/// Each public function by name, with arguments that stay the caller's.
let functions () =
    let layer = LayerContract.only (Networks.linear 3 2 true)
    let kind = Networks.double
    let convolution = LayerContract.only (torch.nn.Conv2d(2L, 3L, 2L, dtype = kind))

    let padded =
        LayerContract.only (torch.nn.Conv2d(2L, 3L, 2L, padding = 1L, dilation = 2L, bias = false, dtype = kind))

    let table = LayerContract.only (torch.nn.Embedding(5L, 2L, padding_idx = 0L, dtype = kind))

    let layerNorm = LayerContract.only (torch.nn.LayerNorm(3L, dtype = kind))
    let batchNorm = LayerContract.only (torch.nn.BatchNorm1d(3L, dtype = kind))

    let A, E = Networks.normal [ 4; 3 ], Networks.normal [ 4; 2 ]
    let B, M = Networks.normal [ 4; 4 ], Networks.normal [ 3; 4 ]
    let image, maps = Networks.normal [ 2; 2; 4; 4 ], Networks.normal [ 2; 3; 3; 3 ]
    let labels = torch.zeros (4L, dtype = torch.ScalarType.Int64)
    let semidefinite = Matrices.semidefinite 3 4
    let indefinite = Dense.toTensor (Matrices.rotated [ 2.0; -5.0; 1.0 ])

    let weight, bias, W = Networks.normal [ 2; 3 ], Networks.normal [ 2 ], Networks.normal [ 3; 9 ]

    let average: Moment = { Total = Matrices.semidefinite 3 4; IsLower = false; Share = 0.5 }

    let one (tensor: torch.Tensor) = [ tensor ]

    let inverse attempts matrix damping =
        Factorization.inverse attempts matrix damping
        |> Option.map (fun damped -> [ damped.Inverse; damped.LogDet ])
        |> Option.defaultValue []

    [
        "Layer.rows, dense", fun () -> one (Layer.rows layer A)
        "Layer.rows, convolution", fun () -> one (Layer.rows convolution image)
        "Layer.errorRows, dense", fun () -> one (Layer.errorRows layer E)
        "Layer.errorRows, convolution", fun () -> one (Layer.errorRows convolution maps)
        "Layer.rows, embedding", fun () -> one (Layer.rows table labels)
        "Layer.activations, dense", fun () -> Activations.tensors (Layer.activations layer A)
        "Layer.activations, convolution", fun () -> Activations.tensors (Layer.activations convolution image)
        "Layer.activations, padded", fun () -> Activations.tensors (Layer.activations padded image)
        "Layer.activations, embedding", fun () -> Activations.tensors (Layer.activations table labels)
        "Layer.activations, layer norm", fun () -> Activations.tensors (Layer.activations layerNorm A)
        "Layer.activations, batch norm", fun () -> Activations.tensors (Layer.activations batchNorm A)
        "Layer.errors, dense", fun () -> one (Layer.errors layer E)
        "Layer.errors, convolution", fun () -> one (Layer.errors convolution maps)
        "Layer.errors, embedding", fun () -> one (Layer.errors table E)
        "Layer.errors, layer norm", fun () -> one (Layer.errors layerNorm A)
        "Layer.split",
        fun () ->
            let found = Layer.split convolution W
            [ found.Weight; found.Bias.Value ]
        "Layer.joined", fun () -> one (Layer.joined layer weight (ValueSome bias))
        "Likelihood.loss, categorical", fun () -> one (Likelihood.loss Likelihood.Categorical E labels)
        "Likelihood.loss, Gaussian", fun () -> one (Likelihood.loss Networks.gaussian E E)
        yield! likelihoods ()
        "Factorization.damped", fun () -> one (Factorization.damped semidefinite 0.1)
        "Factorization.inverse", fun () -> inverse Factorization.attempts semidefinite 0.1
        "Factorization.inverse, eigenvalues", fun () -> inverse Factorization.attempts indefinite 0.1
        "Factorization.inverse, none", fun () -> inverse Networks.hopeless indefinite 0.1
        "Statistic.activationFactor", fun () -> one (Statistic.activationFactor 4L A)
        "Moment.init", fun () -> one (Moment.init [| 3L; 3L |] A).Total
        "Moment.value", fun () -> one (Moment.value average)
        "Methods.foofUpdate", fun () -> one (Methods.foofUpdate 4L A E 0.1)
        "Products.accumulate",
        fun () ->
            Products.accumulate M 0.5 A B 0.1
            []
    ]

let private names =
    use _scope = torch.NewDisposeScope()
    functions () |> List.map fst

[<Tests>]
let tests =
    testList "Training.Lifetime" [
        test "a hundred steps leave no tensor, and Dispose frees statistics and momentum" {
            flat (fun model ->
                let optimizer = Networks.optimizer model Networks.someSteps 0.01 0.9 0.01
                (fun batch -> Networks.byStep optimizer [ batch ]), optimizer)
        }

        test "a hundred rounds of the ordinary loop leave no tensor" {
            flat (fun model ->
                let optimizer = Networks.optimizer model Networks.someSteps 0.01 0.9 0.01
                (fun batch -> Networks.byLoop model optimizer [ batch ]), optimizer)
        }

        test "a hundred rounds with another optimiser leave no tensor" {
            flat (fun model ->
                let preconditioner = new Preconditioner(model, Networks.someSteps)
                let sgd = torch.optim.SGD(model.parameters (), 0.01, 0.9)

                let owner = {
                    new IDisposable with
                        member _.Dispose() =
                            (preconditioner :> IDisposable).Dispose()
                            sgd.Dispose()
                }

                (fun batch -> Networks.byPreconditioner model preconditioner sgd [ batch ]), owner)
        }

        test "a step's result is the only thing that is left of it" {
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 3; 6; 2 ]
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            let input, target = List.head (Networks.batches 1 2 3 2)
            Networks.byStep optimizer [ input, target ]
            let mutable result: StepResult = Unchecked.defaultof<StepResult>

            Expect.equal
                (Oracle.leaked (fun () -> result <- optimizer.Step(input, target)))
                2L
                "the number of tensors left"

            Expect.equal
                (Oracle.leaked (fun () -> (result :> IDisposable).Dispose()))
                (-2L)
                "the number of tensors left"
        }

        Holds.forEach
            "a public function leaves its result and nothing else, and its arguments live on"
            id
            names
            (fun name ->
                let call = functions () |> List.find (fun (other, _) -> other = name) |> snd

                for _ in 1..2 do
                    let mutable results = []
                    let created = Oracle.leaked (fun () -> results <- call ())

                    Expect.isTrue (created = int64 results.Length) $"{created} tensors, {results.Length} results"

                    Expect.isTrue (results |> List.forall (fun result -> not result.IsInvalid)) "the results are alive"

                    results |> List.iter _.Dispose())

        test "WarmUp, UpdateCurvature, Apply, State and Restore leave nothing but results" {
            let model = Networks.perceptron true [ 3; 6; 2 ]
            use preconditioner = new Preconditioner(model, Networks.someSteps)
            let inputs = Networks.batches 4 5 3 2 |> List.map fst
            preconditioner.WarmUp inputs

            let unchanged (action: unit -> unit) = Expect.equal (Oracle.leaked action) 0L "the number of tensors left"

            unchanged (fun () -> preconditioner.WarmUp inputs)
            unchanged (fun () -> preconditioner.UpdateCurvature(inputs[0], null))
            use rows = Networks.normal [ 2; 4 ]
            unchanged (fun () -> preconditioner.Apply(preconditioner.Layers[0], rows).Dispose())

            unchanged (fun () ->
                use _scope = torch.NewDisposeScope()
                let state = preconditioner.State()
                preconditioner.Restore state)
        }

        test "a refresh that fails at the second layer frees the first layer's new inverse" {
            use _scope = torch.NewDisposeScope()
            let first, second = Networks.linear 3 2 false, Networks.linear 2 2 false

            let model =
                new Networks.Model([ "a", first; "b", second ], fun input -> second.call (first.call(input).tanh()))

            let recipe = { Networks.everyStep with Attempts = Networks.forLargeOnly; OnFailure = OnFailure.Raise }

            use preconditioner = new Preconditioner(model, recipe)
            let input = Dense.toTensor (Dense.identity 3 * 1e3)

            let warmUp () = Oracle.raises<NumericalFailure>(fun () -> preconditioner.WarmUp [ input ]) |> ignore

            warmUp ()
            Expect.equal (Oracle.leaked warmUp) 0L "the number of tensors left"
        }

        test "Dispose frees everything, removes the hooks and may be called twice" {
            let model = Networks.perceptron true [ 3; 6; 2 ]

            let pass () =
                use _scope = torch.NewDisposeScope()
                model.call (torch.ones (2L, 3L, dtype = Networks.double)) |> ignore

            let created =
                Oracle.leaked (fun () ->
                    let optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0

                    Networks.hundred 2 (fun batch -> Networks.byStep optimizer [ batch ])
                    // The recorder listens for the ordinary loop: these inputs are held.
                    Expect.isTrue (Oracle.leaked pass > 0L) "a pass leaves its records"
                    optimizer.Dispose()
                    optimizer.Dispose()
                    Expect.equal (Oracle.leaked pass) 0L "the number of tensors left")

            Expect.equal created 0L "the number of new tensors"
        }

        test "an optimiser that is never disposed harms no other optimiser when it is collected" {
            let model = Networks.perceptron true [ 3; 2 ]

            let forget () =
                let optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0

                Networks.byStep optimizer [
                    torch.ones (2L, 3L, dtype = Networks.double), torch.ones (2L, 2L, dtype = Networks.double)
                ]

            forget ()
            GC.Collect()
            GC.WaitForPendingFinalizers()
            use _scope = torch.NewDisposeScope()
            use optimizer = Networks.optimizer model Networks.everyStep 0.1 0.9 0.0
            Networks.byStep optimizer (Networks.batches 2 4 3 2)
            Expect.equal optimizer.BatchesSeen 2 "the position of optimizer"
        }
    ]
