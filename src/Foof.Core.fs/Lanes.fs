namespace Foof

open System
open System.Collections.Generic
open System.Runtime.ExceptionServices
open System.Threading
open System.Threading.Tasks
open TorchSharp

/// Independent work of several layers, or on several samples, side by side, one thread each. A factorisation of order 1000 takes as long with two
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

    let private attempt compute =
        try
            Ok(compute ())
        with error ->
            Error(ExceptionDispatchInfo.Capture error)

    /// The results in order, whichever lane made them. Items are begun by `enter` one at a time and in order, on the thread
    /// that goes on with them.
    let private inLanes lanes (enter: 'T -> 'E) (compute: 'E -> 'R) tensors (items: 'T array) =
        let results = Array.zeroCreate items.Length
        let gate = obj ()
        let next = ref 0

        let take () =
            lock gate (fun () ->
                if next.Value = items.Length then
                    ValueNone
                else
                    let i = next.Value
                    next.Value <- i + 1
                    ValueSome struct (i, attempt (fun () -> enter items[i])))

        let takesOne () =
            use _scope = torch.NewDisposeScope()

            let kept entered =
                let result = compute entered
                tensors result |> List.iter (Scope.detach >> ignore)
                result

            match take () with
            | ValueNone -> false
            | ValueSome struct (i, entered) ->
                results[i] <- entered |> Result.bind (fun entered -> attempt (fun () -> kept entered))
                true

        let lane () =
            while takesOne () do
                ()

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

    /// How many lanes there are.
    let private count () =
        if areSpinsLimited.Value then
            torch.get_num_threads ()
        else
            1

    /// The same for work on a tensor: one on a device that has its own way of doing things at once.
    let countOn (tensor: torch.Tensor) =
        if tensor.device_type = DeviceType.CPU then count () else 1

    /// Whether `lanes` lanes take less time than the caller alone: where the arithmetic is enough, and spread evenly enough
    /// for all of them.
    let private pays lanes (each: float array) =
        let total = Array.sum each

        lanes > 1
        && each.Length >= lanes
        && total >= Least
        && float lanes * Array.max each <= total

    /// One caller at a time has the lanes: another one works alone.
    let private either isParallel (inLanes: unit -> 'R) (alone: unit -> 'R) =
        if isParallel && Monitor.TryEnter workers then
            try
                inLanes ()
            finally
                Monitor.Exit workers
        else
            alone ()

    /// `compute` of every item, without gradients and the largest first: side by side where libtorch has threads and that
    /// pays. The results, in order, and their `tensors` belong to the caller's scope. Items must not change what others
    /// read. Raises the first item's error, after all have ended.
    let map
        (work: 'T -> float)
        (tensors: 'R -> torch.Tensor list)
        (compute: 'T -> 'R)
        (items: 'T array)
        : 'R array =
        let lanes, each = count (), Array.map work items

        either
            (pays lanes each && Array.max each <= Most)
            (fun () ->
                let order = [| 0 .. items.Length - 1 |] |> Array.sortBy (fun i -> -each[i])
                let found = order |> inLanes lanes (fun i -> items[i]) compute tensors
                Array.permute (fun position -> order[position]) found |> collected tensors)
            (fun () -> Array.map compute items)

    /// `compute` of what `enter` makes of every item, side by side where that pays, without gradients; `enter` has the items
    /// one at a time and in order, as random numbers must be drawn. Raises the first item's error, after all have ended.
    let iterInTurn (work: 'T -> float) (enter: 'T -> 'E) (compute: 'E -> unit) (items: 'T array) : unit =
        let lanes = count ()

        either
            (pays lanes (Array.map work items))
            (fun () ->
                items
                |> inLanes lanes enter compute (fun () -> [])
                |> collected (fun () -> [])
                |> ignore)
            (fun () ->
                for item in items do
                    use _scope = torch.NewDisposeScope()
                    compute (enter item))

    /// What arithmetic on a tensor counts: none on a device that has its own way of doing things at once.
    let countedOn (tensor: torch.Tensor) (work: float) =
        if tensor.device_type = DeviceType.CPU then work else 0.0
