namespace Foof.Explicit

open Foof
open MathNet.Numerics.LinearAlgebra
open TorchSharp
open TorchSharp.Modules

/// One gradient of one data point.
[<ReferenceEquality>]
type internal Column = {
    /// The weight of its outer product in F.
    Weight: float
    /// By layer, [d_out; d_in], by autograd.
    Gradients: Matrix<float> array
    /// By layer, group and position.
    Errors: Rows.Rows array
}

/// One data point.
[<ReferenceEquality>]
type internal Point = {
    /// By layer, group and position.
    Activations: Rows.Rows array
    Columns: Column list
}

/// The Fisher, data point by data point and matrix by matrix.
[<RequireQualifiedAccess>]
module internal PointGradients =

    /// The uses of a layer side by side along the positions.
    let private joinPositions (uses: Rows.Rows array) : Rows.Rows =
        Array.init uses[0].Length (fun group -> uses |> Array.collect (fun rows -> rows[group]))

    /// A weight's gradient as that of the matrix over a layer's rows.
    let private matrix (layer: torch.nn.Module<torch.Tensor, torch.Tensor>) (G: Matrix<float>) =
        match layer with
        // An embedding's weight has a row for each input.
        | :? Embedding -> G.Transpose()
        | :? Convolution as convolution when convolution.transposed -> Rows.ofTransposed convolution G
        | _ -> G

    let private column (network: Network) (calls: Call array) (weight: float) (scalar: torch.Tensor) =
        let outputs = calls |> Array.map _.Output

        let struct (gradients, ofOutputs) =
            Derivatives.ofScalar (network.Layers |> Array.map Rows.parameters) outputs scalar

        let errors layer =
            Array.zip calls ofOutputs
            |> Array.filter (fun (call, _) -> call.Layer = layer)
            |> Array.map (fun (call, gradient) -> Rows.errors network.Layers[layer] gradient |> Rows.shown call.Mask)
            |> joinPositions

        {
            Weight = weight
            Gradients = Array.map2 matrix network.Layers gradients
            Errors = Array.init network.Layers.Length errors
        }

    let private activations (network: Network) (calls: Call array) layer =
        calls
        |> Array.filter (fun call -> call.Layer = layer)
        |> Array.map (fun call -> Rows.activations network.Layers[layer] call.Input call.Output |> Rows.shown call.Mask)
        |> joinPositions

    /// One data point: `n` is the number of data points that count, and `counts` says which of this one's labels do.
    let private point (problem: Example) labels (n: float) (counts: bool array array) i =
        use _scope = torch.NewDisposeScope()
        let one (tensor: torch.Tensor) = tensor.narrow (0L, int64 i, 1L)
        let struct (f, calls) = problem.Network.Trace(one problem.Input)

        let scalars = Scalars.ofPoint problem.Likelihood labels counts[i] i f

        {
            Activations = Array.init problem.Network.Layers.Length (activations problem.Network calls)
            Columns = scalars |> List.map (fun (weight, scalar) -> column problem.Network calls (weight / n) scalar)
        }

    /// The data points with a label that counts, over which all means are; the network is called on one at a time.
    let points (problem: Example) (labels: Labels) =
        let counts = Scalars.counts problem.Likelihood (int (problem.Input.size 0)) problem.Target

        let counted = [| 0 .. counts.Length - 1 |] |> Array.filter (fun i -> Array.contains true counts[i])
        let n = float counted.Length
        BatchStatistics.held problem (fun () -> counted |> Array.map (point problem labels n counts))

    /// The derivatives of the outputs by the weights, point after point: entry c of point i in row i C + c.
    let jacobian (problem: Example) =
        let rows i =
            use _scope = torch.NewDisposeScope()

            let struct (f, calls) = problem.Network.Trace(problem.Input.narrow (0L, int64 i, 1L))

            let gradient entry = Weights.ofMatrices (column problem.Network calls 1.0 entry).Gradients

            Derivatives.jacobian gradient f

        BatchStatistics.held problem (fun () -> Array.init (int (problem.Input.size 0)) rows)
        |> Array.reduce (fun upper lower -> upper.Stack lower)

    /// Every column of all data points.
    let columns (points: Point array) = points |> Seq.collect _.Columns |> Seq.toArray

    /// The number of weights of each layer.
    let orders (points: Point array) =
        points[0].Columns.Head.Gradients |> Array.map (fun G -> G.RowCount * G.ColumnCount)

    /// F = sum of weight g g^T over all layers, their weights row by row.
    let fisher (points: Point array) =
        columns points
        |> Seq.map (fun column -> struct (column.Weight, Weights.ofMatrices column.Gradients))
        |> Dense.outer (Array.sum (orders points))
