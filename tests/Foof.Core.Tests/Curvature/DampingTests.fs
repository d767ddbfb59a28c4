/// Damping rules against their formulas written out, group by group.
module Foof.Core.Tests.DampingTests

open System
open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Dampings
open Foof.Core.Tests.Structures
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// E (x) A of one group, damped; an identity is no statistic, and each factor's rule leaves it.
let private explicit rule lambda group E A =
    let each side =
        let M = Sides.matrix group side
        if Side.isOne side then M else Dense.shifted lambda M

    match rule with
    | Damping.EachFactor -> (each E).KroneckerProduct(each A)
    | _ -> KroneckerDamping.matrix rule lambda (struct (Sides.matrix group E, Sides.matrix group A))

let private holds rule lambda groups E A =
    let C = Curvature.Kronecker(E, A)

    let damped = Dense.blocks [ for group in 0 .. groups - 1 -> explicit rule lambda group E A ]

    let V = Vectors.random (Curvature.shapes C)
    let factored = Factored.make rule lambda C

    Oracle.agrees
        Tolerance.explicit
        (damped.Solve(Weights.flatten V).ToArray())
        (Weights.numbers (Factored.solve factored V))

    CurvatureOracle.agreesInLogDet Tolerance.explicit damped factored
    let R = Weights.matrix (Curvature.shapes C) (Factored.rootSolve factored)

    Oracle.agrees Tolerance.explicit (damped.Inverse().ToRowMajorArray()) ((R * R.Transpose()).ToRowMajorArray())

[<Tests>]
let tests =
    testList "Curvature.Damping" [
        testList "every rule inverts what its formula says, for sides of every kind and by group" [
            for left, right in kinds do
                Holds.forSome $"{left} x {right}" 8 orders (fun order ->
                    use _scope = torch.NewDisposeScope()
                    Networks.seeded order.Seed
                    let E = Sides.side left order.Groups order.Outputs
                    let A = Sides.side right order.Groups order.Inputs

                    for rule in rules do
                        for lambda in [ 0.01; 10.0 ] do
                            holds rule lambda order.Groups E A)
        ]

        Holds.forSome "pi splits by the factors' sizes, and is one where a factor is zero" 8 orders (fun order ->
            use _scope = torch.NewDisposeScope()
            Networks.seeded order.Seed
            let some = Sides.semidefinite order.Groups 3 4
            let last = int64 order.Groups - 1L
            let zero = some.clone ()
            zero.select(0L, last).zero_() |> ignore

            for E, A in
                [ Side.Full zero, Side.Full some; Side.Full some, Side.Full zero; Side.Full zero, Side.Full zero ] do
                let pi = Damping.split some E A
                Expect.equal ((Dense.values pi)[int last]) 1.0 "the share of the last group"
                holds Damping.Heuristic 0.1 order.Groups E A
                holds Damping.HeuristicInputs 0.1 order.Groups E A)

        Holds.forSome
            "heuristic damping scales with the curvature, whichever factor the scale is in"
            8
            orders
            (fun order ->
                use _scope = torch.NewDisposeScope()
                Networks.seeded order.Seed
                let E = Sides.side Sides.Full order.Groups order.Outputs
                let A = Sides.side Sides.Full order.Groups order.Inputs
                let V = Vectors.random (Curvature.shapes (Curvature.Kronecker(E, A)))

                let solve lambda E A =
                    Factored.solve (Factored.make Damping.Heuristic lambda (Curvature.Kronecker(E, A))) V

                let expected = Weights.numbers (WeightVector.scale 0.1 (solve 0.5 E A))
                Oracle.agrees Tolerance.explicit expected (Weights.numbers (solve 5.0 (Side.scale 10.0 E) A))
                Oracle.agrees Tolerance.explicit expected (Weights.numbers (solve 5.0 E (Side.scale 10.0 A))))
    ]
