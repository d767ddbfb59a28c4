namespace Foof.Core.Tests

open Xunit

// Live tensors are counted per process, and random numbers come from one generator: one test at a time.
[<assembly: CollectionBehavior(DisableTestParallelization = true)>]
do ()
