/// What the core's Fisher factors stand for, written out by loops. They begin with the factor's tensors, where the
/// gradients of `./foof validate` begin with a network: random factors have forms that no small network has.
module Foof.Core.Tests.WrittenFactors

open Foof
open Foof.Explicit
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// a_ir by group, data point, position and input; nothing of the core's products is used.
let entry activations : int -> int -> int -> int -> float =
    match activations with
    | Activations.Rows(A, _) ->
        let values, n, R, d = Dense.values A, int (A.size 1), int (A.size 2), int (A.size 3)

        fun group i r q -> values[((group * n + i) * R + r) * d + q]
    | Activations.Indices(index, _) ->
        let values, R = Dense.values index, int (index.size 1)
        fun _ i r q -> if int values[i * R + r] = q then 1.0 else 0.0

/// P_j = sum_r e_jr a_ir^T, j = (c, i), by loops.
let rec gradients (factor: LayerFactor) : Matrix<float> array =
    match factor with
    | LayerFactor.Columns P -> [| for j in 0L .. P.size 0 - 1L -> Dense.ofTensor (P.select (0L, j)) |]
    | LayerFactor.Weighted(inner, S) ->
        let S = Dense.ofTensor (S.expand (LayerFactor.shape inner))
        gradients inner |> Array.map (fun P -> P.PointwiseMultiply S)
    | LayerFactor.Product(activations, E) ->
        let a, e = entry activations, Dense.values E
        let g, m, R, k = int (E.size 0), int (E.size 1), int (E.size 2), int (E.size 3)

        let n, d = int (Activations.dataPoints activations), int (Activations.width activations)

        let element j row q =
            let group, o = row / k, row % k

            Seq.sum (seq { for r in 0 .. R - 1 -> e[((group * m + j) * R + r) * k + o] * a group (j % n) r q })

        [| for j in 0 .. m - 1 -> Dense.build (g * k) d (element j) |]

/// G^T [m; p]: sqrt(weight) g_j over all layers as rows.
let columns (G: FisherFactor) : Matrix<float> =
    let ofPart (part: FisherColumns) =
        let gradients = part.Layers |> Array.map gradients

        [
            for j in 0 .. gradients[0].Length - 1 ->
                Weights.ofMatrices (gradients |> Array.map (fun layer -> layer[j])) * sqrt part.Weight
        ]

    Matrix<float>.Build.DenseOfRowVectors(G.Parts |> Seq.collect ofPart)

/// F = sum of weight g g^T, [p; p].
let dense (G: FisherFactor) =
    let C = columns G
    C.TransposeThisAndMultiply C
