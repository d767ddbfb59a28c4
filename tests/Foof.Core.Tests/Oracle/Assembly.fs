namespace Foof.Core.Tests

open TorchSharp
open Xunit
open Xunit.Sdk

// Live tensors are counted per process, and random numbers come from one generator: one test at a time.
[<assembly: CollectionBehavior(DisableTestParallelization = true)>]
do ()

/// Each test of a module draws the same numbers in every run, whatever ran before it.
type SeededAttribute() =
    inherit BeforeAfterTestAttribute()

    override _.Before _ = torch.random.manual_seed 42L |> ignore
