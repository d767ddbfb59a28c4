/// Labels that do not count: -100 and masks.
module Foof.Core.Tests.LikelihoodMaskTests

open System
open Expecto
open Foof
open Foof.Explicit
open TorchSharp

let agree = Likelihoods.agree

let negative (mask: torch.Tensor) = mask.logical_not ()

/// Truth values for a case's labels: at random, but nothing of the first data point, every other label of the
/// last one.
let mask (y: torch.Tensor) =
    let mask = (Networks.normal [ for size in y.shape -> int size ]).gt(0.0.ToScalar())
    mask.select(0L, 0L).fill_(false.ToScalar()) |> ignore
    let last = mask.select (0L, y.size 0 - 1L)

    let alternating = torch.arange(last.numel ()).remainder(2L.ToScalar()).eq(0L.ToScalar())

    last.copy_ (alternating.reshape last.shape) |> ignore
    mask

/// The mean over data points with a label that counts, by loops.
let expected (entries: torch.Tensor) (mask: torch.Tensor) =
    let width = int (entries.numel () / entries.size 0)
    let rows = Dense.values entries |> Array.chunkBySize width

    let counts = Dense.values (mask.``to`` Networks.double) |> Array.chunkBySize width

    let points = counts |> Array.filter (Array.exists (fun count -> count = 1.0))

    let kept = Array.map2 (Array.map2 (fun entry count -> if count = 1.0 then entry else 0.0)) rows counts

    [| (kept |> Array.sumBy Array.sum) / float points.Length |]

