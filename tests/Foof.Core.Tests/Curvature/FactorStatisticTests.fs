/// What a layer's factor says about its layer, against loops over data points, positions and groups.
module Foof.Core.Tests.FactorStatisticTests

open Expecto
open Foof
open Foof.Core.Tests.Factors
open Foof.Core.Tests.WrittenFactors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let private forAll sentence generator property =
    Holds.forAll sentence generator (fun sizes ->
        use _scope = torch.NewDisposeScope()
        property sizes.Layers.Head (layer sizes))

let private parts factor =
    match factor with
    | LayerFactor.Product(activations, E) -> activations, E
    | _ -> failwith "no product"

/// The vectors x_ir of a group: for each data point or column one row a position.
let private rows (x: int -> int -> int -> int -> float) points positions width group = [
    for i in 0 .. points - 1 -> Oracle.build positions width (x group i)
]

let private activationRows activations =
    rows
        (entry activations)
        (int (Activations.dataPoints activations))
        (int (Activations.positions activations))
        (int (Activations.width activations))

let private errorRows (E: torch.Tensor) =
    rows (entry (Activations.Rows E)) (int (E.size 1)) (int (E.size 2)) (int (E.size 3))

/// sum over data points of x x^T, summed, averaged or pooled over positions.
let private moment
    positions
    (pool: Matrix<float> -> Vector<float>)
    (points: Matrix<float> list)
    : Matrix<float> =
    let ofPoint (X: Matrix<float>) : Matrix<float> =
        match positions with
        | Positions.Summed -> X.TransposeThisAndMultiply X
        | Positions.Averaged -> X.TransposeThisAndMultiply X / float X.RowCount
        | Positions.Pooled -> (pool X).OuterProduct(pool X)

    points |> List.map ofPoint |> List.reduce (+)

let private eachGroup (expected: int -> Matrix<float>) (found: torch.Tensor) =
    for group in 0 .. int (found.size 0) - 1 do
        Oracle.agreesWith Tolerance.rounding (expected group) (found.select (0L, int64 group))

let private ways = [ Positions.Summed; Positions.Averaged; Positions.Pooled ]

/// The rows of P_j that belong to a group.
let private ofGroup groups group (P: Matrix<float>) =
    let height = P.RowCount / groups
    P.SubMatrix(group * height, height, 0, P.ColumnCount)

[<Tests>]
let tests =
    testList "Curvature.FactorStatistic" [
        forAll
            "activation factors sum, average, or pool the mean over positions, as means over data points"
            singleProduct
            (fun _ factor ->
                let activations, _ = parts factor
                let n = float (Activations.dataPoints activations)

                for positions in ways do
                    let expected group =
                        activationRows activations group
                        |> moment positions (fun X -> X.ColumnSums() / float X.RowCount)

                    match activations, Statistic.activations positions Networks.double activations with
                    | Activations.Indices _, diagonal when positions <> Positions.Pooled ->
                        // One entry a row: the factor is diagonal.
                        let written = Matrix<float>.Build.DenseOfDiagonalArray(Oracle.values diagonal)
                        Oracle.agreesWith Tolerance.rounding (expected 0 / n) (Oracle.tensor written)
                    | _, found -> eachGroup (fun group -> expected group / n) found)

        forAll
            "error factors sum, average, or pool the sum over positions, each column weighted"
            singleProduct
            (fun _ factor ->
                let _, E = parts factor

                for positions in ways do
                    let expected group =
                        (errorRows E group |> moment positions (fun X -> X.ColumnSums())) * 0.3

                    eachGroup expected (Statistic.errors positions 0.3 E))

        forAll "mean inputs and errors are over data points and positions" singleProduct (fun _ factor ->
            let activations, E = parts factor

            let mean (points: Matrix<float> list) =
                let all = points |> List.reduce (fun upper lower -> upper.Stack lower)
                (all.ColumnSums() / float all.RowCount).ToRowMatrix()

            let found = (Statistic.meanActivation Networks.double activations).unsqueeze 1L
            eachGroup (activationRows activations >> mean) found
            eachGroup (errorRows E >> mean) ((Statistic.meanError E).unsqueeze 1L))

        forAll
            "TKFAC's factors are sum P P^T and sum P^T P by group, with any number of positions and columns"
            single
            (fun layer factor ->
                let sum term group : Matrix<float> =
                    gradients factor
                    |> Seq.map (ofGroup layer.Groups group >> term)
                    |> Seq.reduce (+)

                let left (P: Matrix<float>) = P * P.Transpose() * 0.3
                let right (P: Matrix<float>) = P.Transpose() * P * 0.3
                let g = int64 layer.Groups
                let errors = Statistic.weightedErrors g 0.3 factor
                Expect.equal (errors.size 0) g "the number of groups of the errors"
                eachGroup (sum left) errors
                let activations = Statistic.weightedActivations g 0.3 factor
                Expect.equal (activations.size 0) g "the number of groups of the activations"
                eachGroup (sum right) activations)

        forAll
            "the spectrum is the second moment of Q_E^T P Q_A, with any number of positions, columns and groups"
            singleProduct
            (fun layer factor ->
                // Random bases: on the identity a transpose too few would pass.
                let basis d =
                    let struct (_, Q) = torch.linalg.eigh (Sides.semidefinite layer.Groups d (d + 1))

                    Q

                let Q_E, Q_A = basis layer.Outputs, basis layer.Inputs

                let expected group : Matrix<float> =
                    let of' (Q: torch.Tensor) =
                        Oracle.matrix (Q.select (0L, int64 group))

                    gradients factor
                    |> Seq.map (fun P -> (of' Q_E).Transpose() * ofGroup layer.Groups group P * of' Q_A)
                    |> Seq.map (fun rotated -> rotated.PointwiseMultiply rotated * 0.3)
                    |> Seq.reduce (+)

                let found = Statistic.spectrum Q_E Q_A 0.3 factor
                Expect.equal (found.size 0) (int64 layer.Groups) "the number of groups"
                eachGroup expected found)

        forAll "units are the blocks of F that belong to one row of W each" single (fun layer factor ->
            let expected row : Matrix<float> =
                gradients factor
                |> Seq.map (fun P -> (P.Row row).OuterProduct(P.Row row) * 0.3)
                |> Seq.reduce (+)

            let found = Statistic.units 0.3 factor
            Expect.equal (found.size 0) (int64 (width layer)) "the number of groups"
            eachGroup expected found)
    ]
