/// Whole numbers as data: sums and products of few of them are exact in float32, in whatever order.
module Foof.Core.Tests.WholeNumbers

open TorchSharp
open Xunit

/// From -3 to 3, in float32.
let draw (shape: int64 array) =
    torch.randint(-3L, 4L, shape).``to`` torch.ScalarType.Float32

/// Asserts that a result has exactly the numbers of one in float64.
let requireSame (expected: torch.Tensor) (found: torch.Tensor) =
    Assert.Equal<int64 array>(expected.shape, found.shape)
    Assert.True(expected.eq(found.``to`` torch.ScalarType.Float64).all().ToBoolean())
