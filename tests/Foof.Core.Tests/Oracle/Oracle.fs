/// Assertions that several tests share; the explicit matrices that they compare with are those of `./foof validate`.
module Foof.Core.Tests.Oracle

open System
open Expecto
open Foof.Explicit
open FsCheck
open FsCheck.FSharp
open MathNet.Numerics.LinearAlgebra
open TorchSharp

/// Asserts that a tensor has the expected elements, within a relative tolerance.
let agrees tolerance (expected: float array) (actual: float array) =
    let apart = Dense.distance expected actual

    Expect.isTrue (apart <= tolerance) $"relative distance {apart}, allowed {tolerance}:\n%A{expected}\n%A{actual}"

/// Asserts that a tensor is the expected matrix, within a relative tolerance.
let agreesWith tolerance (expected: Matrix<float>) (actual: torch.Tensor) =
    Expect.equal actual.shape [| int64 expected.RowCount; int64 expected.ColumnCount |] "the shape of actual"
    agrees tolerance (expected.ToRowMajorArray()) (Dense.values actual)

/// The minimiser of 1/n sum |Delta W a - e|^2 + lambda |Delta W|^2 by QR of the stacked system
/// [A / sqrt n; sqrt lambda I] Delta W^T = [E / sqrt n; 0].
let leastSquares (n: float) (A: Matrix<float>) (E: Matrix<float>) (lambda: float) =
    let weights = (Dense.identity A.ColumnCount).Multiply(sqrt lambda)
    let system = A.Divide(sqrt n).Stack weights

    let wanted = E.Divide(sqrt n).Stack(Dense.zeros A.ColumnCount E.ColumnCount)

    system.QR().Solve(wanted).Transpose()

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
    // A finaliser may release an object that has a finaliser itself.
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
