/// Statistics of a share of the data points, and of patches part by part: the same as of those data points alone, and as
/// of all patches at once.
module Foof.Core.Tests.StatisticsPartsTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

/// Convolutions with and without groups, a layer by positions and one without: [n; 2; 6; 6] -> [n; 3].
let convolutional () : Networks.Network =
    let first = torch.nn.Conv2d(2L, 4L, 3L, stride = 2L, padding = 1L, dtype = Networks.double)

    let grouped = torch.nn.Conv2d(4L, 4L, 2L, groups = 2L, dtype = Networks.double)
    let last = Networks.linear 16 3 true

    new Networks.Model(
        [ "first", first; "grouped", grouped; "last", last ],
        fun input ->
            let z = (grouped.call ((first.call input).tanh())).tanh()
            last.call (z.flatten 1L)
    )

/// The moments that a method keeps after one batch, or what it has inverted where it keeps none.
let seen (model: Networks.Network) (recipe: Recipe) (input: torch.Tensor) (target: torch.Tensor) =
    use preconditioner = new Preconditioner(model, recipe, Likelihood.Categorical)

    preconditioner.UpdateCurvature(input, target)
    Networks.snapshot preconditioner.State

/// Methods at the labels of the batch, so that nothing is drawn.
let methods =
    Methods.all
    |> Seq.filter (Recipe.needsGradients >> not)
    |> Seq.map (fun recipe -> { recipe with Fisher = Fisher.Empirical })
    |> List.ofSeq

let agree (expected: Map<string, float array>) (actual: Map<string, float array>) =
    Expect.sequenceEqual actual.Keys expected.Keys "the keys of actual"

    for entry in expected |> Map.remove "description" do
        // The sign of an eigenvector is arbitrary; the spectrum in that basis is not.
        if not (entry.Key.Contains "Q_" || entry.Key.Contains "eigenvectors") then
            Oracle.agrees Tolerance.explicit entry.Value actual[entry.Key]

    Expect.isNonEmpty expected "the expectation"

