global using TorchSharp;

// Live tensors and allocated bytes are counted per process: no test may run beside others.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
