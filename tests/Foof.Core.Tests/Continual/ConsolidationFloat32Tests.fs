/// Penalties of tasks and the influence of points in float32 at real sizes against float64.
module Foof.Core.Tests.ConsolidationFloat32Tests

open Expecto
open Foof
open Foof.Core.Tests.RealSizes
open TorchSharp

let private condition = 1e6

let private single (x: torch.Tensor) = x.alias ()

let private rules = [
    "separate", { Gathering = Gathering.Separate; Merge = false; Columns = ValueNone }
    "summed", { Gathering = Gathering.Summed; Merge = false; Columns = ValueNone }
    "online, merged", { Gathering = Gathering.Online 0.9; Merge = true; Columns = ValueSome 40 }
]

/// The penalty of three tasks of a structure, whose curvatures and centres are equal numbers in any type.
let private penalty (draw: float -> Curvature) rule change =
    let remember learnt seed =
        let C = Networks.fromSeed seed (fun () -> draw condition)
        let centre = vector (Curvature.shapes C) |> Array.map change
        Consolidation.remember rule (CurvatureOracle.map change C) centre learnt

    let learnt = List.fold remember Consolidation.nothing [ 1; 2; 3 ]
    let theta = learnt.Terms.Head.Centre |> WeightVector.shapes |> vector |> Array.map change
    Consolidation.penalty 0.7 theta learnt

let private names = [ "diagonal"; "Kronecker, full x full"; "Kronecker, groups"; "low rank" ]

[<Tests>]
let tests =
    testList "Continual.ConsolidationFloat32" [
        for name, draw in structures do
            if List.contains name names then
                for rule, settings in rules do
                    test $"the penalty of three tasks is that of float64: {name}, {rule}" {
                        use _scope = torch.NewDisposeScope()
                        let found, expected = penalty draw settings single, penalty draw settings wide
                        // Merging and products divide by no damping: their roundings are those of sums.
                        agree Tolerance.roundingSingle [ expected.Value ] [ found.Value ]
                        agree Tolerance.roundingSingle expected.Gradient found.Gradient
                    }

        test "influence of points and of weight decay is that of float64" {
            use _scope = torch.NewDisposeScope()
            let G = factor condition
            let theta, gradient = vector G.Shapes, vector G.Shapes

            let influence change =
                let G = ChangedFactors.map change G
                let theta, gradient = Array.map change theta, Array.map change gradient
                let factored = Factored.make Damping.Tikhonov (1.0 / condition) (Structure.lowRank G)

                [
                    [| Influence.ofPoints G gradient factored |]
                    Influence.ofWeightDecay theta factored
                    [| Influence.hypergradient theta gradient factored |]
                ]

            List.iter2 (agree (Tolerance.ofCondition condition)) (influence wide) (influence single)
        }
    ]
