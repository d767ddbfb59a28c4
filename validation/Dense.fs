/// Dense float64 matrices by MathNet: nothing here goes through the core.
module internal Foof.Validation.Dense

open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// A tensor's elements, row by row, in float64.
let values (tensor: torch.Tensor) =
    use _scope = torch.NewDisposeScope()
    tensor.detach().cpu().``to``(torch.ScalarType.Float64).contiguous().data<double>().ToArray()

/// A matrix with the elements of a tensor of two dimensions.
let ofTensor (tensor: torch.Tensor) =
    Matrix<float>.Build.DenseOfRowMajor(int (tensor.size 0), int (tensor.size 1), values tensor)

/// The identity of order d.
let identity (d: int) = Matrix<float>.Build.DenseIdentity d

/// Zeros.
let zeros (rows: int) (columns: int) =
    Matrix<float>.Build.Dense(rows, columns)

/// The matrices along the diagonal, zeros elsewhere.
let blocks (parts: Matrix<float> array) =
    let all =
        zeros (parts |> Array.sumBy _.RowCount) (parts |> Array.sumBy _.ColumnCount)

    let place (row, column) (part: Matrix<float>) =
        all.SetSubMatrix(row, column, part)
        row + part.RowCount, column + part.ColumnCount

    Array.fold place (0, 0) parts |> ignore
    all

/// The square block of `count` rows and columns from `start` on.
let block (start: int) (count: int) (M: Matrix<float>) = M.SubMatrix(start, count, start, count)

/// M without what is outside of its diagonal blocks of these orders.
let onlyBlocks (orders: int array) (M: Matrix<float>) =
    let starts = Array.scan (+) 0 orders
    orders |> Array.mapi (fun i order -> block starts[i] order M) |> blocks

/// M without what is outside of its diagonal.
let onlyDiagonal (M: Matrix<float>) =
    onlyBlocks (Array.create M.RowCount 1) M

/// M + mu I.
let shifted (mu: float) (M: Matrix<float>) = M + identity M.RowCount * mu

/// sum of weight x x^T.
let moment (order: int) (terms: seq<struct (float * Vector<float>)>) =
    let sum = zeros order order

    for struct (weight, x) in terms do
        for i in 0 .. order - 1 do
            for j in 0 .. order - 1 do
                sum[i, j] <- sum[i, j] + weight * x[i] * x[j]

    sum

let private norm (values: float array) =
    values |> Array.sumBy (fun value -> value * value) |> sqrt

/// |actual - expected| / |expected|; infinite where that is no number or the lengths differ.
let distance (expected: float array) (actual: float array) =
    if expected.Length <> actual.Length then
        infinity
    else
        let apart = norm (Array.map2 (-) actual expected)
        let relative = if apart = 0.0 then 0.0 else apart / norm expected

        if System.Double.IsFinite relative then
            relative
        else
            infinity

/// `distance` of two matrices.
let distanceOf (expected: Matrix<float>) (actual: Matrix<float>) =
    if expected.RowCount <> actual.RowCount then
        infinity
    else
        distance (expected.ToRowMajorArray()) (actual.ToRowMajorArray())
