[<Seeded>]
module Foof.Core.Tests.LikelihoodTests

open System
open Foof
open FsCheck.FSharp
open TorchSharp
open Xunit

let labels (classes: int) (shape: int list) =
    torch.randint (int64 classes, shape |> List.map int64 |> List.toArray, dtype = torch.ScalarType.Int64)

[<Fact>]
let ``the categorical loss is the mean over data points of minus log softmax, summed over positions`` () =
    let shapes = Gen.zip3 (Gen.choose (1, 4)) (Gen.choose (2, 5)) (Gen.choose (1, 3))

    Oracle.forAll shapes (fun (n, classes, positions) ->
        use _scope = torch.NewDisposeScope()
        let output = Networks.normal [ n; classes; positions ]
        let target = labels classes [ n; positions ]
        let f = Oracle.values output
        let y = target.data<int64>().ToArray()
        let at i c r = f[(i * classes + c) * positions + r]

        let summand i r =
            let total = Seq.sum (seq { for c in 0 .. classes - 1 -> exp (at i c r) })
            log total - at i (int y[i * positions + r]) r

        let expected =
            Seq.sum (
                seq {
                    for i in 0 .. n - 1 do
                        for r in 0 .. positions - 1 -> summand i r
                }
            )
            / float n

        let loss = Likelihood.loss Likelihood.Categorical output target
        Oracle.agrees Tolerance.rounding [| expected |] (Oracle.values loss))

[<Fact>]
let ``the Gaussian loss is half the squared distance over the variance, a mean over data points`` () =
    let shapes = Gen.zip (Gen.listOfLength 3 (Gen.choose (1, 4))) (Gen.choose (1, 5))

    Oracle.forAll shapes (fun (shape, sigma) ->
        use _scope = torch.NewDisposeScope()
        let output, target = Networks.normal shape, Networks.normal shape

        let squares =
            Array.map2 (fun f y -> (f - y) * (f - y)) (Oracle.values output) (Oracle.values target)

        let expected = 0.5 * Array.sum squares / (float (sigma * sigma) * float shape[0])
        let loss = Likelihood.loss (Likelihood.Gaussian(float sigma)) output target
        Assert.Equal(0L, loss.dim ())
        Oracle.agrees Tolerance.rounding [| expected |] (Oracle.values loss))

let refused likelihood (output: int list) (target: unit -> torch.Tensor) =
    use _scope = torch.NewDisposeScope()

    let act () =
        Likelihood.loss likelihood (Networks.normal output) (target ()) |> ignore

    (Oracle.raises<ArgumentException> act).Message

[<Fact>]
let ``labels that are no class indices, one per data point, are refused with both shapes`` () =
    let message = refused Likelihood.Categorical [ 4; 3 ] (fun () -> labels 3 [ 5 ])
    Assert.Contains("Float64 [4; 3]", message)
    Assert.Contains("got Int64 [5]", message)
    refused Likelihood.Categorical [ 4; 3 ] (fun () -> labels 3 [ 4; 1 ]) |> ignore

    refused Likelihood.Categorical [ 4; 3 ] (fun () -> Networks.normal [ 4 ])
    |> ignore

    refused Likelihood.Categorical [ 4; 3 ] (fun () -> (labels 3 [ 4 ]).``to`` torch.ScalarType.Int32)
    |> ignore

[<Fact>]
let ``an output without classes is refused as such`` () =
    let message = refused Likelihood.Categorical [ 4 ] (fun () -> labels 3 [ 4 ])
    Assert.Contains("target must hold class indices", message)

[<Fact>]
let ``a real target of another shape is refused, even one that would broadcast`` () =
    Assert.Contains("output's shape", refused Networks.gaussian [ 4; 3 ] (fun () -> Networks.normal [ 4; 1 ]))
    refused Networks.gaussian [ 4; 3 ] (fun () -> Networks.normal [ 3 ]) |> ignore

[<Fact>]
let ``an empty batch is refused`` () =
    refused Likelihood.Categorical [ 0; 3 ] (fun () -> labels 3 [ 0 ]) |> ignore

    refused Networks.gaussian [ 0; 3 ] (fun () -> Networks.normal [ 0; 3 ])
    |> ignore

[<Fact>]
let ``a deviation that is not positive is refused`` () =
    refused (Likelihood.Gaussian 0.0) [ 2; 1 ] (fun () -> Networks.normal [ 2; 1 ])
    |> ignore

    refused (Likelihood.Gaussian -1.0) [ 2; 1 ] (fun () -> Networks.normal [ 2; 1 ])
    |> ignore
