/// Posteriors after further data, compressed, packed, and written down.
[<Seeded>]
module Foof.Core.Tests.PosteriorUpdateTests

open System.Collections.Generic
open Foof
open Foof.Core.Tests.Posteriors
open TorchSharp
open Xunit

[<Fact>]
let ``further data are added to the precision`` () =
    use _scope = torch.NewDisposeScope()

    for case in cases () do
        if not (case.Name.StartsWith "Kronecker" || case.Name = "FOOF" || case.Name = "EKFAC") then
            let first = posterior case (fun _ -> 0.7)
            let mean = WrittenFactors.vector (Posterior.shapes first)
            let again = PosteriorUpdate.withData mean (DataPrecision.scale 0.5 case.Data) first
            let expected = (precision again (case.Matrix * 1.5)).Inverse()
            Oracle.agrees Tolerance.explicit [| expected.Trace() |] [| Posterior.trace again |]

            Oracle.agrees
                Tolerance.explicit
                (expected.Diagonal().ToArray())
                (WrittenFactors.numbers (Posterior.variances again))

[<Fact>]
let ``equal Kronecker products merge into one of twice the trace`` () =
    use _scope = torch.NewDisposeScope()

    for case in cases () |> List.filter (fun case -> case.Name = "Kronecker") do
        let twice = PosteriorUpdate.add case.Data case.Data
        let found = Curvature.dense (DataPrecision.toCurvature twice)
        Oracle.agreesWith Tolerance.explicit (case.Matrix * 2.0) found

[<Fact>]
let ``compression keeps the leading eigenvalues and reports the share that it drops`` () =
    use _scope = torch.NewDisposeScope()
    let U = FisherFactor.scale N (factor ())
    let data = DataPrecision.ofFactor U
    let struct (kept, dropped) = PosteriorUpdate.compress 3 data

    let all =
        (Oracle.matrix (FisherFactor.dense U)).Evd().EigenValues.ToArray()
        |> Array.map _.Real
        |> Array.sortDescending

    let expected = Array.sum all[3..] / Array.sum all
    Oracle.agrees Tolerance.explicit [| 1.0; expected |] [| 1.0; dropped |]
    let found = Curvature.dense (DataPrecision.toCurvature kept) |> Oracle.matrix

    Oracle.agrees
        Tolerance.explicit
        all[..2]
        (found.Evd().EigenValues.ToArray()
         |> Array.map _.Real
         |> Array.sortDescending
         |> Array.take 3)

[<Fact>]
let ``a packed factor is the same matrix in fewer parts`` () =
    use _scope = torch.NewDisposeScope()
    let batch seed = Networks.fromSeed seed grouped
    let G = FisherFactor.join [| batch 1; batch 2; FisherFactor.scale 0.5 (batch 3) |]
    let packed = PackedFactor.pack G
    Assert.Equal(2, packed.Parts.Length)
    Oracle.agreesWith Tolerance.explicit (Oracle.matrix (FisherFactor.dense G)) (FisherFactor.dense packed)

[<Fact>]
let ``a posterior's description gives it back to the same bits`` () =
    use _scope = torch.NewDisposeScope()

    for case in cases () do
        for precision in precisions do
            let posterior = Posterior.withTemperature 0.3 (posterior case precision)
            let tensors = Dictionary<string, torch.Tensor>()
            let text = PosteriorFormat.describe tensors posterior
            let again = PosteriorFormat.read tensors text
            Assert.Equal(Posterior.logDet posterior, Posterior.logDet again)

            let draw posterior =
                PosteriorSample.draw 2 (new torch.Generator(3UL)) posterior

            Assert.Equal<float array>(
                WrittenFactors.numbers (draw posterior),
                WrittenFactors.numbers (draw again)
            )

[<Fact>]
let ``damaged descriptions are refused`` () =
    use _scope = torch.NewDisposeScope()
    let posterior = posterior (List.head (cases ())) (fun _ -> 0.7)
    let tensors = Dictionary<string, torch.Tensor>()
    let text = PosteriorFormat.describe tensors posterior
    Oracle.refused [ "damaged" ] (fun () -> PosteriorFormat.read tensors (text.Replace("precision", "other")))
    Oracle.refused [ "damaged" ] (fun () -> PosteriorFormat.read tensors (text[..20]))
    tensors.Remove "part.0.V" |> ignore
    Oracle.refused [ "damaged" ] (fun () -> PosteriorFormat.read tensors text)
