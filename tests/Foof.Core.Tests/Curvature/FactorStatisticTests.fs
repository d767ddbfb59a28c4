/// What a layer's factor says about its layer, against loops over data points, positions and groups.
module Foof.Core.Tests.FactorStatisticTests

open Expecto
open Foof
open Foof.Explicit
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

/// The vectors x_ir of a group: for each data point or column, one for each position.
let private rows (x: int -> int -> int -> int -> float) points positions width group =
    Array.init points (fun i ->
        Array.init positions (fun r -> Vector<float>.Build.Dense(width, (fun q -> x group i r q))))

let private activationRows activations =
    rows
        (entry activations)
        (int (Activations.dataPoints activations))
        (int (Activations.positions activations))
        (int (Activations.width activations))

let private errorRows (E: torch.Tensor) =
    rows (entry (Activations.rows E)) (int (E.size 1)) (int (E.size 2)) (int (E.size 3))

let private eachGroup (expected: int -> Matrix<float>) (found: torch.Tensor) =
    for group in 0 .. int (found.size 0) - 1 do
        Oracle.agreesWith Tolerance.rounding (expected group) (found.select (0L, int64 group))

let private ways = [ Positions.Summed; Positions.Averaged; Positions.Pooled ]

[<Tests>]
let tests =
    testList "Curvature.FactorStatistic" [
        forAll
            "activation factors sum, average, or pool the mean over positions, as means over data points"
            singleProduct
            (fun _ factor ->
                let activations, _ = parts factor

                for positions in ways do
                    let expected group = activationRows activations group |> KroneckerFactors.ofActivations positions

                    match activations, Statistic.activations positions Networks.double activations with
                    | Activations.Indices _, diagonal when positions <> Positions.Pooled ->
                        // One entry a row: the factor is diagonal.
                        let written = Dense.diagonal (Dense.values diagonal)
                        Oracle.agreesWith Tolerance.rounding (expected 0) (Dense.toTensor written)
                    | _, found -> eachGroup expected found)

        forAll
            "error factors sum, average, or pool the sum over positions, each column weighted"
            singleProduct
            (fun _ factor ->
                let _, E = parts factor

                for positions in ways do
                    let expected group =
                        errorRows E group
                        |> Array.map (fun rows -> struct (0.3, rows))
                        |> KroneckerFactors.ofErrors positions

                    eachGroup expected (Statistic.errors positions 0.3 E))

        forAll "mean inputs and errors are over data points and positions" singleProduct (fun _ factor ->
            let activations, E = parts factor

            let mean (points: Vector<float> array array) =
                let all = Array.concat points
                (Array.reduce (fun x y -> x + y) all / float all.Length).ToRowMatrix()

            let found = (Statistic.meanActivation Networks.double activations).unsqueeze 1L
            eachGroup (activationRows activations >> mean) found
            eachGroup (errorRows E >> mean) ((Statistic.meanError E).unsqueeze 1L))

        forAll
            "TKFAC's factors are sum P P^T and sum P^T P by group, with any number of positions and columns"
            single
            (fun layer factor ->
                let squares group =
                    gradients factor
                    |> Seq.map (fun P -> struct (0.3, KroneckerFactors.ofGroup layer.Groups group P))
                    |> KroneckerFactors.squares

                let left (struct (Psi, _): KroneckerFactors.Pair) = Psi
                let right (struct (_, Phi): KroneckerFactors.Pair) = Phi
                let g = int64 layer.Groups
                let errors = Statistic.weightedErrors g 0.3 factor
                Expect.equal (errors.size 0) g "the number of groups of the errors"
                eachGroup (squares >> left) errors
                let activations = Statistic.weightedActivations g 0.3 factor
                Expect.equal (activations.size 0) g "the number of groups of the activations"
                eachGroup (squares >> right) activations)

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
                    let of' (Q: torch.Tensor) = Dense.ofTensor (Q.select (0L, int64 group))

                    gradients factor
                    |> Seq.map (fun P ->
                        (of' Q_E).Transpose() * KroneckerFactors.ofGroup layer.Groups group P * of' Q_A)
                    |> Seq.map (fun rotated -> rotated.PointwiseMultiply rotated * 0.3)
                    |> Dense.sum

                let found = Statistic.spectrum Q_E Q_A 0.3 factor
                Expect.equal (found.size 0) (int64 layer.Groups) "the number of groups"
                eachGroup expected found)

        forAll "units are the blocks of F that belong to one row of W each" single (fun layer factor ->
            let expected row : Matrix<float> =
                gradients factor |> Seq.map (fun P -> struct (0.3, P.Row row)) |> Dense.outer layer.Inputs

            let found = Statistic.units 0.3 factor
            Expect.equal (found.size 0) (int64 (width layer)) "the number of groups"
            eachGroup expected found)
    ]
