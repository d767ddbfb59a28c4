/// Outputs, labels and arguments that do not fit: one sentence each.
[<Seeded>]
module Foof.Core.Tests.LikelihoodCheckTests

open System
open Foof
open TorchSharp
open Xunit

let labels = Likelihoods.labels
let perOutput = Likelihood.GaussianPerOutput Likelihoods.deviations

/// The message of an ArgumentException.
let mistake (act: unit -> unit) =
    Oracle.raises<ArgumentException>(act).Message

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
        Assert.Equal(message, mistake act)

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
        Assert.Equal(message, mistake act)

    message

[<Fact>]
let ``labels that are no class indices, one per data point, are refused with both shapes`` () =
    let message = refused Likelihood.Categorical [ 4; 3 ] (fun () -> labels 3 [ 5 ])
    Assert.Contains("Float64 [4; 3]", message)
    Assert.Contains("got Int64 [5]", message)

    let others = [
        labels 3 [ 4; 1 ]
        Networks.normal [ 4 ]
        (labels 3 [ 4 ]).``to`` torch.ScalarType.Int32
    ]

    for target in others do
        Assert.Contains("class indices", refused Likelihood.Categorical [ 4; 3 ] (fun () -> target.alias ()))
        target.Dispose()

[<Fact>]
let ``a real target of another shape or type is refused, even one that would broadcast`` () =
    for likelihood in [ Networks.gaussian; perOutput; Likelihood.Bernoulli; Likelihood.Poisson ] do
        for shape in [ [ 4; 1 ]; [ 3 ]; [ 1 ] ] do
            let message = refused likelihood [ 4; 3 ] (fun () -> Networks.normal shape)
            Assert.Contains("output's shape", message)

        for kind in [ torch.ScalarType.Float32; torch.ScalarType.Int64; torch.ScalarType.Bool ] do
            let message =
                refused likelihood [ 4; 3 ] (fun () -> (Networks.normal [ 4; 3 ]).``to`` kind)

            Assert.Contains($"got {kind} [4; 3]", message)

[<Fact>]
let ``labels on another device are refused`` () =
    Likelihoods.forEach (fun case ->
        let f, y =
            Likelihoods.output case, (Likelihoods.target case).``to``(torch.device "meta")

        let message = mistake (fun () -> Likelihood.errors case.Likelihood f y |> ignore)
        Assert.Contains("target must be on the output's device cpu; got it on meta", message))

[<Fact>]
let ``an output without classes or channels is refused as such`` () =
    use _scope = torch.NewDisposeScope()
    let vector = Networks.normal [ 4 ]
    Assert.Contains("output must be [n; C; ...]", outputRefused Likelihood.Categorical vector)
    Assert.Contains("got Float64 [4]", outputRefused Likelihood.Categorical vector)
    Assert.Contains("output must be [n; 3; ...]", outputRefused perOutput vector)
    Assert.Contains("got Float64 [4; 2]", outputRefused perOutput (Networks.normal [ 4; 2 ]))

[<Fact>]
let ``an output that is empty, a single number or made of whole numbers is refused`` () =
    Likelihoods.forEach (fun case ->
        let likelihood = case.Likelihood
        let empty = torch.zeros (0L, 3L, dtype = Networks.double)
        let wide = torch.zeros (3L, 0L, dtype = Networks.double)
        Assert.Contains("at least one data point; got Float64 [0; 3]", outputRefused likelihood empty)
        Assert.Contains("at least one data point; got Float64 [3; 0]", outputRefused likelihood wide)
        Assert.Contains("data point", outputRefused likelihood (empty.sum ()))
        Assert.Contains("floating-point numbers; got Int64", outputRefused likelihood (labels 3 [ 2; 3 ])))

[<Fact>]
let ``a deviation that is not positive is refused`` () =
    for sigma in [ 0.0; -1.0; nan; infinity ] do
        use _scope = torch.NewDisposeScope()
        let f = Networks.normal [ 2; 2 ]
        Assert.Contains("sigma must be a positive", outputRefused (Likelihood.Gaussian sigma) f)

        Assert.Contains(
            "sigma must be a positive",
            outputRefused (Likelihood.GaussianPerOutput [| 1.0; sigma |]) f
        )

