/// Derivatives by autograd, one scalar at a time: the core records nothing here.
module internal Foof.Explicit.Derivatives

open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// The gradients of a weight and, where there is one, a bias as one matrix [d_out; d_in]; the bias is its last column.
let private joined (gradients: torch.Tensor array) =
    let weight = gradients[0].reshape(gradients[0].size 0, -1L) |> Dense.ofTensor

    if gradients.Length = 1 then
        weight
    else
        weight.InsertColumn(weight.ColumnCount, Vector<float>.Build.Dense(Dense.values gradients[1]))

/// d scalar / d [W b] of layers by their parameters, and d scalar / d x of other tensors of the graph; zeros where
/// the scalar does not depend on them.
let ofScalar (layers: Parameter array array) (others: torch.Tensor array) (scalar: torch.Tensor) =
    let parameters = layers |> Array.concat |> Array.map (fun parameter -> parameter :> torch.Tensor)

    let all = Array.append parameters others

    let found =
        torch.autograd.grad ([| scalar |], all, retain_graph = true, allow_unused = true)
        |> Seq.map2 (fun x gradient -> if isNull gradient then torch.zeros_like x else gradient) all
        |> Seq.toArray

    let starts = layers |> Array.scan (fun start own -> start + own.Length) 0

    let ofLayers = layers |> Array.mapi (fun l _ -> joined found[starts[l] .. starts[l + 1] - 1])

    struct (ofLayers, Array.skip parameters.Length found)

/// The gradient of every element of a tensor as one row, element by element.
let jacobian (gradient: torch.Tensor -> Vector<float>) (f: torch.Tensor) =
    let elements = f.reshape -1L

    Array.init (int (elements.size 0)) (fun c -> gradient (elements.select (0L, int64 c)))
    |> Matrix<float>.Build.DenseOfRowVectors