[<Tests>]
let tests =
    testList "Training.StatisticsParts" [
        testList "a share of a batch gives what those data points alone give" [
            for recipe in methods do
                test recipe.Name {
                    use _scope = torch.NewDisposeScope()
                    let model = convolutional ()
                    let input = Networks.normal [ 7; 2; 6; 6 ]
                    let target = torch.tensor [| 0L; 2L; 1L; 1L; 0L; 2L; 2L |]
                    // 0.4 of 7 data points are 3, rounded up.
                    let first = seen model recipe (input.narrow (0L, 0L, 3L)) (target.narrow (0L, 0L, 3L))

                    let share = seen model (recipe.WithStatisticsShare 0.4) input target
                    agree first share

                    let whole = seen model recipe input target
                    Expect.notEqual share whole "the share"
                }
        ]

        test "labels that are ignored do not count in a share either" {
            use _scope = torch.NewDisposeScope()
            let model = convolutional ()

            let recipe = { Methods.kfac with Fisher = Fisher.Empirical }

            let input = Networks.normal [ 6; 2; 6; 6 ]

            let ofShare (labels: int64 list) =
                seen model (recipe.WithStatisticsShare 0.5) input (torch.tensor (List.toArray labels))

            let ofPoints (count: int64) (labels: int64 list) =
                let target = torch.tensor (List.toArray labels)
                seen model recipe (input.narrow (0L, 0L, count)) (target.narrow (0L, 0L, count))

            let some = [ 1L; -100L; 2L; 0L; 0L; 1L ]
            agree (ofPoints 3L some) (ofShare some)
            // Where none of the first ones counts, the whole batch is looked at.
            let late = [ -100L; -100L; -100L; 0L; 2L; 1L ]
            agree (ofPoints 6L late) (ofShare late)
        }

        test "batch norm takes mean and variance of the whole batch" {
            use _scope = torch.NewDisposeScope()
            let norm = torch.nn.BatchNorm1d(3L, dtype = Networks.double)
            let last = Networks.linear 3 3 true

            let model = new Networks.Model([ "norm", norm; "last", last ], norm.call >> last.call)

            let input = Networks.normal [ 8; 3 ]

            let recipe = { Methods.kfac with Fisher = Fisher.Empirical; StatisticsShare = 0.5 }

            let found = seen model recipe input (torch.tensor [| 0L; 1L; 2L; 0L; 1L; 2L; 0L; 1L |])

            let x = Dense.ofTensor input
            let n = float x.RowCount

            let expected = [|
                for channel in 0..2 do
                    let column = x.Column channel
                    let mean = column.Sum() / n
                    let centred = column.Subtract mean
                    let scale = 1.0 / sqrt (centred.DotProduct centred / n + 1e-5)
                    let half = (centred * scale).SubVector(0, 4)
                    // x_hat with a one beside it: the 2 x 2 factor of a unit, from the first four data points.
                    half.DotProduct half / 4.0
                    half.Sum() / 4.0
                    half.Sum() / 4.0
                    1.0
            |]

            let weight = Networks.momentWeight 1 "activation" found

            Oracle.agrees Tolerance.explicit expected (found["norm.activation.sum"] |> Array.map (fun x -> x / weight))
        }

        testList "patches part by part give what all patches at once give" [
            for recipe in methods do
                test recipe.Name {
                    use _scope = torch.NewDisposeScope()
                    let model = convolutional ()
                    let input = Networks.normal [ 7; 2; 6; 6 ]
                    let target = torch.tensor [| 0L; 2L; 1L; 1L; 0L; 2L; 2L |]
                    let whole = seen model (recipe.WithPatchBytes Int64.MaxValue) input target
                    // One data point at a time, and two (a data point has 9 rows of 19 numbers), the last part smaller.
                    for bytes in [ 1L; 2L * 9L * 19L * 8L ] do
                        agree whole (seen model (recipe.WithPatchBytes bytes) input target)
                }
        ]

        test "parts are as large as the budget lets them be" {
            use _scope = torch.NewDisposeScope()
            let model = convolutional ()
            let layers = (Coverage.survey model Networks.everything).Layers
            use recorder = new Recorder(model, layers)
            recorder.Start(fun _ _ -> Keep.Input)
            model.call (Networks.normal [ 7; 2; 6; 6 ]) |> ignore
            let records = recorder.Take()

            let counts layer budget share = [
                for struct (make, ofAll) in Record.parts budget share ((Record.byLayer [| layer |] records)[0]) do
                    struct (Activations.dataPoints (make ()), ofAll)
            ]

            let point = 9L * 19L * 8L

            Expect.equal
                (counts layers[0] (3L * point) 1.0)
                [ struct (3L, 3.0 / 7.0); struct (3L, 3.0 / 7.0); struct (1L, 1.0 / 7.0) ]
                "three data points a part"

            Expect.equal (counts layers[0] (7L * point) 1.0) [ struct (7L, 1.0) ] "all at once"

            Expect.equal (counts layers[0] (7L * point) 0.2) [ struct (2L, 1.0) ] "a share of two"
            // Rows of a layer without patches are its input.
            Expect.equal (counts layers[2] 1L 1.0) [ struct (7L, 1.0) ] "a linear layer has one part"
            Record.release records
        }

        test "shares out of range and of methods made of gradients are refused" {
            let refused recipe = (Oracle.raises<ArgumentException>(fun () -> Recipe.check recipe)).Message

            for share in [ 0.0; -0.5; 1.5; nan ] do
                Expect.stringContains (refused (Methods.foof.WithStatisticsShare share)) "(0, 1]" "the message"

            Expect.stringContains (refused (Methods.shampoo.WithStatisticsShare 0.5)) "'shampoo'" "the message"

            Expect.stringContains (refused (Methods.foof.WithPatchBytes 0L)) "PatchBytes" "the message"
        }
    ]