[<Fact>]
let ``class indices out of range are refused by check with their number, and by libtorch`` () =
    use _scope = torch.NewDisposeScope()
    let f = Networks.normal [ 5; 3 ]
    let y = torch.tensor [| 0L; 3L; -1L; -100L; 2L |]
    let message = mistake (fun () -> Likelihood.check Likelihood.Categorical f y)
    Assert.Contains("class indices from 0 to 2, or -100 where it is to be ignored; 2 of 5", message)

    for act in
        [
            (fun () -> Likelihood.loss Likelihood.Categorical f y |> ignore)
            (fun () -> Likelihood.errors Likelihood.Categorical f y |> ignore)
        ] do
        Assert.ThrowsAny<Exception>(Action act) |> ignore

[<Fact>]
let ``labels that are impossible are refused by check with their number`` () =
    let message likelihood (values: float array) =
        use _scope = torch.NewDisposeScope()
        let y = torch.tensor(values).reshape(1L, -1L)
        mistake (fun () -> Likelihood.check likelihood (Networks.normal [ 1; values.Length ]) y)

    Assert.Contains("from 0 to 1; 2 of 4 labels", message Likelihood.Bernoulli [| 0.0; 1.0; 1.5; -0.1 |])
    Assert.Contains("at least 0; 1 of 3 labels", message Likelihood.Poisson [| 0.0; 1e9; -1.0 |])

    for likelihood in [ Networks.gaussian; perOutput; Likelihood.Bernoulli; Likelihood.Poisson ] do
        Assert.Contains("finite numbers; 2 of 3", message likelihood [| 0.0; nan; infinity |])

[<Fact>]
let ``outputs that are not finite are the numbers' failure, with their number`` () =
    Likelihoods.forEach (fun case ->
        let f, y = Likelihoods.output case, Likelihoods.target case
        let bad = f.clone ()

        bad.flatten().narrow(0L, 0L, 2L).copy_(torch.tensor [| nan; -infinity |])
        |> ignore

        for act in
            [
                (fun () -> Likelihood.check case.Likelihood bad y)
                (fun () -> Likelihood.sample case.Likelihood bad null |> ignore)
            ] do
            let failure = Oracle.raises<NumericalFailure> act
            Assert.Contains($"2 of {f.numel ()} elements are NaN or infinite", failure.Message))

[<Fact>]
let ``log rates beyond whole numbers are the numbers' failure`` () =
    use _scope = torch.NewDisposeScope()
    let f = torch.tensor [| 36.7; 37.0; 800.0 |]
    let y = torch.zeros_like f

    for act in
        [
            (fun () -> Likelihood.check Likelihood.Poisson f y)
            (fun () -> Likelihood.sample Likelihood.Poisson f null |> ignore)
        ] do
        Assert.Contains("2 of 3 elements are log rates", (Oracle.raises<NumericalFailure> act).Message)

    Likelihood.check Likelihood.Bernoulli f y

[<Fact>]
let ``a column that does not exist is refused with the number of columns`` () =
    Likelihoods.forEach (fun case ->
        let f = Likelihoods.output case
        let columns = Likelihood.hessianColumns case.Likelihood f

        for column in [ -1L; columns ] do
            let message =
                mistake (fun () -> Likelihood.hessianRoot case.Likelihood f column |> ignore)

            Assert.Contains($"one of the {columns} from 0 on; got {column}", message))

[<Fact>]
let ``a vector that is not of the output's shape and type is refused`` () =
    use _scope = torch.NewDisposeScope()
    let f = Networks.normal [ 4; 3 ]

    for v in
        [
            Networks.normal [ 4; 1 ]
            Networks.normal [ 3 ]
            f.``to`` torch.ScalarType.Float32
        ] do
        let message =
            mistake (fun () -> Likelihood.hessianProduct Likelihood.Poisson f v |> ignore)

        Assert.Contains("v must have the output's shape and type for an output Float64 [4; 3]", message)

[<Theory>]
[<InlineData("cpu", "cpu", true)>]
[<InlineData("meta", "meta:0", true)>]
[<InlineData("meta:1", "meta:1", true)>]
[<InlineData("meta:0", "meta:1", false)>]
[<InlineData("meta", "cpu", false)>]
let ``devices are the same where all that both say agrees`` (x: string) (y: string) (expected: bool) =
    Assert.Equal(expected, Require.isSameDevice (torch.device x) (torch.device y))
    Assert.Equal(expected, Require.isSameDevice (torch.device y) (torch.device x))

[<Fact>]
let ``a generator of another device is refused with a remedy`` () =
    use generator = new torch.Generator 1UL
    Require.generator null (torch.device "meta:0")
    Require.generator generator torch.CPU

    let message =
        mistake (fun () -> Require.generator generator (torch.device "meta:1"))

    Assert.Contains("generator must draw on meta:1", message)
    Assert.Contains("new Generator(seed, device)", message)
