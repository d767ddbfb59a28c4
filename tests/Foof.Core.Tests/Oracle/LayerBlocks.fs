/// The blocks of a Fisher factor's matrix, layer by layer, with parts of them left out.
module Foof.Core.Tests.LayerBlocks

open Expecto
open Foof
open Foof.Core.Tests.Factors
open Foof.Core.Tests.WrittenFactors
open Foof.Core.Tests.ChangedFactors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let forAll sentence property =
    Holds.forSome sentence 20 products (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property (factor sizes))

let ways = [ Positions.Summed; Positions.Averaged; Positions.Pooled ]

let ofLayer (G: FisherFactor) l : Matrix<float> = dense (FisherFactor.layer l G)

/// F with what does not belong to `keep` of a layer's block, a row of W and an input each, left out.
let masked (G: FisherFactor) (keep: struct (int * int) -> struct (int * int) -> bool) l : Matrix<float> =
    let inputs = int (Array.last G.Shapes[l])
    let place i = struct (i / inputs, i % inputs)
    (ofLayer G l).MapIndexed(fun i j value -> if keep (place i) (place j) then value else 0.0)

let agreesByLayer (G: FisherFactor) (expected: int -> Matrix<float>) curvature =
    match curvature with
    | Curvature.Blocks parts ->
        Expect.equal parts.Length G.Shapes.Length "the number of parts"

        parts |> Array.iteri (fun l part -> Oracle.agreesWith Tolerance.rounding (expected l) (Curvature.dense part))
    | _ -> failtest "no blocks"