[<Tests>]
let tests =
    testList "Likelihoods.LikelihoodMask" [
        Likelihoods.forEach
            "the masked loss is the mean over the data points with a label that counts"
            Likelihoods.cases
            (fun case ->
                let f, y = Likelihoods.output case, Likelihoods.target case
                let mask = mask y
                let loss = Likelihood.lossMasked case.Likelihood f y mask
                let entries = Loss.entries case.Likelihood f y
                Oracle.agrees Tolerance.explicit (expected entries mask) (Dense.values loss))

        Likelihoods.forEach "a mask that ignores nothing changes nothing" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let all = torch.ones (y.shape, dtype = torch.ScalarType.Bool)
            let loss = Likelihood.loss case.Likelihood f y
            agree Tolerance.explicit loss (Likelihood.lossMasked case.Likelihood f y all)

            Expect.equal (Dense.values (Likelihood.masked all f)) (Dense.values f) "the masked likelihood"

            Expect.equal (Likelihood.dataPoints all) (f.size 0) "the data points of all")

        Likelihoods.forEach "what is ignored may be anything, and has no gradient" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let mask = mask y
            let ofF = if f.dim () > y.dim () then mask.unsqueeze 1L else mask
            let broken = f.masked_fill(negative ofF, nan.ToScalar()).requires_grad_ true

            let nonsense = if y.dtype = torch.ScalarType.Int64 then 77L.ToScalar() else nan.ToScalar()

            let loss = Likelihood.lossMasked case.Likelihood broken (y.masked_fill (negative mask, nonsense)) mask

            agree Tolerance.rounding (Likelihood.lossMasked case.Likelihood f y mask) loss
            loss.backward ()
            let n = float (Likelihood.dataPoints mask)
            let errors = Likelihood.masked mask (Likelihood.errors case.Likelihood f y)
            agree Tolerance.explicit (errors / n) broken.grad)

        Likelihoods.forEach
            "masked outputs, labels, columns and products are those of the labels that count"
            Likelihoods.cases
            (fun case ->
                let f, y = Likelihoods.output case, Likelihoods.target case
                let likelihood, mask = case.Likelihood, mask y
                let ofF = if f.dim () > y.dim () then mask.unsqueeze 1L else mask
                let broken = f.masked_fill (negative ofF, nan.ToScalar())

                let zeroed (tensor: torch.Tensor) = tensor.masked_fill (negative ofF, 0.0.ToScalar())

                let clean = Likelihood.masked mask broken
                Likelihood.check likelihood clean (Likelihood.masked mask y)

                for c in 0L .. Likelihood.hessianColumns likelihood f - 1L do
                    let column = Likelihood.masked mask (Likelihood.hessianRoot likelihood clean c)
                    agree Tolerance.rounding (zeroed (Likelihood.hessianRoot likelihood f c)) column

                let product = Likelihood.masked mask (Likelihood.hessianProduct likelihood clean f)
                agree Tolerance.rounding (zeroed (Likelihood.hessianProduct likelihood f f)) product)

        Likelihoods.forEach
            "class labels of -100 are ignored like masked ones"
            (Likelihoods.cases |> List.filter (fun case -> case.Likelihood = Likelihood.Categorical))
            (fun case ->
                let f, y = Likelihoods.output case, Likelihoods.target case
                let mask = mask y
                let marked = y.masked_fill (negative mask, (-100L).ToScalar())
                let masked = Likelihood.lossMasked Likelihood.Categorical f y mask
                let tracked = f.clone().requires_grad_ true
                let loss = Likelihood.loss Likelihood.Categorical tracked marked
                loss.backward ()
                agree Tolerance.explicit masked loss
                let errors = Likelihood.errors Likelihood.Categorical f marked

                agree Tolerance.rounding (Likelihood.masked mask (Likelihood.errors Likelihood.Categorical f y)) errors

                agree Tolerance.explicit (errors / float (Likelihood.dataPoints mask)) tracked.grad
                Likelihood.check Likelihood.Categorical f marked
                let all = torch.ones_like mask

                agree Tolerance.explicit masked (Likelihood.lossMasked Likelihood.Categorical f marked all)

                let counted = Likelihood.counted Likelihood.Categorical marked

                Expect.equal (counted.data<bool>().ToArray()) (mask.data<bool>().ToArray()) "which rows are counted")

        test "without -100 the categorical loss is libtorch's mean times the positions, to the bit" {
            for shape in [ [ 7; 5 ]; [ 7; 5; 3 ]; [ 7; 5; 3; 2 ] ] do
                use _scope = torch.NewDisposeScope()
                let f = (Networks.normal shape).``to`` torch.ScalarType.Float32
                let y = Likelihoods.labels 5 (List.removeAt 1 shape)
                let mean = torch.nn.functional.cross_entropy (f, y)
                let expected = mean * float (y.numel () / y.size 0)

                Expect.equal
                    (Dense.values (Likelihood.loss Likelihood.Categorical f y))
                    (Dense.values expected)
                    "the loss"
        }

        test "labels that are real numbers all count" {
            use _scope = torch.NewDisposeScope()

            let counted = Likelihood.counted Likelihood.Poisson (torch.full (2L, 3L, (-100.0).ToScalar()))

            Expect.equal (counted.data<bool>().ToArray()) (Array.replicate 6 true) "which rows are counted"
        }

        Likelihoods.forEach "a mask that ignores everything is refused" Likelihoods.cases (fun case ->
            let f, y = Likelihoods.output case, Likelihoods.target case
            let none = torch.zeros (y.shape, dtype = torch.ScalarType.Bool)

            for act in
                [
                    (fun () -> Likelihood.lossMasked case.Likelihood f y none |> ignore)
                    (fun () -> Likelihood.dataPoints none |> ignore)
                ] do
                let message = Oracle.raises<ArgumentException>(act).Message
                Expect.stringContains message $"all {y.numel ()} are ignored" "the message")

        test "labels that are -100 wherever the mask is true are refused, and labels that are all -100 by check" {
            use _scope = torch.NewDisposeScope()
            let f = Networks.normal [ 2; 3 ]
            let mask = torch.tensor [| true; false |]

            Oracle.raises<ArgumentException>(fun () ->
                Likelihood.lossMasked Likelihood.Categorical f (torch.tensor [| -100L; 1L |]) mask |> ignore)
            |> ignore

            let message =
                Oracle.raises<ArgumentException>(fun () ->
                    Likelihood.check Likelihood.Categorical f (torch.tensor [| -100L; -100L |]))

            Expect.stringContains message.Message "all 2 are -100" "the message"
        }

        test "a mask that is no truth value for each label is refused" {
            use _scope = torch.NewDisposeScope()
            let f, y = Networks.normal [ 4; 3 ], Likelihoods.labels 3 [ 4 ]

            let bools (shape: int64 list) = torch.ones (List.toArray shape, dtype = torch.ScalarType.Bool)

            for mask in [ bools [ 4L; 3L ]; bools [ 3L ]; bools [ 4L; 1L ]; torch.ones 4L ] do
                let message =
                    Oracle.raises<ArgumentException>(fun () ->
                        Likelihood.lossMasked Likelihood.Categorical f y mask |> ignore)

                Expect.stringContains message.Message "mask must be of type Bool, of the labels' shape" "the message"

                Expect.stringContains message.Message "[4] of Int64" "the message"

            for mask in [ bools [ 3L ]; bools [ 3L; 3L ]; bools [ 4L; 3L; 1L ]; torch.ones 4L ] do
                Oracle.raises<ArgumentException>(fun () -> Likelihood.masked mask f |> ignore) |> ignore

            Oracle.raises<ArgumentException>(fun () -> Likelihood.dataPoints (torch.ones 4L) |> ignore) |> ignore
        }
    ]
