/// Dense float64 matrices by MathNet: the core computes nothing here.
module internal Foof.Explicit.Dense

open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// A tensor's elements, row by row, in float64.
let values (tensor: torch.Tensor) =
    use _scope = torch.NewDisposeScope()
    tensor.detach().cpu().``to``(torch.ScalarType.Float64).contiguous().data<double>().ToArray()

/// A matrix with the elements of a tensor of two dimensions.
let ofTensor (tensor: torch.Tensor) =
    Matrix<float>.Build.DenseOfRowMajor(int (tensor.size 0), int (tensor.size 1), values tensor)

/// A float64 tensor with a matrix's elements.
let toTensor (M: Matrix<float>) = torch.tensor (M.ToArray())

/// A matrix from a function of row and column.
let build rows columns (element: int -> int -> float) = Matrix<float>.Build.Dense(rows, columns, element)

/// A matrix from lists, one for each row.
let ofRows (lists: float list list) = Matrix<float>.Build.DenseOfRows(lists |> Seq.map Seq.ofList)

/// A matrix with these numbers on its diagonal and zeros elsewhere.
let diagonal (numbers: float array) = Matrix<float>.Build.DenseOfDiagonalArray numbers

/// The identity of order d.
let identity (d: int) = Matrix<float>.Build.DenseIdentity d

/// Zeros.
let zeros (rows: int) (columns: int) = Matrix<float>.Build.Dense(rows, columns)

/// M with a last column of ones.
let withOnes (M: Matrix<float>) = M.Append(build M.RowCount 1 (fun _ _ -> 1.0))

/// The matrices along the diagonal, zeros elsewhere.
let blocks (parts: Matrix<float> seq) =
    let parts = Seq.toArray parts

    let all = zeros (parts |> Array.sumBy _.RowCount) (parts |> Array.sumBy _.ColumnCount)

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
let onlyDiagonal (M: Matrix<float>) = diagonal (M.Diagonal().ToArray())

/// M + mu I.
let shifted (mu: float) (M: Matrix<float>) = M + identity M.RowCount * mu

/// The sum of matrices.
let sum (matrices: Matrix<float> seq) = Seq.reduce (fun X Y -> X + Y) matrices

/// sum of weight x x^T, element by element.
let outer (order: int) (terms: seq<struct (float * Vector<float>)>) =
    let total = zeros order order

    for struct (weight, x) in terms do
        for i in 0 .. order - 1 do
            for j in 0 .. order - 1 do
                total[i, j] <- total[i, j] + weight * x[i] * x[j]

    total

/// 1/n X^T X.
let moment (n: float) (X: Matrix<float>) =
    outer X.ColumnCount (X.EnumerateRows() |> Seq.map (fun x -> struct (1.0 / n, x)))

/// The eigenvectors of a symmetric matrix, one a column, by rising eigenvalue.
let eigenvectors (M: Matrix<float>) = (M.Evd Symmetricity.Symmetric).EigenVectors

/// A symmetric matrix with f of the place and the value for each eigenvalue; they rise.
let spectral (f: int -> float -> float) (M: Matrix<float>) =
    let found = M.Evd Symmetricity.Symmetric

    found.EigenVectors * diagonal (found.EigenValues.Real().ToArray() |> Array.mapi f) * found.EigenVectors.Transpose()

/// M with all but its largest eigenvalues replaced by zero.
let truncated (count: int) (M: Matrix<float>) =
    spectral (fun i value -> if i < M.RowCount - count then 0.0 else value) M

/// Q diag(Q^T C Q) Q^T: what is left of C in a basis without its off-diagonal elements.
let diagonalIn (Q: Matrix<float>) (C: Matrix<float>) = Q * onlyDiagonal (Q.Transpose() * C * Q) * Q.Transpose()

/// The logarithms that sum to the log det of a positive definite matrix, from its Cholesky factor.
let logarithms (M: Matrix<float>) = (M.Cholesky().Factor.Diagonal().Map log) * 2.0

/// log det M of a positive definite matrix.
let logDet (M: Matrix<float>) = (logarithms M).Sum()

let private norm (values: float array) = values |> Array.sumBy (fun value -> value * value) |> sqrt

/// |actual - expected| / |expected|; infinite where that is no number or the lengths differ.
let distance (expected: float array) (actual: float array) =
    if expected.Length <> actual.Length then
        infinity
    else
        let apart = norm (Array.map2 (-) actual expected)
        let relative = if apart = 0.0 then 0.0 else apart / norm expected

        if System.Double.IsFinite relative then relative else infinity

/// `distance` of two matrices.
let distanceOf (expected: Matrix<float>) (actual: Matrix<float>) =
    if expected.RowCount <> actual.RowCount then
        infinity
    else
        distance (expected.ToRowMajorArray()) (actual.ToRowMajorArray())
