/// Factors with fewer columns against the eigenvalues of the matrix written out.
module Foof.Core.Tests.CompressionTests

open Expecto
open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private eigenvalues (F: Matrix<float>) = (F.Evd Symmetricity.Symmetric).EigenValues.Real().ToArray() |> Array.sort

let private forSome sentence (property: FisherFactor -> unit) =
    Holds.forSome sentence 30 Factors.sizes (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property (Factors.factor sizes))

let private sixColumns () =
    Factors.factor {
        Seed = 3
        Points = 6
        PerPoint = 1
        Parts = 1
        Layers = [ { Form = Factors.Rows; Groups = 1; Outputs = 3; Inputs = 4; Positions = 1 } ]
    }

[<Tests>]
let tests =
    testList "Curvature.Compression" [
        forSome "what is left out has the discarded eigenvalues, and their share of the trace is reported" (fun G ->
            let F = WrittenFactors.dense G
            let m = int (FisherFactor.columns G)

            for r in List.distinct [ 1; (m + 1) / 2; m - 1 ] |> List.filter (fun r -> r >= 1 && r < m) do
                let compressed = Compression.leading r G
                let F' = WrittenFactors.dense compressed.Factor

                Expect.equal (FisherFactor.columns compressed.Factor) (int64 r) "the columns that are kept"

                // The eigenvalues of F of which the r largest are zero: those of F - F'.
                let all = eigenvalues F

                let discarded =
                    Array.append (Array.sub all 0 (max 0 (all.Length - r))) (Array.zeroCreate (min r all.Length))

                let scale = Array.max all
                let found = eigenvalues (F - F')

                for expected, found in Array.zip (Array.sort discarded) found do
                    Expect.isTrue (abs (expected - found) <= Tolerance.explicit * scale) $"{expected} <> {found}"

                let share = Array.sum discarded / F.Trace()

                Expect.isTrue
                    (abs (share - compressed.Discarded) <= Tolerance.explicit)
                    $"{share} <> {compressed.Discarded}")

        forSome "kept columns are orthogonal, with the leading eigenvalues as squared norms" (fun G ->
            let m = int (FisherFactor.columns G)

            if m > 1 then
                let compressed = Compression.leading (m - 1) G
                let K = WrittenFactors.columns compressed.Factor
                let gram = K.TransposeAndMultiply K
                let scale = (WrittenFactors.dense G).Trace()
                let diagonal = Dense.onlyDiagonal gram

                Expect.isTrue ((gram - diagonal).FrobeniusNorm() <= Tolerance.explicit * scale) "not orthogonal")

        forSome "a factor within the budget is given back as it is" (fun G ->
            let compressed = Compression.leading (int (FisherFactor.columns G)) G
            Oracle.isSame compressed.Factor G "the factor"
            Expect.equal compressed.Discarded 0.0 "the discarded of compressed")

        test "the first columns in place of the leading directions would leave out more" {
            // The mistake of a budget that drops columns: planted here, it must be seen to differ from the leading directions.
            use _scope = torch.NewDisposeScope()

            let G = sixColumns ()
            let F = WrittenFactors.dense G
            let columns = WrittenFactors.columns G
            let dropped = columns.SubMatrix(0, 3, 0, columns.ColumnCount)
            let found = (Compression.leading 3 G).Discarded

            let byDropping = 1.0 - (dropped.TransposeThisAndMultiply dropped).Trace() / F.Trace()

            Expect.isTrue (found < byDropping) $"{found} and {byDropping}"
        }

        forSome "the memory that a budget takes is known beforehand" (fun G ->
            let compressed = Compression.leading 1 G

            if FisherFactor.columns G > 1L then
                Expect.equal
                    (FisherFactor.bytes compressed.Factor)
                    (Compression.bytesOfColumns 1L G)
                    "the bytes that are kept")

        test "zero columns, and NaN, are refused" {
            use _scope = torch.NewDisposeScope()
            let G = sixColumns ()
            Oracle.refused [ "columns must be at least 1; got 0." ] (fun () -> Compression.leading 0 G)

            let broken =
                FisherFactor.ofColumns {
                    Layers = [| LayerFactor.Columns(Networks.normal [ 3; 2; 2 ] / 0.0) |]
                    Weight = 1.0
                }

            let failure = Oracle.raises<NumericalFailure>(fun () -> Compression.leading 1 broken |> ignore)

            Expect.stringContains failure.Message "not finite" "the message"
        }

        test "compression leaves nothing behind" {
            use _scope = torch.NewDisposeScope()
            let G = sixColumns ()

            let leaked =
                Oracle.leaked (fun () ->
                    for tensor in FisherFactor.tensors (Compression.leading 1 G).Factor do
                        if
                            not (List.exists (fun own -> obj.ReferenceEquals(own, tensor)) (FisherFactor.tensors G))
                        then
                            tensor.Dispose())

            Expect.equal leaked 0L "the number of tensors left"
        }
    ]
