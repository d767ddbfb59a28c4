/// What steps make of embeddings, covered and not.
module Foof.Core.Tests.EmbeddingStepTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Embeddings
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// What a step of FOOF makes of a table with padding 2 whose rows are fitted to zero: the moment of the inputs is diagonal.
let private explicitFoof (table: Matrix<float>) (numbers: int64 list) (rate: float) (damping: float) =
    let n = float numbers.Length

    Dense.build 6 3 (fun i j ->
        let times = numbers |> List.filter ((=) (int64 i)) |> List.length |> float

        if i = 2 then
            table[i, j]
        else
            table[i, j] - rate * (times / n * table[i, j]) / (times / n + damping))

let private afterStep (model: Networks.Network) (table: Embedding) batch =
    use optimizer = Networks.optimizer model Networks.everyStep 0.3 0.9 0.0
    Networks.byStep optimizer [ batch; batch ]
    Networks.byLoop model optimizer [ batch ]
    Dense.values table.weight

[<Tests>]
let tests =
    testList "Training.EmbeddingStep" [
        test "steps leave the padding alone and move every other row by the formula" {
            let numbers = [ 2L; 0L; 2L; 5L; 1L; 5L ]

            let batch = torch.tensor (List.toArray numbers), torch.zeros (6L, 3L, dtype = Networks.double)

            let ways = [
                fun (model: Networks.Network) ->
                    use optimizer = Networks.optimizer model Networks.everyStep 0.3 0.0 0.0
                    Networks.byStep optimizer [ batch ]
                fun model ->
                    use optimizer = Networks.optimizer model Networks.everyStep 0.3 0.0 0.0
                    Networks.byLoop model optimizer [ batch ]
                fun model ->
                    use preconditioner = new Preconditioner(model, Networks.everyStep)
                    use other = torch.optim.SGD(model.parameters (), 0.3)
                    Networks.byPreconditioner model preconditioner other [ batch ]
            ]

            for way in ways do
                let model = embedding (Some 2L) Networks.double
                use _quiet = torch.no_grad ()
                model.weight.copy_ (Networks.normal [ 6; 3 ]) |> ignore

                let expected = explicitFoof (Dense.ofTensor model.weight) numbers 0.3 Networks.everyStep.Damping

                use _recorded = torch.enable_grad ()
                way model
                Oracle.agreesWith Tolerance.rounding expected model.weight
        }

        test "embeddings that cannot be covered move by plain gradient descent beside a covered layer" {
            let uncovered = [
                fun () -> torch.nn.Embedding(6L, 3L, sparse = true, dtype = Networks.double)
                fun () -> torch.nn.Embedding(6L, 3L, scale_grad_by_freq = true, dtype = Networks.double)
                fun () -> torch.nn.Embedding(6L, 3L, max_norm = 1.0, dtype = Networks.double)
            ]

            let numbers = torch.tensor [| 2L; 0L; 2L; 5L; 1L; 5L |]
            let batch = numbers, torch.zeros (6L, 2L, dtype = Networks.double)

            for make in uncovered do
                for byStep in [ true; false ] do
                    let table, head = Networks.fromSeed 5 (fun () -> make (), Networks.linear 3 2 true)
                    let run (input: torch.Tensor) = head.call (table.call input)
                    let model = new Networks.Model([ "table", table; "head", head ], run)
                    (Likelihood.loss Networks.gaussian (model.call numbers) (snd batch)).backward()
                    let parameter = table.get_parameter "weight"

                    let expected = Dense.ofTensor parameter - 0.3 * Dense.ofTensor (parameter.grad.to_dense ())

                    model.zero_grad ()
                    use optimizer = Networks.optimizer model Networks.everyStep 0.3 0.0 0.0

                    if byStep then Networks.byStep optimizer [ batch ] else Networks.byLoop model optimizer [ batch ]

                    Oracle.agreesWith Tolerance.rounding expected parameter
        }

        test "a table of two embeddings moves as that of one that is called twice" {
            let numbers = torch.tensor [| 2L; 0L; 2L; 5L; 1L; 5L |]
            let batch = numbers, torch.zeros (6L, 3L, dtype = Networks.double)

            let trained tied =
                Networks.fromSeed 7 (fun () ->
                    let first = embedding None Networks.double
                    let second = if tied then embedding None Networks.double else first

                    if tied then second.weight <- first.weight

                    let run (input: torch.Tensor) = first.call input + second.call input
                    afterStep (new Networks.Model([ "first", first; "second", second ], run)) first batch)

            Oracle.agrees Tolerance.rounding (trained false) (trained true)
        }

        test "a table that a linear layer shares moves once in a step" {
            let table, head = embedding None Networks.double, Networks.linear 3 6 false
            head.weight <- table.weight
            let numbers = torch.tensor [| 2L; 0L; 2L; 5L |]
            let batch = numbers, torch.zeros (4L, 6L, dtype = Networks.double)
            let spare = Networks.linear 6 6 true

            let run (input: torch.Tensor) = spare.call (head.call (table.call input))

            let model = new Networks.Model([ "table", table; "head", head; "spare", spare ], run)

            for byStep in [ true; false ] do
                model.zero_grad ()
                (Likelihood.loss Networks.gaussian (model.call numbers) (snd batch)).backward()
                let expected = Dense.ofTensor table.weight - 0.3 * Dense.ofTensor table.weight.grad
                model.zero_grad ()
                use optimizer = Networks.optimizer model Networks.everyStep 0.3 0.0 0.0

                if byStep then Networks.byStep optimizer [ batch ] else Networks.byLoop model optimizer [ batch ]

                Oracle.agreesWith Tolerance.rounding expected head.weight
        }

        test "a table that is moved after the optimiser was made keeps its settings and its momentum" {
            use _scope = torch.NewDisposeScope()
            let table = embedding None torch.float32
            let model = new Networks.Model([ "table", table ], table.call)
            let groups = [ ParameterGroup([| table.weight |], 0.1, 0.5, 0.0) ]

            use optimizer =
                new Optimizer(
                    model,
                    Networks.everyStep,
                    Networks.gaussian,
                    groups = groups,
                    select = (fun _ _ -> false)
                )

            let step (dtype: torch.ScalarType) =
                let before = table.weight.detach().``to``(Networks.double).clone()

                Networks.byStep optimizer [ torch.arange 6L, torch.zeros (6L, 3L, dtype = System.Nullable dtype) ]

                before - table.weight.detach().``to`` Networks.double

            let first = step torch.float32
            let gradient (W: torch.Tensor) = W / 6.0
            model.``to`` torch.float64 |> ignore
            let expected = 0.5 * first + 0.1 * gradient (table.weight.detach().clone())

            Expect.isTrue ((step torch.float64 - expected).abs().max().ToDouble() < 1e-6) "the step is the expected one"
        }
    ]
