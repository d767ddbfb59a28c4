/// Samples of posteriors that are drawn side by side, and streamed.
[<Seeded>]
module Foof.Core.Tests.PosteriorLanesTests

open System
open Foof
open Foof.Core.Tests.LanesTests
open TorchSharp
open Xunit

/// A posterior over 5,520 weights with 90 columns, and the generator that made it.
let private large () =
    let model = Networks.perceptron true [ 60; 80; 8 ]
    let struct (layers, _) = Coverage.all model
    let generator = new torch.Generator(3UL)

    let batch = {
        Input = Networks.normal [ 90; 60 ]
        Target = null
    }

    let factor =
        Fisher.factor model layers (Fisher.MonteCarlo 1) Likelihood.Categorical batch generator

    let posterior =
        Posterior.make
            (WeightPenalty.copied layers)
            (DataPrecision.ofFactor (FisherFactor.scale 90.0 factor))
            (Prior.perLayer [| 0.5; 2.0 |])

    struct (posterior, generator)

/// 60 samples, at once and streamed: enough arithmetic for lanes.
let sampled threads =
    withThreads threads (fun () ->
        Networks.fromSeed 6 (fun () ->
            use _scope = torch.NewDisposeScope()
            let struct (posterior, generator) = large ()

            [|
                for tensor in PosteriorSample.draw 60 generator posterior do
                    yield! Oracle.values tensor
                for chunk in PosteriorSample.stream 60 generator posterior do
                    for tensor in chunk do
                        yield! Oracle.values tensor
            |]))

[<Fact>]
let ``samples that lanes draw repeat to the bit and are those of one thread`` () =
    let first = sampled 2
    Assert.Equal<float array>(first, sampled 2)
    Oracle.agrees 1e-9 (sampled 1) first

[<Fact>]
let ``chunks of a stream are other samples in the same memory, freed with the sequence`` () =
    use _scope = torch.NewDisposeScope()
    let struct (posterior, _) = large ()
    let seeded () = new torch.Generator(5UL)

    let all =
        PosteriorSample.draw 1600 (seeded ()) posterior
        |> Array.map (fun tensor -> tensor.sum ([| 1L; 2L |]))

    let mutable last: torch.Tensor array = [||]
    let seen = Array.init 2 (fun _ -> Collections.Generic.List<float>())

    let run most =
        let live =
            Oracle.leaked (fun () ->
                for chunk in PosteriorSample.stream 1600 (seeded ()) posterior |> Seq.truncate most do
                    Assert.True(last |> Array.forall _.IsInvalid)
                    last <- chunk

                    for l in 0..1 do
                        use sums = chunk[l].sum([| 1L; 2L |])
                        seen[l].AddRange(Oracle.values sums))

        Assert.Equal(0L, live)
        Assert.True(last |> Array.forall _.IsInvalid)

    run 1
    Assert.InRange(seen[0].Count, 1, 1599)
    seen |> Array.iter _.Clear()
    run 100

    for l in 0..1 do
        Oracle.agrees 1e-9 (Oracle.values all[l]) (seen[l].ToArray())
