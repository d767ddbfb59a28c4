/// Vectors in weight space with random shapes and random numbers.
module Foof.Core.Tests.Vectors

open FsCheck.FSharp
open TorchSharp

/// One to four matrices of one to five rows and columns.
let shapes =
    Gen.zip (Gen.choose (1, 5)) (Gen.choose (1, 5))
    |> Gen.map (fun (rows, columns) -> [| int64 rows; int64 columns |])
    |> Gen.arrayOf
    |> Gen.filter (fun shapes -> shapes.Length >= 1 && shapes.Length <= 4)

/// A vector of normal float64 numbers.
let random (shapes: int64 array array) = shapes |> Array.map (fun shape -> torch.randn (shape, dtype = Networks.double))
