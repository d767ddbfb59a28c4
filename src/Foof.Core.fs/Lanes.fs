namespace Foof

open System
open System.Collections.Generic
open System.Runtime.ExceptionServices
open System.Threading
open System.Threading.Tasks
open TorchSharp

/// Independent work of several layers side by side, one thread each. A factorisation of order 1000 takes as long with two
/// threads as with one, and threads that share every operation wait for one another at the end of each: four Cholesky
/// factors take 45 ms in two lanes and 73 ms one after another, four inverses 66 and 110.
[<RequireQualifiedAccess>]
module internal Lanes =

    /// The least arithmetic that pays for waking other threads (0.1 to 0.2 ms).
    [<Literal>]
    let private Least = 1e8

    /// The most of one item: factorisations of orders beyond some 2000 use all threads well, and several at once would take
    /// several times the memory.
    [<Literal>]
    let private Most = 1e10

    /// Threads of OpenMP that spin while they wait take the lanes' processors: lanes serve where that is limited, as the
    /// binding does, or the user.
    let private areSpinsLimited =
        lazy
            ([ "GOMP_SPINCOUNT"; "OMP_WAIT_POLICY" ]
             |> List.exists (Environment.GetEnvironmentVariable >> isNull >> not))

    let private workers = List<Worker>()

    let private workersFor count =
        while workers.Count < count do
            workers.Add(Worker $"Foof layers {workers.Count + 1}")

        Seq.take count workers |> Seq.toArray

    let private attempt (tensors: 'R -> torch.Tensor list) compute item =
        try
            use _scope = torch.NewDisposeScope()
            let result = compute item
            tensors result |> List.iter (Scope.detach >> ignore)
            Ok result
        with error ->
            Error(ExceptionDispatchInfo.Capture error)

    /// The results in order, whichever lane made them; the largest items go first.
    let private inLanes lanes (work: 'T -> float) (compute: 'T -> 'R) (items: 'T array) =
        let order = [| 0 .. items.Length - 1 |] |> Array.sortBy (fun i -> -work items[i])
        let results = Array.zeroCreate items.Length
        let next = ref -1

        let lane () =
            let mutable position = Interlocked.Increment next

            while position < order.Length do
                let i = order[position]
                results[i] <- compute items[i]
                position <- Interlocked.Increment next

        // The caller waits: its number of threads stays, since after a change libtorch's operations take twice as long for
        // a while.
        workersFor lanes
        |> Array.map (fun worker -> worker.Run lane :> Task)
        |> Task.WaitAll

        results

    /// All results, their tensors in the caller's scope; or none, and the first item's error.
    let private collected
        (tensors: 'R -> torch.Tensor list)
        (results: Result<'R, ExceptionDispatchInfo> array)
        =
        let made =
            results
            |> Array.choose (function
                | Ok result -> Some result
                | Error _ -> None)

        use scope = torch.NewDisposeScope()
        let all = made |> Seq.collect tensors |> Seq.toArray
        all |> Array.iter scope.Attach

        results
        |> Array.iter (function
            | Error error -> error.Throw()
            | Ok _ -> ())

        all |> Array.iter (scope.MoveToOuter >> ignore)
        made

    /// `compute` of every item, in order, without gradients: side by side where libtorch has threads, and the arithmetic,
    /// `work`, is enough and spread evenly enough for all of them. The results' `tensors` belong to the caller's scope.
    /// Items must not change what others read. Raises the first item's error, after all have ended.
    let map
        (work: 'T -> float)
        (tensors: 'R -> torch.Tensor list)
        (compute: 'T -> 'R)
        (items: 'T array)
        : 'R array =
        let lanes =
            if areSpinsLimited.Value then
                torch.get_num_threads ()
            else
                1

        let isParallel () =
            let each = Array.map work items
            let total, largest = Array.sum each, Array.max each
            total >= Least && largest <= Most && float lanes * largest <= total

        // One caller at a time: another one works alone.
        if lanes > 1 && items.Length >= lanes && isParallel () && Monitor.TryEnter workers then
            try
                inLanes lanes work (attempt tensors compute) items |> collected tensors
            finally
                Monitor.Exit workers
        else
            Array.map compute items

    /// What arithmetic on a tensor counts: none on a device that has its own way of doing things at once.
    let countedOn (tensor: torch.Tensor) (work: float) =
        if tensor.device_type = DeviceType.CPU then work else 0.0
