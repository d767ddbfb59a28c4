/// Explicit computations in float64 by MathNet and plain loops: what the core's results are held against.
module Foof.Core.Tests.Oracle

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// A tensor's elements, row by row, in float64.
let values (tensor: torch.Tensor) =
    use _scope = torch.NewDisposeScope()
    tensor.detach().``to``(torch.ScalarType.Float64).contiguous().data<double>().ToArray()

/// A matrix with a tensor's elements.
let matrix (tensor: torch.Tensor) =
    Matrix<float>.Build.DenseOfRowMajor(int (tensor.size 0), int (tensor.size 1), values tensor)

/// A float64 tensor with a matrix's elements.
let tensor (matrix: Matrix<float>) = torch.tensor (matrix.ToArray())

/// A matrix from a function of row and column.
let build rows columns (element: int -> int -> float) =
    Matrix<float>.Build.Dense(rows, columns, element)

/// Rows by name: a matrix from lists.
let rows (lists: float list list) =
    Matrix<float>.Build.DenseOfRows(lists |> Seq.map Seq.ofList)

/// The identity of order d.
let identity (d: int) = Matrix<float>.Build.DenseIdentity d

let private norm (values: float array) =
    values |> Array.sumBy (fun value -> value * value) |> sqrt

/// |actual - expected| / |expected|.
let distance (expected: float array) (actual: float array) =
    if expected.Length <> actual.Length then
        infinity
    else
        norm (Array.map2 (-) actual expected) / max (norm expected) Tolerance.tiny

/// Asserts that a tensor has the expected elements, within a relative tolerance.
let agrees tolerance (expected: float array) (actual: float array) =
    let apart = distance expected actual

    Expect.isTrue
        (apart <= tolerance)
        $"relative distance {apart}, allowed {tolerance}:\n%A{expected}\n%A{actual}"

/// Asserts that a tensor is the expected matrix, within a relative tolerance.
let agreesWith tolerance (expected: Matrix<float>) (actual: torch.Tensor) =
    Expect.equal actual.shape [| int64 expected.RowCount; int64 expected.ColumnCount |] "the shape of actual"
    agrees tolerance (expected.ToRowMajorArray()) (values actual)

/// The minimiser of 1/n sum |Delta W a - e|^2 + lambda |Delta W|^2 by QR of the stacked system
/// [A / sqrt n; sqrt lambda I] Delta W^T = [E / sqrt n; 0].
let leastSquares (n: float) (A: Matrix<float>) (E: Matrix<float>) (lambda: float) =
    let weights = (identity A.ColumnCount).Multiply(sqrt lambda)
    let system = A.Divide(sqrt n).Stack weights

    let wanted =
        E.Divide(sqrt n).Stack(Matrix<float>.Build.Dense(A.ColumnCount, E.ColumnCount))

    system.QR().Solve(wanted).Transpose()

/// 1/n A^T A, entry by entry.
let activationFactor (n: float) (A: Matrix<float>) =
    build A.ColumnCount A.ColumnCount (fun i j ->
        Seq.sum (seq { for r in 0 .. A.RowCount - 1 -> A[r, i] * A[r, j] }) / n)

/// A with a last column of ones.
let withOnes (A: Matrix<float>) =
    A.Append(Matrix<float>.Build.Dense(A.RowCount, 1, 1.0))

/// Runs a property on some random cases, always the same ones.
let forSome (count: int) (generator: Gen<'T>) (property: 'T -> unit) =
    let config =
        Config.QuickThrowOnFailure
            .WithQuietOnSuccess(true)
            .WithMaxTest(count)
            .WithReplay(Some { Rnd = Rnd 42UL; Size = None })

    Check.One(config, Prop.forAll (Arb.fromGen generator) property)

/// Runs a property on 50 random cases, always the same ones.
let forAll (generator: Gen<'T>) (property: 'T -> unit) = forSome 50 generator property

/// The number of live tensors, when those that earlier tests left to the garbage collector are gone: collected later, they
/// would make a count too small.
let settledCount () =
    // A finaliser may let go of what has one itself.
    for _ in 1..2 do
        GC.Collect()
        GC.WaitForPendingFinalizers()

    torch.Tensor.TotalCount

/// How many more tensors live after `action` than before.
let leaked (action: unit -> unit) =
    let before = settledCount ()
    action ()
    let left = torch.Tensor.TotalCount - before
    // The tensors that it captured are counted too.
    GC.KeepAlive action
    left

/// Asserts that an action raises an exception of exactly this type, and returns it.
let raises<'E when 'E :> exn> (action: unit -> unit) : 'E =
    let raised =
        try
            action ()
            null
        with error ->
            error

    match raised with
    | null -> failtest $"No {typeof<'E>.Name} was raised."
    | :? 'E as error when error.GetType() = typeof<'E> -> error
    | other -> failtest $"A {typeof<'E>.Name} was to be raised; got {other}"

/// Asserts that an action raises an ArgumentException whose sentence has all of these parts.
let refused (parts: string list) (action: unit -> 'T) =
    let error = raises<ArgumentException>(action >> ignore)

    for part in parts do
        Expect.stringContains error.Message part "the message"

/// Asserts that there is one element only, and returns it.
let only (elements: 'T seq) =
    Expect.hasLength elements 1 "the number of elements"
    Seq.head elements

/// Asserts that two names stand for one and the same object.
let isSame (actual: obj) (expected: obj) message =
    Expect.isTrue (obj.ReferenceEquals(actual, expected)) $"{message} must be the same object"
