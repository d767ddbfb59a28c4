// Live tensors are counted per process: tests that count them must not run beside others.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
