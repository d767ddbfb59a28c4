global using TorchSharp;

// Examples write to the console and draw from the default generator: no test may run beside others.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
