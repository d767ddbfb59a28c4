// The default random numbers and the number of threads are the process's: runs must not be beside each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
