/// Vectors in weight space and linear maps of them as vectors and matrices of MathNet.
module internal Foof.Explicit.Weights

open Foof
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// All elements of matrices, row by row, one matrix after the other.
let ofMatrices (matrices: Matrix<float> seq) =
    matrices |> Seq.collect _.ToRowMajorArray() |> Seq.toArray |> Vector<float>.Build.Dense

/// All elements of a vector in weight space, read out layer by layer and not by the core's `WeightVector.flatten`.
let numbers (V: torch.Tensor seq) = V |> Seq.collect Dense.values |> Seq.toArray

/// A vector in weight space as one of MathNet's.
let flatten (V: torch.Tensor seq) = Vector<float>.Build.Dense(numbers V)

/// A vector as one matrix a layer.
let unflatten shapes (v: Vector<float>) = WeightVector.unflatten shapes (torch.tensor (v.ToArray()))

/// The number of weights of each layer.
let orders (shapes: int64 array array) = shapes |> Array.map (fun shape -> int (Array.fold (*) 1L shape))

/// The matrix of a linear map on weight space, a unit vector at a time.
let matrix (shapes: int64 array array) (map: torch.Tensor array -> torch.Tensor array) =
    let order = Array.sum (orders shapes)

    Array.init order (fun j ->
        use _scope = torch.NewDisposeScope()
        let unit' = Vector<float>.Build.Dense(order, (fun i -> if i = j then 1.0 else 0.0))
        numbers (map (unflatten shapes unit')))
    |> Matrix<float>.Build.DenseOfColumnArrays

/// A diagonal matrix with one number for all weights of a layer.
let byLayer (shapes: int64 array array) (numbers: float array) =
    Array.map2 Array.create (orders shapes) numbers |> Array.concat |> Dense.diagonal
